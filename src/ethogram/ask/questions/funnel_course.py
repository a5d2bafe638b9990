"""A funnel over a part: its attempts as rows, whatever kernel finds them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ethogram.ask.kernels.funnel import Levels, Rules
from ethogram.ask.kernels.funnel_any import unordered
from ethogram.ask.kernels.funnel_walks import Course, Taken, starts, walks
from ethogram.ask.kernels.periods import Periods, periods
from ethogram.ask.questions.breakdown import MISSING, Breakdown, Key
from ethogram.ask.questions.calendar import Calendar
from ethogram.ask.questions.chunk import Chunk, chunk, frozen, relative
from ethogram.ask.questions.funnel_spec import Funnel, alternatives, settled, steps_of
from ethogram.ask.questions.marks import Marked, Marker
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import Range, range_of
from ethogram.ask.questions.step import Step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.duration import microseconds

SECOND = 1_000_000
UNLIMITED = 2**61
_ALWAYS = np.array([-(2**40), 2**40])


@dataclass(frozen=True)
class Rows:
    """Attempts, sorted by unit; times are in microseconds.

    ``reached[r, k]``: attempt r took step k; ``gaps[r, k]`` is its time from the required step
    before, ``totals[r]`` from the first step to the last one, where it got there. It began in
    period ``periods[r]``, and belongs to the group ``keys[groups[r]]``.
    """

    units: Int64s
    ids: Int64s
    periods: Int64s
    groups: Int64s
    keys: list[Key]
    reached: Bools
    gaps: Int64s
    totals: Int64s


@dataclass(frozen=True)
class Plan:
    """A spec laid out: which picks serve which step, and which column of a path is which step.

    A step that needs several events is several steps of the course; ``columns[k]`` is where a
    path has the last of step k, ``before[k]`` where it has the required step before it.
    """

    spec: Funnel

    @cached_property
    def picks(self) -> list[Step]:
        """Exclusions first, then the steps': in that order events of one instant are taken."""
        excluded = [Step(each.event, each.where) for each in self.spec.exclude]
        served = [pick for each in steps_of(self.spec) for pick in alternatives(each)]
        return list(dict.fromkeys([*excluded, *served]))

    @cached_property
    def required(self) -> list[int]:
        """Of each step of the course, the step of the spec that it is a part of."""
        return [k for k, each in enumerate(steps_of(self.spec)) if not each.optional
                for _ in range(each.times)]  # fmt: skip

    @cached_property
    def optional(self) -> list[int]:
        """The optional steps of the spec."""
        return [k for k, each in enumerate(steps_of(self.spec)) if each.optional]

    @cached_property
    def columns(self) -> list[int]:
        """Of each step of the spec, its column in a path."""
        last = {k: i for i, k in enumerate(self.required)}
        options = {k: len(self.required) + j for j, k in enumerate(self.optional)}
        return [(last | options)[k] for k in range(len(self.spec.steps))]

    @cached_property
    def before(self) -> list[int]:
        """Of each step of the spec but the first, the column of the required one before it."""
        return [max(c for k, c in enumerate(self.columns[:step]) if k not in self.optional)
                for step in range(1, len(self.spec.steps))]  # fmt: skip

    def bits(self, marked: Int64s, steps: list[int]) -> Int64s:
        """Bit i for each mark: it can be ``steps[i]``, a step of the spec."""
        said, found = steps_of(self.spec), np.zeros_like(marked)
        for i, step in enumerate(steps):
            for pick in alternatives(said[step]):
                found |= ((marked >> self.picks.index(pick)) & 1) << i
        return frozen(found)

    def voids(self, marked: Int64s) -> Int64s:
        """Bit i for each mark: it ends an attempt that stands at step i of the course."""
        found = np.zeros_like(marked)
        for each in self.spec.exclude:
            first, last = each.between or (0, len(self.spec.steps) - 1)
            stands = sum(1 << i for i in range(len(self.required)) if self._stands(i, first, last))
            pick = self.picks.index(Step(each.event, each.where))
            found |= ((marked >> pick) & 1) * stands
        return frozen(found)

    def _stands(self, i: int, first: int, last: int) -> bool:
        """Whether an attempt at step ``i`` of the course has done step ``first``, not ``last``."""
        done = [k for k, c in enumerate(self.columns) if k not in self.optional and c <= i]
        return bool(done) and first <= done[-1] < last


