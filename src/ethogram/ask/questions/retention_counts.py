"""Counting retention over some whole units: who starts, who returns, who is gone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.lifetimes import Lives, Silence, live
from ethogram.ask.kernels.openings import NAMED, STARTS, Opening, openings
from ethogram.ask.kernels.retention import (
    Days,
    Entries,
    firsts,
    follow,
    follow_last,
    recurring,
)
from ethogram.ask.kernels.returns import FIRST, LAST, ON, STREAK, Returns, trace
from ethogram.ask.kernels.windows import Among, among
from ethogram.ask.questions.breakdown import Breakdown, Key, check_cells
from ethogram.ask.questions.chunk import SECOND, chunk, frozen, relative
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.retention_clock import Clock
from ethogram.ask.questions.retention_spec import Retention, matched, silence
from ethogram.ask.questions.spec import Range, range_of
from ethogram.ask.questions.step import Step, step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.event import Instant

Table: TypeAlias = npt.NDArray[np.int64]
MODES = {"on": ON, "on_or_after": LAST, "on_or_before": FIRST, "streak": STREAK}


class Counted(NamedTuple):
    """Of a group: ``sizes[c]`` and ``returned[c, k]``, and as `Lives` has them, who is gone."""

    sizes: Int64s
    returned: Table
    gone: Int64s
    left: Int64s


@dataclass(frozen=True)
class Cohorts:
    """What is counted of each group; the group () is everyone."""

    groups: dict[Key, Counted] = field(default_factory=dict[Key, Counted])


class Starts(NamedTuple):
    """The starts of a chunk's units: entry e is of the group ``keys[places[e]]``.

    ``units`` are the units' ids. ``of``: the group of each event, as the entries have it, where
    returns must match.
    """

    units: Int64s
    events: Events
    back: Among
    of: Int64s
    entered: Entries
    keys: list[Key]
    places: Int64s


class Counting:
    """A retention made ready for one part. ``until``: as far as things are known."""

    def __init__(self, spec: Retention, clock: Clock, until: Instant, part: Part) -> None:
        run, when, start = part.run, range_of(spec), step(spec.start)
        self.spec, self.clock, self.part = spec, clock, part
        self.days = Days(clock.cohorts.of(run), clock.cohorts.windows(run))
        self.own_clock = clock.of(run)
        named = [Step(start.event)] if spec.start_mode == "first_event_ever" else []
        self.marker = Marker(run, [start, step(spec.return_), *named], spec.where)
        self.by, self.nothing = Breakdown(part, spec.by), Breakdown(part, ())
        self.earliest = relative(run, when)[0]
        ever = spec.start_mode in ("first_ever", "first_event_ever")
        self.when = Range(None, when.last) if ever else when
        silent = silence(spec)
        self.silence = (silent, until - silent - run.origin * SECOND, clock.whole(until - silent))

    def starts(self, low: int, high: int, *, everyone: bool = False) -> Starts:
        """The starts of the units ``low:high``; of ``everyone``, or by their values."""
        seen = chunk(self.part, low, high, self.when)
        events, bits = self.marker.mark(seen)
        breakdown = self.nothing if everyone else self.by
        match = matched(self.spec) and not everyone
        of, values = np.empty(0, np.int64), [()]
        if match:
            of, values = breakdown.groups(np.arange(seen.first, seen.last), seen.last - seen.first)
        entered = self._entries(events, bits, frozen(of), len(values))
        if match:
            used, places = np.unique(entered.groups, return_inverse=True)
            keys = [values[group] for group in used]
        else:
            places, keys = breakdown.groups(entered.where + seen.first, len(entered.where))
        back = _among(events, bits >> 1 & 1)
        return Starts(seen.units, events, back, frozen(of), entered, keys, places)

    def _entries(self, events: Events, bits: Int64s, of: Int64s, values: int) -> Entries:
        each, periods = self.spec.start_mode == "recurring", self.days.periods
        if not len(of) and self.spec.start_mode != "first_event_ever":
            starts = _among(events, bits & 1)
            if each:
                return recurring(events, starts, periods)
            return firsts(events, starts, periods, self.earliest)
        roles = frozen(np.where(bits & 1, STARTS, (bits >> 2 & 1) * NAMED))
        return openings(events, periods, Opening(roles, self.earliest, each, of, values))

    def returned(self, starts: Starts, rows: Int64s, height: int) -> Table:
        """For each of ``height`` rows and each cell: its entries, each in ``rows``, that return."""
        spec, events, back = self.spec, starts.events, starts.back
        entered = starts.entered._replace(rows=rows)
        out = np.zeros((height, len(self.clock.ends)), np.int64)
        plain = self.clock.by_calendar and spec.at_least == 1
        plain = plain and not spec.brackets and not len(starts.of)
        mode = spec.mode or "on"
        if plain and mode == "on":
            follow(events, self.days, entered, back, out)
        elif plain and mode == "on_or_after":
            follow_last(events, self.days, entered, back, out)
        else:
            cells = frozen(self.clock.cells_of)
            rule = Returns(back, starts.of, cells, spec.at_least, MODES[mode])
            trace(events, self.own_clock, entered, rule, out)
        if mode == "on_or_after":
            return out[:, ::-1].cumsum(1)[:, ::-1]
        return out.cumsum(1) if mode == "on_or_before" else out

    def lives(self, starts: Starts) -> Lives:
        """For each key and period, who is gone by then, and who is known no longer."""
        shape = len(starts.keys), int(self.clock.ends[-1]) + 1 if self.spec.silent else 0
        lives = Lives(np.zeros(shape, np.int64), np.zeros(shape, np.int64))
        if self.spec.silent:
            silence = Silence(starts.back, starts.of, *self.silence)
            entered = starts.entered._replace(rows=starts.places)
            live(starts.events, self.own_clock, entered, silence, lives)
        return lives

    def counted(self, starts: Starts) -> dict[Key, Counted]:
        """The numbers of each group of ``starts``."""
        shape = (len(starts.keys), self.clock.size, len(self.clock.ends))
        check_cells(len(starts.keys), shape[1] * shape[2])
        rows = starts.places * self.clock.size + starts.entered.cohorts
        height = shape[0] * shape[1]
        sizes = np.bincount(rows, minlength=height).reshape(shape[:2])
        returned = self.returned(starts, rows, height).reshape(shape)
        lives = self.lives(starts)
        return {
            key: Counted(sizes[g], returned[g], lives.gone[g], lives.left[g])
            for g, key in enumerate(starts.keys)
        }


def over(
    spec: Retention, clock: Clock, until: Instant, part: Part
) -> Callable[[int, int], Cohorts]:
    """The partial over a part: each group, and where a unit can be in several also everyone."""
    counting = Counting(spec, clock, until, part)

    def partial(low: int, high: int) -> Cohorts:
        groups = counting.counted(counting.starts(low, high))
        if matched(spec):
            groups |= counting.counted(counting.starts(low, high, everyone=True))
        return Cohorts(groups)

    return partial


def merge(cells: int, a: Cohorts, b: Cohorts) -> Cohorts:
    """The people of both, who are different people; a group has ``cells``."""
    groups = dict(a.groups)
    for key, more in b.groups.items():
        groups[key] = added(groups[key], more) if key in groups else more
    check_cells(len(groups), cells)
    return Cohorts(groups)


def added(a: Counted, b: Counted) -> Counted:
    """The sums, number by number."""
    return Counted(*(x + y for x, y in zip(a, b, strict=True)))


def _among(events: Events, chosen: Int64s) -> Among:
    """The events whose mark is 1 in ``chosen``.

    They are side by side: a pick is one code, or every one; and of the marks of a start, a
    return and what is named as the start, those of the return follow each other.
    """
    symbols = np.flatnonzero(chosen[events.table]).tolist()
    return (
        among(events.symbols, symbols[0], symbols[-1]) if symbols else among(events.symbols, 1, 0)
    )
