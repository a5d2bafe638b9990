"""What was seen of each event and property, period by period, and what of it departs from a plan.

It is counted from the index, in one pass over its tags. What is sealed is not in the index, so
nothing is said of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.ask.plans.values import strange
from ethogram.ask.sequences.run import Column, Int64s, Part, Run, Snapshot, Tag
from ethogram.events import plan as plans
from ethogram.events.event import Instant
from ethogram.events.plan import Plan, PlannedProperty
from ethogram.events.times import DAY, SECOND
from ethogram.protect.detectors import names_a_person
from ethogram.store.lake.changes import is_reserved

Bools: TypeAlias = npt.NDArray[np.bool_]
TAGS = len(Tag)
MOST_EVENTS = 500
"""So many names of events are looked at, the most frequent, beside those that are planned."""
MOST_PERIODS = 60
LENGTHS = (1, 7, 28, 91, 364)
"""Days of a period; the first of which `MOST_PERIODS` cover nearly all events is taken."""
OUTSIDE = 0.001
"""So small a part of all events may lie before the first period, and counts to it: clocks err."""
BLOCK = 1 << 22
_MONDAY: Instant = 4 * DAY
_FITS: Mapping[str, tuple[Tag, ...]] = {
    "text": (Tag.TEXT,),
    "number": (Tag.NUMBER,),
    "flag": (Tag.FLAG,),
    "time": (Tag.TEXT, Tag.NUMBER),
    "json": (Tag.JSON,),
}


@dataclass(frozen=True)
class Periods:
    """``count`` periods of ``days`` days side by side, the first of which begins at ``start``."""

    start: Instant
    days: int
    count: int

    def of(self, seconds: Int64s) -> Int64s:
        """The period of each time, in Unix seconds; what lies outside is in the first or last."""
        since = (seconds - self.start // SECOND) // (self.days * DAY // SECOND)
        return np.clip(since, 0, self.count - 1)

    @property
    def starts(self) -> list[Instant]:
        """When each begins."""
        return [self.start + i * self.days * DAY for i in range(self.count)]


@dataclass
class Seen:
    """Counts by period: how often each event happened and departed from the plan; by event and
    property how many values had each tag (`Tag`), and how many the plan's values do not allow.

    ``unlooked`` names of events are not among these.
    """

    periods: Periods
    events: dict[str, Int64s]
    departing: dict[str, Int64s]
    tags: dict[tuple[str, str], Int64s] = field(default_factory=dict[tuple[str, str], Int64s])
    strange: dict[tuple[str, str], Int64s] = field(default_factory=dict[tuple[str, str], Int64s])
    unlooked: int = 0


def look(snapshot: Snapshot, plan: Plan, now: Instant) -> Seen:
    """What was seen in ``snapshot``, and how it departs from ``plan``."""
    names, unlooked = _names(snapshot, plan)
    periods = _periods(snapshot, now)
    looking = _Looking(names, periods, plan)
    for part in snapshot.parts:
        for block in _blocks(part, names, periods):
            looking.take(block)
    return looking.seen(unlooked)


def absent(wanted: PlannedProperty | None, name: str) -> bool:
    """Whether the values of ``name`` are sealed, so that the index has none."""
    return names_a_person(name) or (wanted is not None and wanted.personal)


def fits(wanted: PlannedProperty) -> tuple[Tag, ...]:
    """The tags that a value of the planned type may have."""
    return _FITS[wanted.type]


def _names(snapshot: Snapshot, plan: Plan) -> tuple[list[str], int]:
    """The events to be looked at, and how many others there are."""
    counts: dict[str, int] = {}
    for part in snapshot.parts:
        found = np.bincount(part.run.codes[: part.run.events], minlength=len(part.run.names))
        for name, count in zip(part.run.names, found.tolist(), strict=True):
            counts[name] = counts.get(name, 0) + count
    frequent = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_EVENTS]
    names = list(dict.fromkeys([*plan.events, *frequent]))
    return names, len(counts.keys() - names)


def _periods(snapshot: Snapshot, now: Instant) -> Periods:
    """Periods that cover nearly all events, up to the newest that is not in the future."""
    days = np.zeros(1, np.int64)
    for part in snapshot.parts:
        run = part.run
        if run.events:
            found = (run.seconds[: run.events].astype(np.int64) + run.origin) * SECOND // DAY
            counts = np.bincount(np.clip(found, 0, now // DAY), minlength=len(days))
            counts[: len(days)] += days
            days = counts
    there = np.flatnonzero(days)
    if not len(there):
        return Periods(now // DAY * DAY, 1, 1)
    first = int(np.searchsorted(np.cumsum(days), days.sum() * OUTSIDE, side="right"))
    last = int(there[-1])
    length = next((each for each in LENGTHS if last - first < each * MOST_PERIODS), LENGTHS[-1])
    start = first * DAY
    if length > 1:
        start -= (start - _MONDAY) % (7 * DAY)
    return Periods(start, length, (last * DAY - start) // (length * DAY) + 1)


@dataclass(frozen=True)
class _Block:
    """Some events of a run: the slot of each one's name, its period, and the run's columns."""

    slots: Int64s
    periods: Int64s
    run: Run
    rows: slice

    @cached_property
    def _order(self) -> tuple[Int64s, Int64s]:
        order = np.argsort(self.slots.astype(np.uint16), kind="stable")
        return order, np.searchsorted(self.slots[order], np.arange(self.slots.max() + 2))

    def of(self, slot: int) -> Int64s:
        """The rows of the events in ``slot``."""
        order, ends = self._order
        return order[ends[slot] : ends[slot + 1]] if slot + 1 < len(ends) else order[:0]

    def columns(self) -> Iterator[tuple[str, Column]]:
        """The properties, with the values of these events."""
        for name, column in self.run.properties.items():
            if is_reserved(name):
                continue
            yield name, Column(column.tags[self.rows], column.values[self.rows], column.words)


def _blocks(part: Part, names: Sequence[str], periods: Periods) -> Iterator[_Block]:
    run, others = part.run, len(names)
    slot = {name: i for i, name in enumerate(names)}
    table = np.array([slot.get(name, others) for name in run.names], np.int64)
    dead = np.repeat(part.dead.astype(np.bool_), np.diff(run.offsets)) if part.dead.any() else None
    for start in range(0, run.events, BLOCK):
        rows = slice(start, min(start + BLOCK, run.events))
        slots = table[run.codes[rows]]
        if dead is not None:
            slots[dead[rows]] = others
        seconds = run.seconds[rows].astype(np.int64) + run.origin
        yield _Block(slots, periods.of(seconds), run, rows)


class _Looking:
    """Counts that grow block by block; the last slot is for what is not looked at."""

    def __init__(self, names: Sequence[str], periods: Periods, plan: Plan) -> None:
        self._names, self._periods, self._plan = names, periods, plan
        self._shape = len(names) + 1, periods.count
        self._events = np.zeros(self._shape, np.int64)
        self._departing = np.zeros(self._shape, np.int64)
        self._tags: dict[tuple[str, str], Int64s] = {}
        self._strange: dict[tuple[str, str], Int64s] = {}
        self._planned = _by_property(names, plan)

    def take(self, block: _Block) -> None:
        """Count ``block``."""
        cells = block.slots * self._periods.count + block.periods
        self._events += self._counted(cells)
        departs = np.array([*(plans.is_refused(n, self._plan) for n in self._names), False])
        departing = departs[block.slots]
        missing = dict(self._planned)
        for name, column in block.columns():
            self._count_tags(name, cells, column)
            if wanted := missing.pop(name, None):
                departing |= _bad(wanted, self._shape[0]).ravel()[block.slots * TAGS + column.tags]
                self._judge(name, wanted, block, column, departing)
        for wanted in missing.values():
            departing |= _bad(wanted, self._shape[0])[block.slots, Tag.MISSING]
        self._departing += self._counted(cells[departing])

    def _counted(self, cells: Int64s) -> Int64s:
        size = self._shape[0] * self._shape[1]
        return np.bincount(cells, minlength=size).reshape(self._shape)

    def _count_tags(self, name: str, cells: Int64s, column: Column) -> None:
        size = self._shape[0] * self._shape[1] * TAGS
        found = np.bincount(cells * TAGS + column.tags, minlength=size)
        found = found.reshape(*self._shape, TAGS)
        for slot in np.flatnonzero(found[:-1, :, Tag.NULL :].any(axis=(1, 2))).tolist():
            key = self._names[slot], name
            known = self._tags.get(key)
            self._tags[key] = found[slot].copy() if known is None else known + found[slot]

    def _judge(
        self,
        name: str,
        planned: Mapping[int, PlannedProperty],
        block: _Block,
        column: Column,
        departing: Bools,
    ) -> None:
        """Find the values that are of the right type and yet not allowed."""
        for slot, wanted in planned.items():
            if wanted.type != "time" and not wanted.values:
                continue
            rows = block.of(slot)
            tags = column.tags[rows]
            rows = rows[np.logical_or.reduce([tags == tag for tag in fits(wanted)])]
            bad = rows[strange(wanted, column, rows)]
            departing[bad] = True
            counts = np.bincount(block.periods[bad], minlength=self._periods.count)
            key = self._names[slot], name
            self._strange[key] = self._strange.get(key, 0) + counts

    def seen(self, unlooked: int) -> Seen:
        """Everything that was counted."""
        events = dict(zip(self._names, self._events, strict=False))
        departing = dict(zip(self._names, self._departing, strict=False))
        return Seen(self._periods, events, departing, self._tags, self._strange, unlooked)


def _by_property(names: Sequence[str], plan: Plan) -> dict[str, dict[int, PlannedProperty]]:
    """The planned properties that the index can have, by name and by their event's slot."""
    found: dict[str, dict[int, PlannedProperty]] = {}
    for slot, event in enumerate(names):
        looked_at = plan.events[event].properties if event in plan.rules else {}
        for name, wanted in looked_at.items():
            if not absent(wanted, name):
                found.setdefault(name, {})[slot] = wanted
    return found


def _bad(planned: Mapping[int, PlannedProperty], slots: int) -> Bools:
    """For each slot and tag whether a value with it departs from the plan."""
    bad = np.zeros((slots, TAGS), np.bool_)
    for slot, wanted in planned.items():
        bad[slot, Tag.FLAG :] = True
        bad[slot, list(fits(wanted))] = False
        bad[slot, : Tag.FLAG] = wanted.required
    return bad
