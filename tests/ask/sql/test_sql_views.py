"""The views say of events, sessions and people what a plain look at the events says."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from ethogram.ask.sql.views import CANONICAL, VIEWS, definitions, empty, property_columns
from ethogram.store.lake.schema import EVENTS, TYPES, column_name, property_of

START = datetime(2026, 3, 1, tzinfo=UTC)
GAP = timedelta(minutes=30)
COLUMNS = ["p_price_number", "p_price_text", "p_plan_text"]


class Seen(NamedTuple):
    """An event; its position is its place in the list."""

    person: int
    minute: int
    event: str
    price: float | str | None
    plan: str | None


events = st.builds(
    Seen,
    st.integers(1, 3),
    st.integers(0, 200),
    st.sampled_from("abc"),
    st.one_of(st.none(), st.sampled_from([1.0, 2.5, "free"])),
    st.sampled_from([None, "basic", "pro"]),
)


def lake(seen: list[Seen], columns: list[str] = COLUMNS) -> duckdb.DuckDBPyConnection:
    """A database with the views over ``seen``."""
    rows: list[dict[str, Any]] = [
        {
            "position": position,
            "event": each.event,
            "kind": "track",
            "timestamp": START + timedelta(minutes=each.minute),
            "person": each.person,
            "p_price_number": each.price if isinstance(each.price, float) else None,
            "p_price_text": each.price if isinstance(each.price, str) else None,
            "p_plan_text": each.plan,
        }
        for position, each in enumerate(seen, 1)
    ]
    properties = [
        (name, TYPES[tag]) for name in columns for _, tag in [property_of(name) or ("", "text")]
    ]
    schema = pa.schema([*EVENTS, *properties])
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("lake", pa.Table.from_pylist(rows, schema=schema))
    for name, body in definitions(columns).items():
        connection.execute(f"CREATE VIEW {name} AS {body}")
    return connection


def told(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """The rows of ``sql``."""
    return connection.sql(sql).to_arrow_table().to_pylist()


def by_person(seen: list[Seen]) -> dict[int, list[tuple[int, int, Seen]]]:
    """Each person's events in order, as (minute, position, event)."""
    found: dict[int, list[tuple[int, int, Seen]]] = {}
    for position, each in enumerate(seen, 1):
        found.setdefault(each.person, []).append((each.minute, position, each))
    return {person: sorted(own) for person, own in found.items()}


def sessions(seen: list[Seen]) -> list[dict[str, Any]]:
    """The sessions, one event after the other."""
    found: list[dict[str, Any]] = []
    for person, own in by_person(seen).items():
        last = None
        for minute, position, each in own:
            at = START + timedelta(minutes=minute)
            if last is None or at - last >= GAP:
                found.append({"id": position, "person": person, "start": at, "events": 0,
                              "entry": each.event})  # fmt: skip
            found[-1] |= {"end": at, "exit": each.event, "events": found[-1]["events"] + 1}
            last = at
    return sorted(found, key=lambda row: row["id"])


@given(st.lists(events, max_size=30))
def test_sessions_are_those_of_one_event_after_the_other(seen: list[Seen]) -> None:
    """A pause of 30 minutes or more parts them; ties are in the order of the log."""
    with lake(seen) as connection:
        assert told(connection, "FROM sessions ORDER BY id") == [
            {
                name: row[name]
                for name in ("id", "person", "start", "end", "events", "entry", "exit")
            }
            for row in sessions(seen)
        ]


@given(st.lists(events, max_size=30))
def test_people_have_the_last_value_that_each_property_had(seen: list[Seen]) -> None:
    """First, last and number of their events; a value that an event does not have is kept."""
    expected = []
    for person, own in sorted(by_person(seen).items()):
        prices = [each.price for *_, each in own]
        numbers = [price for price in prices if isinstance(price, float)]
        texts = [price for price in prices if isinstance(price, str)]
        plans = [each.plan for *_, each in own if each.plan]
        row = {"person": person, "events": len(own)}
        row |= {"first": START + timedelta(minutes=own[0][0])}
        row |= {"last": START + timedelta(minutes=own[-1][0])}
        row |= {"price": (numbers or [None])[-1], "price_text": (texts or [None])[-1]}
        expected.append(row | {"plan": (plans or [None])[-1]})
    with lake(seen) as connection:
        found = told(connection, "FROM people ORDER BY person")
    assert found == expected


@given(st.lists(events, max_size=30))
def test_events_are_all_events_with_their_properties_by_name(seen: list[Seen]) -> None:
    """A property of two types has a column for each, and no event is in both."""
    with lake(seen) as connection:
        found = told(connection, "SELECT person, event, price, price_text, plan FROM events "
                                 "ORDER BY position")  # fmt: skip
    assert [tuple(row.values()) for row in found] == [
        (
            each.person,
            each.event,
            each.price if isinstance(each.price, float) else None,
            each.price if isinstance(each.price, str) else None,
            each.plan,
        )
        for each in seen
    ]


def test_what_is_sealed_is_in_no_view() -> None:
    """No view has a column of sealed values, nor what would name one."""
    with lake([]) as connection:
        columns = {
            row["column_name"] for view in VIEWS for row in told(connection, f"DESCRIBE {view}")
        }
    assert "sealed" not in columns
    assert {"event", "person", "entry", "first", "plan"} <= columns


@example(["Event"])
@given(st.lists(st.text(min_size=1, max_size=5), max_size=8, unique=True))
def test_names_of_columns_differ_whatever_properties_are_called(names: list[str]) -> None:
    """Also where they differ in case alone, or are called as a column of every event."""
    properties = dict.fromkeys([*names, "event", "Event"])
    columns = [column_name(name, tag) for name in properties for tag in ("number", "text")]
    found = property_columns(columns, CANONICAL)
    assert set(found) == set(columns)
    with lake([], list(found)) as connection:
        described = [row["column_name"] for row in told(connection, "DESCRIBE events")]
    assert described == [*CANONICAL, *found.values()]


def test_a_lake_without_a_row_has_the_same_columns() -> None:
    """Before the first event the views are there, with the types that they will have."""
    with lake([], []) as connection:
        filled = told(connection, "DESCRIBE events")
        assert told(connection, f"DESCRIBE {empty()}") == filled
