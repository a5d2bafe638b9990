"""What a trend finds in a part: of each series and group what adds up to its points."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from ethogram.ask.kernels.windows import QUARTER
from ethogram.ask.questions.breakdown import Breakdown, Key, check_cells
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.trends_cells import Gathered, cells, counts
from ethogram.ask.questions.trends_events import Seen, grouped, located, seen
from ethogram.ask.questions.trends_plain import MOST, plain
from ethogram.ask.questions.trends_plan import Look, Plan, Span
from ethogram.ask.sequences.run import Part
from ethogram.events.errors import Invalid

Cell: TypeAlias = tuple[int, int, Key]
"""A span, a series and a group."""
MOST_KEPT = 5_000_000
"""So many different values an answer keeps for percentiles and distinct values."""


@dataclass(frozen=True)
class Drawn:
    """Per group how many events were looked at, and per cell what the series' measure gathered.

    There are no cells where the groups are more than may have lines, until those are chosen.
    """

    totals: dict[Key, int] = field(default_factory=dict[Key, int])
    cells: dict[Cell, Any] = field(default_factory=dict[Cell, Any])


def over(plan: Plan, part: Part) -> Callable[[int, int], Drawn]:
    """The partial over ``part``."""
    spans = [_over(plan, part, s, span) for s, span in enumerate(plan.spans)]

    def partial(low: int, high: int) -> Drawn:
        drawn = Drawn()
        for each in spans:
            each(low, high, drawn)
        return _bounded(plan, drawn)

    return partial


def merge(plan: Plan, a: Drawn, b: Drawn) -> Drawn:
    """What was found in both."""
    totals, cells = dict(a.totals), dict(a.cells)
    for key, more in b.totals.items():
        totals[key] = totals.get(key, 0) + more
    for cell, more in b.cells.items():
        known = cells.get(cell)
        cells[cell] = more if known is None else plan.measures[cell[1]].merge(known, more)
    return _bounded(plan, Drawn(totals, cells))


def _over(plan: Plan, part: Part, s: int, span: Span) -> Callable[[int, int, Drawn], None]:
    """Adds to a result what the units ``low:high`` have in the plan's span ``s``."""
    done, quick = _quick(plan, part, span)
    looks = [(look, seen(plan, part, look)) for look in plan.looks(span, done)]
    breakdown = Breakdown(part, plan.spec.by)

    def add(low: int, high: int, drawn: Drawn) -> None:
        for j, key, found in quick(low, high):
            drawn.cells[s, j, key] = found
        for look, events_of in looks:
            for each in events_of(low, high):
                for j, key, found in _gathered(plan, look, breakdown, each, drawn.totals):
                    drawn.cells[s, j, key] = found

    return add


def _gathered(
    plan: Plan, look: Look, breakdown: Breakdown, seen: Seen, totals: dict[Key, int]
) -> Iterable[Gathered]:
    """What the series gather, where groups are few enough; their events are added to ``totals``."""
    if not plan.spec.by and all(plan.counted(j) for series in seen.series for j in series):
        return counts(plan, look, seen)
    found = grouped(plan, breakdown, seen)
    events = np.bincount(found.groups, minlength=len(found.keys)).tolist()
    for key, more in zip(found.keys, events, strict=True):
        if more:
            totals[key] = totals.get(key, 0) + more
    return () if plan.too_many(len(found.keys)) else cells(plan, look, located(look, found))


def _quick(
    plan: Plan, part: Part, span: Span
) -> tuple[set[int], Callable[[int, int], Iterator[Gathered]]]:
    """The series that have a quick way, and it."""
    cut = span.days.cut(span.when, QUARTER)
    done = set() if cut is None else plan.plain(len(span.days) <= MOST)
    picks = list(dict.fromkeys(plan.picks[j] for j in sorted(done)))
    of = [(j, picks.index(plan.picks[j]), plan.series[j].measure) for j in sorted(done)]
    wanted = {each: {k for _, k, measure in of if measure == each} for each in ("total", "people")}
    marker = Marker(part.run, picks, None)
    counts = None if cut is None else plain(part, marker, wanted, cut)
    if counts is None:
        return set(), lambda _low, _high: iter(())

    def quick(low: int, high: int) -> Iterator[Gathered]:
        found = counts(low, high)
        for j, k, measure in of:
            if k in found:
                yield j, (), found[k].events if measure == "total" else found[k].units

    return done, quick


def _bounded(plan: Plan, drawn: Drawn) -> Drawn:
    """Without cells where there are too many groups. Raises `Invalid` where all is too much."""
    check_cells(len(drawn.totals), 1)
    if plan.too_many(len(drawn.totals)):
        return Drawn(drawn.totals)
    check_cells(len(drawn.cells), len(plan.spans[0].days))
    kept = sum(plan.measures[j].kept(found) for (_, j, _), found in drawn.cells.items())
    if kept > MOST_KEPT:
        raise Invalid(
            "too_many_values",
            f"There are more than {MOST_KEPT:,} different values in periods and groups.",
            at="$.series",
            hint="Percentiles and distinct values keep each: ask for longer periods or a "
            "shorter range, or narrow them down with where.",
        )
    return drawn
