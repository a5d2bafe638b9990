"""What a trend can say of values in a period: a property's of events, or a number a person.

A measure gathers values into something that adds, and finishes it into a number per cell (a
group in a period). Percentiles and distinct values keep every different value once.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np

from ethogram.ask.questions.breakdown import Typed, distinct_at
from ethogram.ask.questions.columns import column_of
from ethogram.ask.questions.step import PropertyName
from ethogram.ask.questions.sums import Floats, Sums, sums
from ethogram.ask.questions.tallies import Tally, tally
from ethogram.ask.sequences.run import Int64s, Run, Tag

Number: TypeAlias = float | int | None


@dataclass(frozen=True)
class Values:
    """Some values, each with the cell it belongs to, of ``size`` cells.

    ``factors`` are one array of numbers, or two whose products count; of distinct values the one
    array holds their places in ``words``.
    """

    cells: Int64s
    size: int
    factors: list[Floats]
    words: list[Typed]


@dataclass(frozen=True)
class Measure:
    """``gather`` makes what ``merge`` adds and ``finish`` turns into a number per cell.

    ``so_far`` makes of each cell the cells up to it, where that can be; ``kept`` is how many
    values are kept beside a few numbers per cell.
    """

    gather: Callable[[Values], Any]
    merge: Callable[[Any, Any], Any]
    finish: Callable[[Any], list[Number]]
    so_far: Callable[[Any], Any] | None = None
    kept: Callable[[Any], int] = lambda _: 0


def measure_of(name: str) -> Measure:
    """The measure called ``name``, of `MEASURES` or a percentile."""
    share = percent(name)
    return MEASURES[name] if share is None else _percentile(share)


def percent(name: str) -> Fraction | None:
    """What a percentile's name says, such as ``p75`` or ``p99.9``; None where it is no such name.

    >>> percent("p99.9")
    Fraction(999, 10)
    """
    found = re.fullmatch(r"p(\d{1,3}(?:\.\d{1,6})?)", name)
    share = Fraction(found[1]) if found else Fraction(50) if name == "median" else None
    return None if share is None or share > 100 else share


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
    if there.all():
        return np.arange(len(where)), factors
    return np.flatnonzero(there), [factor[there] for factor in factors]


def distinct(run: Run, name: PropertyName, where: Int64s) -> tuple[Int64s, Int64s, list[Typed]]:
    """Which of the events ``where`` have a value of ``name``, its place in a list, and the list."""
    column = column_of(run, name)
    if column is None:
        return np.empty(0, np.int64), np.empty(0, np.int64), []
    values, groups = distinct_at(column, where)
    filled = np.array([value is not None for _, value in values], np.bool_)
    there = np.flatnonzero(filled[groups])
    return there, groups[there], values


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


def _percentile(share: Fraction) -> Measure:
    return Measure(
        lambda values: tally(values.cells, _product(values), values.size),
        Tally.__add__,
        lambda found: list(found.percentiles(share)),
        kept=len,
    )


def _sets(values: Values) -> list[set[Typed]]:
    cells: list[set[Typed]] = [set() for _ in range(values.size)]
    width, (places,) = len(values.words), values.factors
    for pair in np.unique(values.cells * width + places.astype(np.int64)).tolist():
        cells[pair // width].add(values.words[pair % width])
    return cells


def _product(values: Values) -> Floats:
    return values.factors[0] if len(values.factors) == 1 else np.prod(values.factors, axis=0)


MEASURES: Mapping[str, Measure] = {
    "sum": Measure(_sums, Sums.__add__, _sum, Sums.so_far),
    "mean": Measure(_sums, Sums.__add__, _mean),
    "min": _extreme(np.fmin),
    "max": _extreme(np.fmax),
    "median": _percentile(Fraction(50)),
    "distinct": Measure(
        _sets,
        lambda a, b: [x | y for x, y in zip(a, b, strict=True)],
        lambda cells: [len(cell) for cell in cells],
        lambda cells: list(accumulate(cells, set.union)),
        kept=lambda cells: sum(map(len, cells)),
    ),
}
SUMMED = tuple(name for name, measure in MEASURES.items() if measure.so_far)
