"""Rows of other systems become events and profiles, each known again in the next run."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.collect.sources.systems.definition import Events, Profiles, Table
from ethogram.collect.sources.systems.known import Known
from ethogram.collect.sources.systems.lookups import lookup
from ethogram.collect.sources.systems.plain import plain
from ethogram.collect.sources.systems.rows import Identity, Reader
from ethogram.events.errors import Invalid
from ethogram.events.event import Event

SECRET = b"k" * 32
ORDER = Events(time="at", name="order", user="customer.id")
ROW = {"no": 7, "at": datetime(2026, 3, 1, 10), "customer": {"id": 5}, "price": Decimal("12.50")}


ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""As `json` decodes it, with halves of surrogate pairs."""


def reader(table: Table, key: tuple[str, ...] = ()) -> Reader:
    return Reader("shop", "orders", table, key, SECRET)


def event(table: Table, row: dict[str, Any], times: int = 0) -> Event:
    made = reader(table)
    return made.claim(row, made.identity(row), times)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Decimal("7"), 7), (Decimal("0.10"), 0.1), (Decimal("NaN"), None), (float("inf"), None),
        (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01T00:00:00+00:00"), (date(2026, 3, 1),
        "2026-03-01"), (timedelta(minutes=1), 60.0), (b"\x00\xff", "AP8="), (UUID(int=1),
        "00000000-0000-0000-0000-000000000001"), ({"a": (Decimal("1"),)}, {"a": [1]}),
        (1 << 80, str(1 << 80)), (Decimal(1 << 80), str(1 << 80)), ("half \ud83d", "half \ufffd"),
    ],
)  # fmt: skip
def test_every_value_has_one_json(value: Any, said: Any) -> None:
    """What databases give and JSON does not know is said in JSON."""
    assert plain(value) == said


@settings(max_examples=50, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.decimals() | st.datetimes() | st.binary()
                    | st.integers() | st.floats() | ANY_TEXT, lambda inner: st.lists(inner)
                    | st.dictionaries(ANY_TEXT, inner)))  # fmt: skip
def test_whatever_a_row_holds_can_be_sent(value: Any) -> None:
    """The JSON of any value decodes to itself."""
    assert msgspec.json.decode(msgspec.json.encode(plain(value))) == plain(value)


def test_a_row_is_an_event() -> None:
    """Named columns say what, who and when; the others are properties."""
    made = event(Table(events=ORDER, key=("no",)), ROW)
    assert (made.event, made.user_id, made.timestamp) == ("order", "5", "2026-03-01T10:00:00+00:00")
    assert made.properties == {"no": 7, "price": 12.5}
    assert made.time_is_true


def test_an_id_is_the_event_s_own() -> None:
    """A row of the same id is the same event, however it changed."""
    table = Table(events=Events(time="at", name="order", user="u", id="no"))
    first, second = event(table, ROW), event(table, ROW | {"price": 1})
    assert (first.event_id, first.dedup_key) == ("7", second.dedup_key)


def test_with_a_cursor_a_change_is_another_event() -> None:
    """The key and the cursor's value are the identity."""
    table = Table(events=ORDER, key=("no",), cursor="at")
    later = ROW | {"at": datetime(2026, 3, 2)}
    assert event(table, ROW).dedup_key == event(table, ROW | {"price": 1}).dedup_key
    assert event(table, ROW).dedup_key != event(table, later).dedup_key


def test_rows_without_an_id_are_not_all_one() -> None:
    """Where the id is missing the whole row is the identity."""
    table = Table(events=Events(time="at", name="order", user="u", id="no"))
    assert event(table, {"at": 1}).dedup_key != event(table, {"at": 2}).dedup_key


def test_a_unix_time_stays_a_number_and_nonsense_stays_to_be_refused() -> None:
    """The door tells what a time is."""
    table = Table(events=ORDER, key=("no",))
    assert event(table, ROW | {"at": 1772366400}).timestamp == 1772366400
    assert event(table, ROW | {"at": None}).timestamp == ""


