"""What a trend can say of a property's values in a period.

A measure gathers values into something that adds, and finishes it into a number per cell (a
group in a period). Percentiles and distinct values keep every different value once.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np

from ethogram.ask.questions.breakdown import Typed, distinct_at
from ethogram.ask.questions.columns import column_of
from ethogram.ask.questions.step import PropertyName
from ethogram.ask.questions.sums import Floats, Sums, sums
from ethogram.ask.sequences.run import Int64s, Run, Tag

Number: TypeAlias = float | int | None


@dataclass(frozen=True)
class Values:
    """Values of some events, each with the cell it belongs to, of ``size`` cells.

    ``factors`` are one array of numbers, or two whose products count; ``distinct`` are typed
    Python values.
    """

    cells: Int64s
    size: int
    factors: list[Floats]
    distinct: list[Typed]


@dataclass(frozen=True)
class Measure:
    """``gather`` makes what ``merge`` adds and ``finish`` turns into a number per cell."""

    gather: Callable[[Values], Any]
    merge: Callable[[Any, Any], Any]
    finish: Callable[[Any], list[Number]]
    numeric: bool = True


def numbers(
    run: Run, names: tuple[PropertyName, ...], where: Int64s
) -> tuple[Int64s, list[Floats]]:
    """Which of the events ``where`` have finite numbers in all of ``names``, and the numbers."""
    columns = [column_of(run, name) for name in names]
    there = np.ones(len(where), np.bool_)
    factors: list[Floats] = []
    for column in columns:
        if column is None:
            return np.empty(0, np.int64), [np.empty(0) for _ in names]
        factor = column.values[where].astype(np.float64)
        there &= (column.tags[where] == Tag.NUMBER) & np.isfinite(factor)
        factors.append(factor)
    return np.flatnonzero(there), [factor[there] for factor in factors]


def distinct(run: Run, name: PropertyName, where: Int64s) -> tuple[Int64s, list[Typed]]:
    """Which of the events ``where`` have a value of ``name``, and the values."""
    column = column_of(run, name)
    if column is None:
        return np.empty(0, np.int64), []
    values, groups = distinct_at(column, where)
    filled = np.array([value is not None for _, value in values], np.bool_)
    there = np.flatnonzero(filled[groups])
    return there, [values[group] for group in groups[there]]


def _sums(values: Values) -> Sums:
    return sums(values.factors, values.cells, values.size)


def _sum(total: Sums) -> list[Number]:
    return [float(value) for value in total.values()]


def _mean(total: Sums) -> list[Number]:
    pairs = zip(total.values(), total.counts.tolist(), strict=True)
    return [float(value / count) if count else None for value, count in pairs]


def _extreme(best: np.ufunc) -> Measure:
    def gather(values: Values) -> Floats:
        cells = np.full(values.size, np.nan)
        best.at(cells, values.cells, _product(values))
        return cells

    def finish(cells: Floats) -> list[Number]:
        return [None if np.isnan(cell) else float(cell) for cell in cells]

    return Measure(gather, best, finish)


def _tallies(values: Values) -> list[Counter[float]]:
    cells: list[Counter[float]] = [Counter() for _ in range(values.size)]
    found, place = np.unique(_product(values), return_inverse=True)
    pairs, counts = np.unique(values.cells * len(found) + place, return_counts=True)
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        cells[pair // len(found)][float(found[pair % len(found)])] = count
    return cells


def _percentile(percent: int) -> Measure:
    return Measure(
        _tallies,
        lambda a, b: [x + y for x, y in zip(a, b, strict=True)],
        lambda cells: [_at(cell, percent) for cell in cells],
    )


def _at(tally: Counter[float], percent: int) -> Number:
    """The percentile by linear interpolation between the two nearest ranks (R's type 7)."""
    if not tally:
        return None
    values = sorted(tally)
    ends = np.array(list(accumulate(tally[value] for value in values)))
    rank, hundredths = divmod(percent * (int(ends[-1]) - 1), 100)
    low, high = (values[int(np.searchsorted(ends, i, side="right"))]
                 for i in (rank, rank + (hundredths > 0)))  # fmt: skip
    return low + (high - low) * (hundredths / 100)


def _sets(values: Values) -> list[set[Typed]]:
    cells: list[set[Typed]] = [set() for _ in range(values.size)]
    for cell, value in set(zip(values.cells.tolist(), values.distinct, strict=True)):
        cells[cell].add(value)
    return cells


def _product(values: Values) -> Floats:
    return np.prod(values.factors, axis=0)


MEASURES: Mapping[str, Measure] = {
    "sum": Measure(_sums, Sums.__add__, _sum),
    "mean": Measure(_sums, Sums.__add__, _mean),
    "min": _extreme(np.fmin),
    "max": _extreme(np.fmax),
    "p50": _percentile(50),
    "p90": _percentile(90),
    "p95": _percentile(95),
    "p99": _percentile(99),
    "distinct": Measure(
        _sets,
        lambda a, b: [x | y for x, y in zip(a, b, strict=True)],
        lambda cells: [len(cell) for cell in cells],
        numeric=False,
    ),
}