def course(plan: Plan, marked: Int64s, when: tuple[int, int], origin: int) -> Course:
    """The kernel's rules; ``when`` are the instants between which attempts begin, in microseconds
    from ``origin``."""
    spec, said = plan.spec, steps_of(plan.spec)
    slack = _length(spec.slack, "$.slack", 0)
    after = np.full(len(plan.required), -slack, np.int64)
    upto = np.full(len(plan.required), UNLIMITED, np.int64)
    for k, each in enumerate(said):
        if not each.optional and k:
            first = plan.columns[k] - each.times + 1
            if each.after is not None:
                after[first] = microseconds(each.after, f"$.steps[{k}].after")
            if each.within is not None:
                upto[first] = microseconds(each.within, f"$.steps[{k}].within")
    stepwise = bool(after.any() or (upto < UNLIMITED).any())
    if stepwise and spec.ties == "never":
        after[1:] = np.maximum(after[1:], 1)
    places = [plan.before[k - 1] for k in plan.optional]
    return Course(
        serves=plan.bits(marked, plan.required),
        voids=plan.voids(marked),
        options=plan.bits(marked, plan.optional),
        places=frozen(np.array(places, np.int64)),
        after=frozen(after),
        upto=frozen(upto),
        steps=len(plan.required),
        within=_length(spec.within, "$.within", UNLIMITED),
        opens=when[0],
        closes=when[1],
        grain=_length(spec.grain, "$.grain", 1),
        origin=origin,
        stepwise=stepwise,
        strict=spec.order == "strict",
        apart=spec.ties == "never",
        stops=spec.exclusion == "stops",
        first_only=spec.entry == "first",
        every=spec.count == "attempts",
        earliest=spec.prefer == "earliest",
    )


def steps_taken(spec: Funnel, part: Part) -> Callable[[int, int], tuple[Int64s, Int64s]]:
    """Of the units ``low:high``: how many steps are reached, and which of the chunk's events.

    The funnel is of people, over all time, and its steps are required and in order.
    """
    plan = Plan(settled(spec))
    found = _taken(plan, part, None)

    def taken(low: int, high: int) -> tuple[Int64s, Int64s]:
        _, rows, _ = found(low, high)
        where = np.full((high - low, len(plan.columns)), -1, np.int64)
        where[rows.units] = rows.path[:, plan.columns]
        return (where >= 0).sum(1), where

    return taken


def rows_of(plan: Plan, part: Part, days: Calendar | None) -> Callable[[int, int], Rows]:
    """The attempts of a part's units, those that begin in one of ``days``."""
    spec, split = plan.spec, Breakdown(part, plan.spec.by)
    if spec.order == "any":
        return _in_any_order(plan, part, split)
    find = _taken(plan, part, days)

    def walked(low: int, high: int) -> Rows:
        seen, taken, all_keys = find(low, high)
        found = taken.path[:, plan.columns]
        times = _times(seen, taken.path)
        gaps = np.zeros(found.shape, np.int64)
        for k, before in enumerate(plan.before, 1):
            gaps[:, k] = np.maximum(times[:, plan.columns[k]] - times[:, before], 0)
        totals = np.maximum(times[:, len(plan.required) - 1] - times[:, 0], 0)
        if spec.attribution == "all" and spec.by:
            groups, keys = taken.values - 1, all_keys
        else:
            groups, keys = _grouped(split, _touch(plan, found), seen)
        ids = seen.units[taken.units]
        return Rows(taken.units, ids, taken.periods, groups, keys, found >= 0, gaps, totals)

    return walked


def _in_any_order(plan: Plan, part: Part, split: Breakdown) -> Callable[[int, int], Rows]:
    when, marker = range_of(plan.spec), Marker(part.run, plan.picks, plan.spec.where)
    entry = plan.spec.range == "entry"
    seen_in = Range(when.first, None) if entry else when
    _, closes = relative(part.run, when)

    def filled(low: int, high: int) -> Rows:
        seen = chunk(part, low, high, seen_in)
        out = _levels(seen, marker.mark(seen), plan, closes)
        units = np.flatnonzero(out.levels)
        reached = np.arange(len(plan.columns)) < out.levels[units][:, None]
        gaps = np.zeros(reached.shape, np.int64)
        gaps[:, 1:] = out.gaps[units]
        gaps[~reached] = 0
        groups, keys = split.groups(out.starts[units] + seen.first, len(units))
        none = np.zeros(len(units), np.int64)
        return Rows(units, seen.units[units], none, groups, keys, reached, gaps, gaps.sum(1))

    return filled


def _taken(
    plan: Plan, part: Part, days: Calendar | None
) -> Callable[[int, int], tuple[Chunk, Taken, list[Key]]]:
    """Finds the attempts of some units, and the keys of the values that they have."""
    spec, when = plan.spec, range_of(plan.spec)
    marker = Marker(part.run, plan.picks, spec.where, others=spec.order == "strict")
    entry = spec.range == "entry"
    seen_in = Range(when.first, None) if entry else when
    opens = relative(part.run, when if entry else Range(None, None))
    calendar = periods(_ALWAYS) if days is None else days.of(part.run)
    calendar = Periods(frozen(calendar.bounds), frozen(calendar.cells), calendar.shift)
    constant, split = Breakdown(part, spec.constant), Breakdown(part, spec.by)

    def find(low: int, high: int) -> tuple[Chunk, Taken, list[Key]]:
        seen = chunk(part, low, high, seen_in)
        marked = marker.mark(seen)
        rules = course(plan, marked.bits, opens, part.run.origin * SECOND)
        values, keys = _values(plan, constant, split, seen, marked)
        taken = _walk(marked, rules, values, calendar, len(plan.optional))
        if spec.constant and spec.attribution != "all":
            taken = _best(taken, seen, rules)
        return seen, taken, keys

    return find