def test_a_row_is_a_profile() -> None:
    """Of a person or a group: what is set, and what is set only once."""
    row = {"id": 5, "plan": "pro", "campaign": "spring", "at": "2026-03-01"}
    person = event(Table(profiles=Profiles(user="id", time="at", once=("campaign",)),
                         key=("id",)), row)  # fmt: skip
    assert (person.kind, person.user_id, person.timestamp) == ("identify", "5", "2026-03-01")
    assert [(each.op, each.values) for each in person.profile_ops] == [
        ("set", {"plan": "pro"}), ("set_once", {"campaign": "spring"})]  # fmt: skip
    group = event(Table(profiles=Profiles(group="company", id="id"), key=("id",)), row)
    assert (group.personless, group.groups[0].type, group.groups[0].id) == (True, "company", "5")
    assert {each.target for each in group.profile_ops} == {"group"}


def test_what_cannot_be_told_apart_is_refused() -> None:
    """Without a key, an id or a primary key of the system's own."""
    with pytest.raises(Invalid, match="tells the rows"):
        reader(Table(events=ORDER))
    assert reader(Table(events=ORDER), ("no",)).lasting


def test_a_column_that_no_row_has_is_told() -> None:
    """Before a row is taken, with the nearest name."""
    with pytest.raises(Invalid, match=r"has 'att'.*\"at\"") as refused:
        reader(Table(events=Events(time="att", name="x", user="no"), key=("no",))).check([ROW])
    assert refused.value.at == "$.tables.orders.events.time"


def test_what_was_read_is_known_for_good(tmp_path: Path) -> None:
    """A change counts once, going back to what was before counts again, the same does not."""
    one, other = Identity(b"1", b"a"), Identity(b"1", b"b")
    for rows, changes in [([one, other], [0, 1]), ([other, one], [None, 2]), ([one], [None])]:
        known = Known(tmp_path / "known")
        assert known.changes(rows) == changes
        known.keep(rows, changes)
        known.close()


def test_a_look_up_has_types_and_names_nobody() -> None:
    """A mixed column becomes text, a nested one JSON; one that names a person is left out."""
    rows = [{"id": 1, "at": datetime(2026, 3, 1), "tags": ["a"], "price": Decimal("1.5"),
             "seller": "ann@example.org", "odd": 1, "un named": None},
            {"id": 2, "odd": "x", "email": None}]  # fmt: skip
    table, left = lookup(rows)
    assert left == ["seller"]
    assert {field.name: str(field.type) for field in table.schema} == {
        "id": "int64", "at": "timestamp[us, tz=UTC]", "tags": "string", "price": "double",
        "odd": "string", "un_named": "string", "email": "string"}  # fmt: skip
    assert table["tags"].to_pylist() == ['["a"]', None]


def test_who_it_was_is_in_no_property() -> None:
    """An id inside an object is taken out of it; what else the object says stays."""
    said = {"no": 7, "at": 0, "customer": {"id": "ann", "plan": "pro"}}
    made = event(Table(events=ORDER, key=("no",)), said)
    assert (made.user_id, made.properties) == ("ann", {"no": 7, "customer": {"plan": "pro"}})


def test_whatever_numbers_a_look_up_has_it_is_a_table() -> None:
    """A whole number beyond 64 bits becomes a text, as what differs in type does."""
    found, _ = lookup([{"a": 1}, {"a": 1 << 70}])
    assert found["a"].to_pylist() == ["1", str(1 << 70)]


@pytest.mark.parametrize("other", ["a_b", "A b"])
def test_two_columns_of_a_look_up_that_would_be_one_are_told(other: str) -> None:
    """None takes another's place without a word."""
    with pytest.raises(Invalid, match="would be one column"):
        lookup([{"a b": 1, other: 2}])
