"""Shredding: every value of every event in a column of its type, and the JSON whole."""

import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.events.errors import Broken
from ethogram.events.event import Recorded
from ethogram.store.lake.schema import EVENTS, TAGS, column_name, property_of
from ethogram.store.lake.shred import Shredder
from ethogram.store.log.entries import Joined, pack, pack_table
from ethogram.store.log.port import Record

NOW = 1_772_323_200_000_000


def recorded(properties: dict[str, Any], **changes: Any) -> Recorded:
    """A recorded event with ``properties`` and ``changes``."""
    event = Recorded(
        "view", "track", "id", NOW, NOW, 7, None, None, None, properties, {}, {}, None, {}
    )
    return msgspec.structs.replace(event, **changes)


def events(position: int, *properties: dict[str, Any]) -> Record:
    """A record of events at ``position``, one per object of properties."""
    payload = pack([recorded(each) for each in properties])
    return Record(position, "events", len(properties), NOW, payload)


def columns(position: int, **values: Any) -> Record:
    """A columnar batch at ``position`` with the columns ``values``."""
    rows = len(next(iter(values.values())))
    given = {"event": ["view"], "event_id": ["id"], "timestamp": [NOW], "person": [7]}
    table = pa.table({**{name: value * rows for name, value in given.items()}, **values})
    return Record(position, "columns", rows, NOW, pack_table(table))


def properties_of(table: pa.Table) -> list[dict[str, Any]]:
    """What the shredded columns say of each row: the tagged union turned back into values."""
    found: list[dict[str, Any]] = [{} for _ in range(table.num_rows)]
    for name in table.column_names:
        if told := property_of(name):
            for row, value in enumerate(table[name].to_pylist()):
                if value is not None:
                    assert told[0] not in found[row], "two types in one row"
                    found[row][told[0]] = _value(told[1], value)
    return found


def _value(tag: str, value: Any) -> Any:
    return {"json": msgspec.json.decode, "null": lambda _: None}.get(tag, lambda v: v)(value)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=4,
)
NAMES = st.sampled_from(["price", "Price", "price number", "", "a_text", "日本"]) | st.text(
    max_size=4
)
ROWS = st.lists(st.dictionaries(NAMES, VALUES, max_size=5), max_size=8)


@settings(deadline=None)
@given(ROWS)
def test_shredded_columns_say_what_the_events_said(rows: list[dict[str, Any]]) -> None:
    """Mixed types, nulls, absences, empty and odd names: columns and JSON both give them back."""
    table = Shredder().table([events(1, *rows)])
    assert properties_of(table) == rows
    assert [msgspec.json.decode(text) for text in table["properties"].to_pylist()] == rows


@settings(deadline=None)
@given(ROWS)
def test_a_columnar_batch_gets_the_json_that_its_columns_say(rows: list[dict[str, Any]]) -> None:
    """The vectorised JSON leaves out what is missing, keeps nulls, and escapes every text."""
    shredded = Shredder().table([events(1, *rows)])
    batch = shredded.drop_columns(["position", "properties", "kind"])
    record = Record(1, "columns", len(rows), NOW, pack_table(batch))
    again = Shredder().table([record]).select(shredded.column_names)
    assert [msgspec.json.decode(text) for text in again["properties"].to_pylist()] == rows
    assert again.drop_columns(["properties"]).equals(shredded.drop_columns(["properties"]))


def test_an_absent_a_null_and_an_empty_value_are_three_things() -> None:
    """Absent: no column says anything; null: its own column is true; empty text is a text."""
    table = Shredder().table([events(1, {}, {"a": None}, {"a": ""})])
    assert table["p_a_null"].to_pylist() == [None, True, None]
    assert table["p_a_text"].to_pylist() == [None, None, ""]
    assert table["properties"].to_pylist() == ["{}", '{"a":null}', '{"a":""}']


def test_true_is_a_flag_and_one_a_number() -> None:
    """Python's bool is an int; ours is not."""
    table = Shredder().table([events(1, {"a": True}, {"a": 1})])
    assert table["p_a_flag"].to_pylist() == [True, None]
    assert table["p_a_number"].to_pylist() == [None, 1.0]


