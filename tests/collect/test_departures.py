"""A table departs from a plan as its events would, one by one."""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.collect.departures import departures, marked
from ethogram.events.event import Event
from ethogram.events.plan import Mode, Plan, PlannedEvent, PlannedProperty, PropertyType, check
from ethogram.events.plan import mode as mode_of
from ethogram.store.lake.schema import TYPES, column_name, property_of

TAGS: Mapping[type, Any] = {bool: "flag", int: "number", float: "number", str: "text",
                            dict: "json", list: "json", type(None): "null"}  # fmt: skip
EVENTS = ["cart", "view", "order", "Ann Smith"]
NAMES = ["price", "First Name", "until"]

digits = st.integers(0, 99).map("{:02}".format)
times = st.builds(
    "{}{}{}{}{}{}".format,
    st.builds("{:04}-{}-{}".format, st.sampled_from([0, 1, 1969, 1970, 2026, 2099, 2100, 9999]),
              st.sampled_from(["01", "02", "12", "13", "1"]),
              st.sampled_from(["01", "28", "30", "31", "32"])) | st.sampled_from(
                  ["20260301", "2026-W10", "2026-060", "1772366400", "", "soon"]),
    st.sampled_from(["", " ", "T", "t", "  "]),
    st.sampled_from(["", "12", "12:00", "1200", "12:00:00", "23:59:60", "24:00", "120000"]),
    st.sampled_from(["", ".5", ",5", ".123456", ".1234567", "."]),
    st.sampled_from(["", "Z", "z", "+01", "+01:00", "-0100", "+23:59", "+24:00", " Z"]),
    st.sampled_from(["", "", "", " ", "\n", "\0"]),
)  # fmt: skip
texts = st.sampled_from(["", "EUR", "eur", "2026-03-01", "2026-03-01T12:00:00Z", "日本"]) | times
numbers = st.sampled_from([0, 1, 1.0, 2.5, -1, 2**53, 1_772_366_400, 1e18]) | st.floats()
values = (st.none() | st.booleans() | numbers | texts
          | st.lists(st.integers(), max_size=1)
          | st.dictionaries(st.just("k"), st.integers(), max_size=1))  # fmt: skip
events = st.builds(
    Event, st.sampled_from(EVENTS), properties=st.dictionaries(st.sampled_from(NAMES), values)
)
allowed: Mapping[PropertyType, Any] = {
    "text": texts, "number": numbers, "flag": st.booleans(), "time": texts | numbers,
    "json": st.nothing(),
}  # fmt: skip


@st.composite
def planned(draw: st.DrawFn) -> PlannedProperty:
    """A property of any type, with or without a list of the values that it may have."""
    kind = draw(st.sampled_from(get_args(PropertyType)))
    only = draw(st.lists(allowed[kind], max_size=2)) if kind != "json" else []
    return PlannedProperty(kind, required=draw(st.booleans()), values=tuple(only))


modes = st.sampled_from(get_args(Mode))
plans = st.builds(
    Plan, modes, st.booleans(),
    st.dictionaries(st.sampled_from(EVENTS[:3]), st.builds(
        PlannedEvent, mode=st.none() | modes,
        properties=st.dictionaries(st.sampled_from(NAMES), planned()))),
)  # fmt: skip


def table(rows: list[Event]) -> pa.Table:
    """The claims that say the same as ``rows``, in chunks."""
    found: dict[str, list[Any]] = {}
    for i, row in enumerate(rows):
        for name, value in row.properties.items():
            tag = TAGS[type(value)]
            said = msgspec.json.encode(value).decode() if tag == "json" else value
            column = found.setdefault(column_name(name, tag), [None] * len(rows))
            column[i] = True if tag == "null" else said
    columns = {name: pa.array(cells, TYPES[property_of(name)[1]]) for name, cells in found.items()}
    whole = pa.table({"event": pa.array([row.event for row in rows], pa.string()), **columns})
    return pa.concat_tables([whole.slice(0, 2), whole.slice(2)])


@settings(max_examples=400, deadline=None)
@given(st.lists(events, max_size=6), plans)
def test_a_table_departs_as_its_events_do(rows: list[Event], plan: Plan) -> None:
    """Which rows, the findings of each in their order, and what becomes of it, are `check`'s."""
    singly = {i: found for i, row in enumerate(rows) if (found := check(row, plan))}
    found = departures(table(rows), plan)
    assert found.refused | found.warned == singly
    assert set(found.refused) == {i for i in singly if mode_of(plan, rows[i].event) == "reject"}
    assert not found.refused.keys() & found.warned


@settings(max_examples=400, deadline=None)
@given(st.lists(times, min_size=1, max_size=2))
def test_a_text_is_a_time_in_a_column_as_in_an_event(said: list[str]) -> None:
    """However it is written: alone, beside others of its form, or beside some of none."""
    plan = Plan(events={"cart": PlannedEvent(properties={"until": PlannedProperty("time")})})
    rows = [Event("cart", properties={"until": text}) for text in said]
    found = departures(table(rows), plan).warned
    assert found == {i: wrong for i, row in enumerate(rows) if (wrong := check(row, plan))}


def test_only_what_departs_is_marked() -> None:
    """A warned row says the codes of what is wrong, a refused one is not there."""
    price = {"price": PlannedProperty("number", required=True)}
    plan = Plan(events={"cart": PlannedEvent(properties=price),
                        "order": PlannedEvent(mode="reject", properties=price)})  # fmt: skip
    sound = {"price": 1}
    rows = [Event("cart", properties=sound), Event("order"), Event("cart"),
            Event("order", properties=sound)]  # fmt: skip
    claims = table(rows)
    kept = marked(claims, departures(claims, plan))
    assert kept["event"].to_pylist() == ["cart", "cart", "order"]
    assert kept["extra"].to_pylist() == [None, '{"plan":["missing_property"]}', None]
    assert marked(claims.slice(0, 1), departures(claims.slice(0, 1), plan)) == claims.slice(0, 1)