def _levels(seen: Chunk, marked: Marked, plan: Plan, closes: int) -> Levels:
    n, steps = seen.high - seen.low, len(plan.columns)
    gaps = np.empty((n, steps - 1), np.int64)
    out = Levels(np.empty(n, np.uint8), np.empty(n, np.int64), gaps)
    serves = plan.bits(marked.bits, list(range(steps)))
    within = _length(plan.spec.within, "$.within", UNLIMITED)
    rules = Rules(serves, steps, within)
    unordered(marked.events, rules, bool(plan.spec.first_needed), closes, out)
    return out


def _walk(marked: Marked, rules: Course, values: Int64s, days: Periods, options: int) -> Taken:
    room = starts(marked.events, rules.serves)
    each = np.empty((3, room), np.int64)
    path = np.empty((room, rules.steps + options), np.int64)
    out = Taken(np.zeros(1, np.int64), each[0], each[1], each[2], path)
    walks(marked.events, frozen(values), rules, days, out)
    n = int(out.filled[0])
    return Taken(out.filled, *(array[:n] for array in out[1:]))


def _values(
    plan: Plan, constant: Breakdown, split: Breakdown, seen: Chunk, marked: Marked
) -> tuple[Int64s, list[Key]]:
    """For each event the number, from 1, of what an attempt's steps must share; 0: no step.

    Empty where they need not share anything. The keys are those of ``by``, by that number.
    """
    by_all = bool(plan.spec.by) and plan.spec.attribution == "all"
    if not by_all and not plan.spec.constant:
        return np.empty(0, np.int64), []
    n = seen.last - seen.first
    where = np.flatnonzero(marked.events.table[marked.events.symbols[:n]])
    groups, keys = np.zeros(len(where), np.int64), [()]
    if by_all:
        groups, keys = split.groups(where + seen.first, len(where))
    held, shared = constant.groups(where + seen.first, len(where))
    there = np.array([all(value is not None for _, value in key) for key in shared], np.bool_)
    number = np.where(there[held], held * len(keys) + groups + 1, 0)
    values = np.zeros(n, np.int64)
    values[where] = number
    return values, [keys[i % len(keys)] for i in range(len(shared) * len(keys))]


def _best(taken: Taken, seen: Chunk, rules: Course) -> Taken:
    """Of each unit's attempts in a period, one for each value, the one that counts."""
    if rules.every:
        return taken
    times = _times(seen, taken.path)
    level = (taken.path[:, : rules.steps] >= 0).sum(1)
    arrival = times[np.arange(len(level)), level - 1]
    began = times[:, 0] if rules.earliest else -times[:, 0]
    order = np.lexsort((began, arrival, -level, taken.periods, taken.units))
    units, days = taken.units[order], taken.periods[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (units[1:] != units[:-1]) | (days[1:] != days[:-1])
    return Taken(taken.filled, *(array[order[first]] for array in taken[1:]))


def _touch(plan: Plan, found: Int64s) -> Int64s:
    """The event at which each attempt's group is looked at."""
    said = plan.spec.attribution
    if said == "last":
        needed = [k for k in range(found.shape[1]) if k not in plan.optional]
        level = (found[:, needed] >= 0).sum(1)
        return found[np.arange(len(found)), np.array(needed)[level - 1]]
    return found[:, said if isinstance(said, int) else 0]


def _grouped(split: Breakdown, events: Int64s, seen: Chunk) -> tuple[Int64s, list[Key]]:
    """The groups of ``events``; where there is none (-1), no value is known."""
    there = events >= 0
    found, keys = split.groups(events[there] + seen.first, int(there.sum()))
    if there.all():
        return found, keys
    unknown = tuple(MISSING for _ in split.columns)
    keys = keys if unknown in keys else [*keys, unknown]
    groups = np.full(len(events), keys.index(unknown), np.int64)
    groups[there] = found
    return groups, keys


def _times(seen: Chunk, path: Int64s) -> Int64s:
    return seen.seconds[path].astype(np.int64) * SECOND + seen.micros[path]


def _length(said: str | None, at: str, otherwise: int) -> int:
    return otherwise if said is None else microseconds(said, at)