def test_a_huge_integer_is_exact_in_the_json_and_nearest_in_its_column() -> None:
    """Beyond 2^53 the number column rounds as IEEE 754 does, to infinity in the end."""
    values = [2**53 + 1, 10**400, -(10**400)]
    table = Shredder().table([events(1, *({"n": value} for value in values))])
    assert table["p_n_number"].to_pylist() == [2.0**53, math.inf, -math.inf]
    assert [msgspec.json.decode(text)["n"] for text in table["properties"].to_pylist()] == values


def test_records_of_all_kinds_join_by_position() -> None:
    """Events, columnar batches and control entries stand in one log; positions are its own."""
    control = Record(3, "control", 2, NOW, pack([Joined(1, 2, NOW)] * 2))
    records = [
        events(1, {"a": 1}, {"b": "x"}),
        control,
        columns(5, p_a_number=[2.0]),
        events(6, {}),
    ]
    table = Shredder().table(records)
    assert table["position"].to_pylist() == [1, 2, 5, 6]
    assert properties_of(table) == [{"a": 1.0}, {"b": "x"}, {"a": 2.0}, {}]


def test_no_records_are_an_empty_events_table() -> None:
    """Also an empty load has the canonical columns."""
    assert Shredder().table([]).schema == EVENTS


def test_canonical_fields_come_through_and_empty_objects_are_null() -> None:
    """Each field of a recorded event is a column of the same meaning."""
    full = recorded(
        {}, device=3, groups={"company": 9}, context={"os": "x"}, sealed=b"s", extra={"value": 2}
    )
    payload = pack([full, recorded({})])
    first, second = Shredder().table([Record(1, "events", 2, NOW, payload)]).to_pylist()
    assert first["timestamp"] == datetime(2026, 3, 1, tzinfo=UTC)
    assert (first["person"], first["device"], first["anonymous"]) == (7, 3, None)
    assert (first["groups"], first["context"]) == ('{"company":9}', '{"os":"x"}')
    assert (first["sealed"], first["extra"]) == (b"s", '{"value":2}')
    assert [second[name] for name in ("groups", "context", "sealed", "extra")] == [None] * 4


def test_integers_of_a_columnar_batch_stay_exact_in_the_json() -> None:
    """A number column of integers is widened for the table and printed exactly in the JSON."""
    table = Shredder().table([columns(1, p_n_number=np.array([2**53 + 1]))])
    assert table["p_n_number"].to_pylist() == [2.0**53]
    assert table["properties"].to_pylist() == ['{"n":9007199254740993}']


def test_numbers_without_json_become_null_in_it() -> None:
    """NaN and infinity can come with a file; the JSON stays valid."""
    table = Shredder().table([columns(1, p_n_number=[math.nan, math.inf, 1.5])])
    assert [msgspec.json.decode(text)["n"] for text in table["properties"].to_pylist()] == [
        None,
        None,
        1.5,
    ]


def test_a_columnar_batch_without_a_person_is_refused() -> None:
    """What cannot be an event is said, with its place in the log."""
    record = Record(9, "columns", 1, NOW, pack_table(pa.table({"event": ["x"]})))
    with pytest.raises(Broken, match=r"event_id, timestamp, person.*log:9"):
        Shredder().table([record])


@pytest.mark.parametrize("kind", ["events", "columns"])
def test_beyond_the_limit_properties_stay_in_the_json(kind: str) -> None:
    """The first come get columns; the others, and names beyond all length, are only JSON."""
    long = "x" * 201
    if kind == "events":
        record = events(1, {long: 1, "a": 1, "b": 2, "c": 3})
    else:
        record = columns(1, **{column_name(n, "number"): [1.0] for n in (long, "a", "b", "c")})
    shredder = Shredder(known=["b"], limit=2)
    table = shredder.table([record])
    assert set(table.column_names) - set(EVENTS.names) == {"p_a_number", "p_b_number"}
    assert set(msgspec.json.decode(table["properties"][0].as_py())) == {long, "a", "b", "c"}
    assert shredder.known == {"a", "b"}


def test_every_tag_is_covered() -> None:
    """The strategy above reaches each type a property can have."""
    record = events(1, {"a": 1, "b": "", "c": True, "d": [], "e": None})
    table = Shredder().table([record])
    tags = {told[1] for name in table.column_names if (told := property_of(name))}
    assert tags == set(TAGS)
