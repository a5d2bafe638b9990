"""The tracking plan holds at the door for the rows of a table, as it does for events."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from ethogram.collect.door import Outcome, Step
from ethogram.collect.entries import entries
from ethogram.collect.group import Group
from ethogram.events import plan as plans
from ethogram.events.event import Event
from ethogram.events.times import now
from ethogram.store.lake.shred import Shredder

PLAN = plans.read("""
closed = true
[events.cart]
properties.price = { type = "number", required = true }
[events.order]
mode = "reject"
properties.price = { type = "number", required = true }
properties.currency = { type = "text", values = ["EUR"] }
""")


def take(project, events: Sequence[Event], *, keyed: bool = False) -> Outcome:
    """Import a table of what ``events`` say."""
    group, at = Group(), now()
    table = pa.table({
        "event": [event.event for event in events],
        "user_id": ["u"] * len(events),
        "event_id": [event.event_id for event in events],
        "timestamp": pa.array([at] * len(events), pa.timestamp("us", "UTC")),
        "p_price_number": pa.array([e.properties.get("price") for e in events], pa.float64()),
        "p_currency_text": pa.array([e.properties.get("currency") for e in events], pa.string()),
    })  # fmt: skip
    since = project.log.mark("import:x")
    step = Step("import:x", since, since + len(events))
    outcome = project.door.admit_table(group, table, at, step, keyed=keyed)
    project.door.close_group(group)
    project.door.commit(group)
    project.door.settle(group)
    return outcome


def row(event: str, event_id: str, **properties: object) -> Event:
    """A row of somebody, as an event."""
    return Event(event, user_id="u", event_id=event_id, properties=properties)


ROWS = [row("cart", "a", price=5), row("cart", "b"), row("crat", "c"), row("cart", "d", price=5)]


def test_a_warned_row_is_marked_as_its_event_is(make_project) -> None:
    """What departs in the mode warn is kept, counted, and says what is wrong, wherever read."""
    project = make_project(PLAN)
    outcome = take(project, ROWS)
    assert (outcome.accepted, outcome.rejected, outcome.warned) == (4, [], 2)
    project.take([Event(e.event, user_id="u", properties=e.properties) for e in ROWS])
    told = [entry["entry"]["extra"] for entry in entries(project.log, 0, 100)[0]]
    assert told[:4] == told[4:]
    assert told[1:3] == [{"plan": ["missing_property"]}, {"plan": ["unplanned_event"]}]
    kept = Shredder().table(list(project.log.read(0, 100)))["extra"].to_pylist()
    assert kept[:4] == kept[4:]


def test_a_rejected_row_is_told_as_its_event_is(make_project) -> None:
    """What departs in the mode reject is not kept, and the mark says that it was looked at."""
    project = make_project(PLAN)
    rows = [row("cart", "a", price=5), row("order", "b", currency="euro"),
            row("order", "c", price=5), row("order", "d")]  # fmt: skip
    outcome = take(project, rows)
    assert (outcome.accepted, outcome.warned, project.letters) == (2, 0, [])
    assert (project.log.end, project.log.mark("import:x")) == (2, 4)
    assert outcome.rejected == project.take(rows).rejected
    assert [(each.index, each.code) for each in outcome.rejected] == [
        (1, "missing_property"), (3, "missing_property"),
    ]  # fmt: skip


def test_a_table_may_be_rejected_whole(make_project) -> None:
    """Then nothing is kept but how far the import is."""
    project = make_project(PLAN)
    outcome = take(project, [row("order", "a")], keyed=True)
    assert (outcome.accepted, outcome.duplicates, len(outcome.rejected)) == (0, 0, 1)
    assert (project.log.end, project.log.mark("import:x")) == (0, 1)


def test_the_id_of_a_rejected_row_stays_new(make_project) -> None:
    """Once it is mended it comes in under the same id."""
    project = make_project(PLAN)
    assert len(take(project, [row("order", "a")], keyed=True).rejected) == 1
    assert take(project, [row("order", "a", price=5)], keyed=True).accepted == 1


def test_a_warned_duplicate_row_is_not_counted_again(make_project) -> None:
    """Only what is kept is counted as a warning; marks stay with their rows."""
    project = make_project(PLAN)
    assert take(project, ROWS[:2], keyed=True).warned == 1
    outcome = take(project, ROWS, keyed=True)
    assert (outcome.accepted, outcome.duplicates, outcome.warned) == (2, 2, 1)
    told = [entry["entry"] for entry in entries(project.log, 0, 100)[0]]
    assert [each["event_id"] for each in told if each["extra"]] == ["b", "c"]


@pytest.mark.parametrize("said", ["", 'mode = "off"\nclosed = true', "[events.other]"])
def test_a_plan_that_asks_nothing_adds_no_column(make_project, said: str) -> None:
    """Without a plan, or with one that does not concern the rows, nothing is marked."""
    project = make_project(plans.read(said))
    assert take(project, ROWS).warned == 0
    (record,) = project.log.read(0, 100)
    assert b"extra" not in record.payload
