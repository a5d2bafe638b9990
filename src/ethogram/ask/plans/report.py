"""The plan beside what was seen: what is missing on either side, what departs, what drifts."""

from collections.abc import Iterator
from typing import Literal

import msgspec
import numpy as np

from ethogram.ask.plans.seen import Seen, absent, fits
from ethogram.ask.sequences.run import Int64s, Tag
from ethogram.ask.sequences.vocabulary import TYPES
from ethogram.events import plan as plans
from ethogram.events.added import OF_THE_DOOR
from ethogram.events.plan import Mode, Plan, PlannedEvent, PlannedProperty, PropertyType
from ethogram.events.times import iso

Code = Literal["unplanned_event", "missing_property", "wrong_type", "value_not_allowed"]
Change = Literal["new", "vanished"]


class Departure(msgspec.Struct, frozen=True):
    """How events depart from the plan: how many, and since the period that begins at ``since``."""

    code: Code
    property: str
    message: str
    count: int
    since: str


class Drift(msgspec.Struct, frozen=True):
    """An event, a property of it or one of the property's types appeared or fell silent.

    ``new`` in the period that begins at ``at``; ``vanished`` after it, and silent since for
    longer than ever before.
    """

    change: Change
    event: str
    property: str
    type: str
    at: str


class PropertySeen(msgspec.Struct, frozen=True):
    """A property of an event: ``wanted`` by the plan, and how many values of each type were seen.

    ``empty`` says for each period how many events had no value, or null. ``sealed`` means that
    values cannot be seen.
    """

    name: str
    planned: bool
    sealed: bool
    wanted: PropertyType | None
    required: bool
    types: dict[str, int]
    empty: list[int]


class EventSeen(msgspec.Struct, frozen=True):
    """An event: how often it happened and how often it departed from the plan, by period."""

    name: str
    planned: bool
    description: str
    mode: Mode
    seen: int
    counts: list[int]
    departing: list[int]
    departures: list[Departure]
    properties: list[PropertySeen]


class PlanReport(msgspec.Struct, frozen=True):
    """The plan beside what was seen, in periods of ``days`` days that begin at ``starts``.

    Planned events come first, then the others by how often they happened; ``unlooked`` names of
    rare events are left out. ``position`` is the log's, up to which it counts.
    """

    mode: Mode
    closed: bool
    days: int
    starts: list[str]
    events: list[EventSeen]
    drift: list[Drift]
    unlooked: int
    position: int


def report(plan: Plan, seen: Seen, position: int) -> PlanReport:
    """``plan`` beside what was ``seen`` up to the log's ``position``."""
    starts = [iso(start) for start in seen.periods.starts]
    events = [
        _event(plan, name, seen, starts)
        for name in seen.events
        if name in plan.events or seen.events[name].any()
    ]
    drift = sorted(_drift(seen, starts), key=lambda each: each.at, reverse=True)
    return PlanReport(
        plan.mode, plan.closed, seen.periods.days, starts, events, drift, seen.unlooked, position
    )


def _event(plan: Plan, name: str, seen: Seen, starts: list[str]) -> EventSeen:
    planned, counts = plan.events.get(name), seen.events[name]
    wanted = planned.properties if planned else {}
    there = [property_ for event, property_ in seen.tags if event == name]
    departures = [
        Departure(code, property_, message, int(found.sum()), starts[int(np.flatnonzero(found)[0])])
        for code, property_, message, found in _departures(plan, name, seen)
        if found.any()
    ]
    return EventSeen(
        name,
        planned is not None,
        planned.description if planned else "",
        plans.mode(plan, name),
        int(counts.sum()),
        counts.tolist(),
        seen.departing[name].tolist(),
        departures,
        [_property(name, each, planned, seen) for each in dict.fromkeys([*wanted, *sorted(there)])],
    )


def _departures(plan: Plan, event: str, seen: Seen) -> Iterator[tuple[Code, str, str, Int64s]]:
    """Code, property, words and counts by period of everything that is wrong."""
    counts = seen.events[event]
    if plans.is_refused(event, plan):
        yield "unplanned_event", "", plans.unplanned(event, plan).message, counts
    for name in (rule[0] for rule in plan.rules.get(event, ())):
        wanted = plan.events[event].properties[name]
        if absent(wanted, name):
            continue
        tags = seen.tags.get((event, name), np.zeros((len(counts), len(Tag)), np.int64))
        if wanted.required:
            there = tags[:, Tag.FLAG :].sum(axis=1)
            yield "missing_property", name, plans.missing(name).message, counts - there
        for tag, said in TYPES.items():
            if tag not in fits(wanted):
                yield "wrong_type", name, _wrong(name, said, wanted), tags[:, tag]
        strange = seen.strange.get((event, name))
        if strange is not None:
            if wanted.type == "time":
                yield "wrong_type", name, f"The property {name!r} is no time.", strange
            else:
                message = plans.not_allowed(name, frozenset(wanted.values)).message
                yield "value_not_allowed", name, message, strange


def _wrong(name: str, said: str, wanted: PlannedProperty) -> str:
    return f"The property {name!r} is of type {said}, not {wanted.type}."


def _property(event: str, name: str, planned: PlannedEvent | None, seen: Seen) -> PropertySeen:
    wanted = planned.properties.get(name) if planned else None
    counts = seen.events[event]
    tags = seen.tags.get((event, name), np.zeros((len(counts), len(Tag)), np.int64))
    total = tags.sum(axis=0)
    return PropertySeen(
        name,
        wanted is not None,
        absent(wanted, name),
        wanted.type if wanted else None,
        bool(wanted and wanted.required),
        {said: int(total[tag]) for tag, said in TYPES.items() if total[tag]},
        (counts - tags[:, Tag.FLAG :].sum(axis=1)).tolist(),
    )


def _drift(seen: Seen, starts: list[str]) -> Iterator[Drift]:
    """What appeared or fell silent: events, properties of those that go on, and their types.

    What the door adds by itself says nothing of those who send.
    """
    for event, counts in seen.events.items():
        changed = list(_changes(counts, counts))
        yield from (Drift(change, event, "", "", starts[at]) for change, at in changed)
    for (event, name), tags in seen.tags.items():
        if name in OF_THE_DOOR:
            continue
        within, whole = seen.events[event], tags[:, Tag.FLAG :].sum(axis=1)
        changed = list(_changes(whole, within))
        yield from (Drift(change, event, name, "", starts[at]) for change, at in changed)
        for tag, said in TYPES.items():
            for change, at in _changes(tags[:, tag], whole):
                if (change, at) not in changed:
                    yield Drift(change, event, name, said, starts[at])


def _changes(counts: Int64s, within: Int64s) -> Iterator[tuple[Change, int]]:
    """Whether ``counts`` begin later, or end sooner, than what they are counted ``within``.

    For an event that is all periods, of which the newest is not over yet.
    """
    there = np.flatnonzero(counts)
    around = np.flatnonzero(within)
    if not len(there):
        return
    first, last = int(there[0]), int(there[-1])
    begins = int(around[0]) if within is not counts else 0
    ends = int(around[-1]) if within is not counts else len(counts) - 1
    longest = int(np.diff(there).max()) if len(there) > 1 else 1
    if first > begins:
        yield "new", first
    if ends - last > max(longest, 1):
        yield "vanished", last
