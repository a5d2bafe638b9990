"""A table of claims is kept as the same events would be, one by one."""

import struct
from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ethogram.collect import columns
from ethogram.collect.admission import Rules, check
from ethogram.collect.entries import entries
from ethogram.collect.recording import record
from ethogram.collect.sources.claims import GROUP
from ethogram.events import plan as plans
from ethogram.events.event import Event, Group, Recorded
from ethogram.events.plan import Plan
from ethogram.protect.keyring import nonces
from ethogram.protect.sealing import unseal
from ethogram.store.lake.schema import TYPES, column_name
from ethogram.store.log.entries import unpack_table
from ethogram.store.log.memory import MemoryLog

AT = 1_700_000_000_000_000
PLAN = plans.read("""
mode = "off"
[events.cart]
properties.note = { type = "text", personal = true }
properties.count = { type = "number", personal = true }
""")
TAGS: Mapping[type, Any] = {bool: "flag", int: "number", float: "number", str: "text",
                            dict: "json", list: "json", type(None): "null"}  # fmt: skip

texts = st.sampled_from(["", "x", "a@b.example", "@home", "%40", "u%40b.example", "+49 30 1234567",
                         "+5", "NA", "日本", "1 + 1"])  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | texts,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["mail", "note", "k"]), inner, max_size=2)
    ),
    max_leaves=3,
)
names = st.sampled_from(["price", "email", "First Name", "note", "count", "tags", "a@b.example"])
ids = st.none() | st.sampled_from(["", "ann", "NA", "7"])
events = st.builds(
    Event,
    event=st.sampled_from(["cart", "view"]),
    user_id=ids,
    anonymous_id=st.sampled_from(["a1", "a2"]),
    device_id=ids,
    session_id=ids,
    kind=st.sampled_from(["track", "page"]),
    timestamp=st.integers(AT - 10**9, AT),
    properties=st.dictionaries(names, values, max_size=4),
    groups=st.dictionaries(
        st.sampled_from(["company", 'te"am', "Ä"]), st.sampled_from(["acme", "7"]), max_size=2
    ).map(lambda said: [Group(*each) for each in said.items()]),
)


def table(rows: list[Event]) -> pa.Table:
    """The claims that say the same as ``rows``."""
    found: dict[str, Any] = {
        name: pa.array([getattr(row, name) for row in rows], pa.string())
        for name in ("event", "user_id", "anonymous_id", "device_id", "session_id", "event_id",
                     "kind")
    }  # fmt: skip
    found["timestamp"] = pa.array([row.timestamp for row in rows], pa.timestamp("us", "UTC"))
    for i, row in enumerate(rows):
        for group in row.groups:
            column = found.setdefault(GROUP + group.type, [None] * len(rows))
            column[i] = group.id
        for name, value in row.properties.items():
            tag = TAGS[type(value)]
            if tag == "json":
                value = msgspec.json.encode(value).decode()
            column = found.setdefault(column_name(name, tag), [None] * len(rows))
            column[i] = True if tag == "null" else value
    return pa.table({name: pa.array(column, TYPES.get(name.rpartition("_")[2], pa.string()))
                     if isinstance(column, list) else column
                     for name, column in found.items()})  # fmt: skip


def read_back(batch: Any) -> list[Recorded]:
    """The events of a columnar batch, as the feed gives them."""
    log = MemoryLog(b"k" * 32)
    log.append([batch])
    return [Recorded(**entry["entry"]) for entry in entries(log, 0, 1_000)[0]]


def plain(event: Recorded, vault: Any) -> dict[str, Any]:
    """An event with its sealed values beside it."""
    kept = msgspec.structs.asdict(event)
    blob = kept.pop("sealed")
    return kept | {"hidden": unseal(vault, event.person, event.event_id, blob) if blob else None}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(events, min_size=1, max_size=6))
def test_a_table_is_kept_as_its_events_are(project, rows: list[Event]) -> None:
    """Ids, open and sealed values, kinds and times are those that `record` gives, row by row."""
    vault = project.vault
    rows = [Event(**{f: getattr(row, f) for f in ("event", "user_id", "anonymous_id", "device_id",
            "session_id", "kind", "timestamp", "properties", "groups")}, event_id=f"e{i}")
            for i, row in enumerate(rows)]  # fmt: skip
    batch = columns.batch(columns.table(table(rows), AT, vault, PLAN), AT)
    assert batch.count == len(rows)
    checked = [check(row, AT, Rules(PLAN)) for row in rows]
    each = zip(checked, nonces(len(rows)), strict=True)
    single = [record(one, AT, vault, nonce) for one, nonce in each]
    assert [plain(e, vault) for e in read_back(batch)] == [plain(e, vault) for e in single]


@pytest.mark.parametrize(("property", "values"), [
    ("email", ["x", "y"]), ("contact", ["a@inmost.example", "b@inmost.example"]),
    ("deep", ['{"tel":"inmost"}', '["b\\u0040inmost.example"]']),
])  # fmt: skip
def test_personal_values_are_in_no_payload(project, property: str, values: list[str]) -> None:
    """By name, by value, and inside JSON: nothing that names somebody is in the payload."""
    tag = "json" if values[0][0] == "{" else "text"
    claims = pa.table({
        "event": ["e"] * 2, "user_id": ["user-inmost", "NA"], "event_id": ["1", "2"],
        "timestamp": pa.array([AT] * 2, pa.timestamp("us", "UTC")),
        f"p_{property}_{tag}": values, "p_price_number": [1.5, None],
    })  # fmt: skip
    batch = columns.batch(columns.table(claims, AT, project.vault, Plan()), AT)
    (first, second) = read_back(batch)
    assert (first.properties, second.properties) == ({"price": 1.5}, {})
    assert all(event.sealed for event in (first, second))
    assert b"inmost" not in str([first, second]).encode()
    assert project.vault.find("user", "NA") == second.person


def test_a_row_without_personal_values_has_no_blob(project) -> None:
    """Only rows that have something to hide are sealed."""
    claims = pa.table({
        "event": ["e"] * 3, "user_id": ["a", "b", "c"], "event_id": ["1", "2", "3"],
        "timestamp": pa.array([AT] * 3, pa.timestamp("us", "UTC")),
        "p_note_text": ["x", "a@b.example", None],
    })  # fmt: skip
    kept = read_back(columns.batch(columns.table(claims, AT, project.vault, Plan()), AT))
    assert [event.sealed is None for event in kept] == [True, False, True]
    assert [event.properties for event in kept] == [{"note": "x"}, {}, {}]


def test_nothing_personal_stays_under_a_null(project) -> None:
    """What is sealed stands nowhere in the batch's own bytes, whichever type the column has."""
    rows = [
        Event("cart", user_id="u", event_id=f"e{i}", timestamp=AT,
              properties={"contact": "zed@corp.example" if i % 2 else "plain", "phone": 4711471147,
                          "note": "about zed", "deep": {"mail": "zed@corp.example"}})
        for i in range(8)
    ]  # fmt: skip
    batch = columns.batch(columns.table(table(rows), AT, project.vault, PLAN), AT)
    kept = [buffer.to_pybytes() for column in unpack_table(batch.payload).columns
            for chunk in column.chunks for buffer in chunk.buffers() if buffer]  # fmt: skip
    number = struct.pack("<d", 4711471147.0)
    assert any(b"plain" in buffer for buffer in kept)
    assert not [said for said in (b"zed", number) for buffer in kept if said in buffer]
