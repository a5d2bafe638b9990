"""What the series of a trend gather from some events, per group."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from ethogram.ask.kernels.trends import Counts, count, count_all, spread
from ethogram.ask.questions.breakdown import Key, check_cells
from ethogram.ask.questions.measures import Measure, Values, distinct, numbers
from ethogram.ask.questions.sums import Floats, nearest
from ethogram.ask.questions.trends_events import Located, Seen, last_periods
from ethogram.ask.questions.trends_plan import Look, Plan
from ethogram.ask.questions.trends_spec import Series, factors
from ethogram.ask.sequences.run import Int64s

Gathered: TypeAlias = tuple[int, Key, Any]
"""A series, a group, and what the series' measure adds up."""


def counts(plan: Plan, look: Look, seen: Seen) -> Iterator[Gathered]:
    """Of series that are all counted, without groups."""
    out = _room(len(seen.series), len(look.span.days))
    count_all(seen.events, seen.codes, seen.periods, out)
    yield from _rows(plan, seen, [()], out)


def cells(plan: Plan, look: Look, found: Located) -> Iterator[Gathered]:
    """Of every series, and of every group that it has events of."""
    width, each = len(found.keys), found.seen.series
    if any(plan.counted(j) for series in each for j in series):
        out = _room(len(each) * width, len(look.span.days))
        count(found.of, (found.of.marks - np.int64(1)) * width + found.groups, out)
        yield from _rows(plan, found.seen, found.keys, out)
    check_cells(width, len(look.span.days))
    for m, series in enumerate(each):
        rest = [j for j in series if not plan.counted(j)]
        if rest:
            own = found if len(each) == 1 else found.some(found.of.marks == m + 1)
            there = np.flatnonzero(np.bincount(own.groups, minlength=width))
            for j in rest:
                gather = _people if plan.series[j].measure == "people" else _values
                states = gather(plan, look, own, j)
                for g in there.tolist():
                    yield j, found.keys[g], states[g]


def _room(rows: int, n: int) -> Counts:
    check_cells(rows, n)
    return Counts(np.zeros((rows, n), np.int64), np.zeros((rows, n), np.int64))


def _rows(plan: Plan, seen: Seen, keys: list[Key], out: Counts) -> Iterator[Gathered]:
    """The rows, mark by mark and of each group by group, that have any unit."""
    for row in np.flatnonzero(out.units.any(1)).tolist():
        m, g = divmod(row, len(keys))
        for j in filter(plan.counted, seen.series[m]):
            measured = out.events if plan.series[j].measure == "total" else out.units
            yield j, keys[g], measured[row]


def _people(_plan: Plan, look: Look, own: Located, _j: int) -> list[Int64s]:
    """The people of each group who have an event that counts in a period, per period."""
    out = np.zeros((len(own.keys), len(look.span.days) + 1), np.int64)
    spread(own.of, own.groups, last_periods(look, own), out)
    return list(out.cumsum(1)[:, :-1])


def _values(plan: Plan, look: Look, own: Located, j: int) -> list[Any]:
    """What the measure gathers of each group."""
    series, measure, n = plan.series[j], plan.measures[j], len(look.span.days)
    here, found, words = values(series, own)
    places = own.groups[here] * n + own.of.within[here]
    if series.measure == "per_person":
        units = own.of.units[here].astype(np.int64)
        places, found = _per_person(units, places, found, len(own.keys) * n)
    return _by_group(measure, Values(places, n, found, words), len(own.keys))


def values(series: Series, own: Located) -> tuple[Int64s, list[Floats], list[Any]]:
    """Which of the events count for a series that measures values, and the values."""
    chunk, where = own.seen.chunk, own.of.where + own.seen.chunk.first
    if series.property is None:
        return np.arange(len(where)), [np.ones(len(where))], []
    if series.measure == "distinct":
        here, places, words = distinct(chunk.run, factors(series)[0], where)
        return here, [places.astype(np.float64)], words
    here, found = numbers(chunk.run, factors(series), where)
    return here, found, []


def _per_person(
    units: Int64s, places: Int64s, found: list[Floats], size: int
) -> tuple[Int64s, list[Floats]]:
    """The sum of each person in each place."""
    pairs, of_pair = np.unique(units * size + places, return_inverse=True)
    return pairs % size, [nearest(found, of_pair, len(pairs))]


def _by_group(measure: Measure, values: Values, width: int) -> list[Any]:
    """Values whose cells are ``group * size + period``, gathered group by group."""
    groups = values.cells // values.size
    order = np.argsort(groups, kind="stable") if width > 1 else slice(None)
    cells, factors = (values.cells % values.size)[order], [each[order] for each in values.factors]
    ends = np.concatenate([[0], np.bincount(groups, minlength=width).cumsum()]).tolist()
    return [
        measure.gather(Values(
            cells[low:high], values.size, [each[low:high] for each in factors], values.words
        ))
        for low, high in pairwise(ends)
    ]  # fmt: skip
