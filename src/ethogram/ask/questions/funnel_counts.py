"""What a funnel adds up, and the rows that it becomes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.funnel_bits import Climbed
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import Key
from ethogram.ask.questions.funnel_course import Rows
from ethogram.ask.questions.funnel_spec import Funnel, label, steps_of
from ethogram.ask.questions.proportions import difference, wilson
from ethogram.ask.sequences.run import Int64s

SECOND = 1_000_000
PERCENTILES = (10, 25, 50, 75, 90, 95)
Cell = tuple[int, Key]
"""A period and a group."""


@dataclass(frozen=True)
class Tally:
    """Attempts and people per step; times in microseconds as lists of arrays.

    ``gaps[k]`` are from the required step before step k + 1 to it, ``totals`` from the first
    step to the last.
    """

    attempts: Int64s
    people: Int64s
    gaps: list[list[Int64s]]
    totals: list[Int64s]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.attempts + other.attempts,
            self.people + other.people,
            [a + b for a, b in zip(self.gaps, other.gaps, strict=True)],
            self.totals + other.totals,
        )


@dataclass(frozen=True)
class Counts:
    """A tally per period and group. Its sum is that of different people."""

    cells: dict[Cell, Tally] = field(default_factory=dict[Cell, Tally])

    def __add__(self, other: "Counts") -> "Counts":
        cells = dict(self.cells)
        for key, more in other.cells.items():
            cells[key] = cells[key] + more if key in cells else more
        return Counts(cells)


def nothing(steps: int) -> Tally:
    """Nobody's tally."""
    none = np.zeros(steps, np.int64)
    return Tally(none, none, [[] for _ in range(steps - 1)], [])


def tallied(rows: Rows) -> Counts:
    """The rows, added up."""
    steps = rows.reached.shape[1]
    cell = rows.periods * max(len(rows.keys), 1) + rows.groups
    order = np.argsort(cell, kind="stable")
    bounds = np.flatnonzero(np.diff(cell[order], prepend=-1, append=-1))
    counts = Counts()
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        own = order[first:last]
        reached, units = rows.reached[own], rows.units[own]
        # Rows come unit by unit: a unit's first one that took the step stands for it.
        new = [np.diff(units[reached[:, k]], prepend=-1) != 0 for k in range(steps)]
        tally = Tally(
            reached.sum(0),
            np.array([each.sum() for each in new], np.int64),
            [[rows.gaps[own, k][reached[:, k]]] for k in range(1, steps)],
            [rows.totals[own][reached[:, -1]]],
        )
        day, group = divmod(int(cell[own[0]]), max(len(rows.keys), 1))
        counts.cells[day, rows.keys[group]] = tally
    return counts


def climbed(found: Climbed) -> Tally:
    """What the quick way finds."""
    ends = found.counts.tolist()
    gaps = [[each[:end].copy()] for each, end in zip(found.gaps, ends[1:], strict=True)]
    return Tally(found.counts, found.counts, gaps, [found.totals[: ends[-1]].copy()])


def climbed_by(found: Climbed, groups: Int64s, keys: list[Key]) -> Counts:
    """What the quick way finds, where the g-th unit that entered is in ``keys[groups[g]]``."""
    levels = found.levels[: found.counts[0]]
    few = groups.astype(np.min_scalar_type(len(keys)))
    own = [few[levels > k] for k in range(len(found.counts))]
    people = np.array([np.bincount(each, minlength=len(keys)) for each in own])
    parted = [_parted(*each) for each in zip(found.gaps, own[1:], people[1:], strict=True)]
    totals = _parted(found.totals, own[-1], people[-1])
    return Counts(
        {
            (0, key): Tally(people[:, g], people[:, g], [[each[g]] for each in parted], [totals[g]])
            for g, key in enumerate(keys)
        }
    )


def _parted(values: Int64s, groups: npt.NDArray[np.integer[Any]], counts: Int64s) -> list[Int64s]:
    """The values of each group, of which there are ``counts``."""
    order = np.argsort(groups, kind="stable")
    return np.split(values[: len(groups)][order], np.cumsum(counts)[:-1])


def summed(tallies: Iterable[Tally], steps: int) -> Tally:
    """The tallies of different people, added up."""
    every = [nothing(steps), *tallies]
    return Tally(
        np.sum([each.attempts for each in every], 0),
        np.sum([each.people for each in every], 0),
        [[piece for each in every for piece in each.gaps[k]] for k in range(steps - 1)],
        [piece for each in every for piece in each.totals],
    )


def step_rows(spec: Funnel, tally: Tally) -> list[Row]:
    """A row per step."""
    said, every = steps_of(spec), spec.count == "attempts"
    counts = (tally.attempts if every else tally.people).tolist()
    rows: list[Row] = []
    previous = counts[0]
    for k, each in enumerate(said):
        seconds = _seconds(tally.gaps[k - 1]) if k else np.empty(0)
        row: Row = {
            "event": label(each),
            "people": int(tally.people[k]),
            **({"attempts": counts[k]} if every else {}),
            "conversion": _ratio(counts[k], counts[0]),
            "conversion_from_previous": _ratio(counts[k], previous),
            "median_seconds": _median(seconds) if len(seconds) else None,
            "mean_seconds": float(seconds.mean()) if len(seconds) else None,
            **_ends(None if every else wilson(counts[k], counts[0])),
            **({"optional": True} if each.optional else {}),
        }
        rows.append(row)
        previous = previous if each.optional else counts[k]
    return rows


def times(tally: Tally) -> dict[str, Any]:
    """How long it takes from the first step to the last: percentiles and a histogram.

    There are as many bins as the cube root of how many there are, rounded up, of equal width,
    rounded up to whole seconds; a bin holds its beginning, the last one its end too.
    """
    seconds = _seconds(tally.totals)
    n = len(seconds)
    if not n:
        return {"count": 0, "mean": None, **{f"p{p}": None for p in PERCENTILES}, "bins": []}
    low, high = float(seconds.min()), float(seconds.max())
    bins = ceil(round(n ** (1 / 3), 9))
    width = max(ceil((high - low) / bins), 1)
    start = int(low // 1)
    place = np.minimum((seconds - start) // width, bins - 1).astype(np.int64)
    counts = np.bincount(place, minlength=bins).tolist()
    found = np.percentile(seconds, PERCENTILES)
    return {
        "count": n,
        "mean": float(seconds.mean()),
        **{f"p{p}": float(value) for p, value in zip(PERCENTILES, found, strict=True)},
        "bins": [[start + i * width, start + (i + 1) * width, c] for i, c in enumerate(counts)],
    }


def differences(spec: Funnel, one: Tally, other: Tally) -> list[Row]:
    """How far the conversions of ``one`` lie above those of ``other``, with 95 % intervals."""
    every = spec.count == "attempts"
    a, b = ((each.attempts if every else each.people).tolist() for each in (one, other))
    rows: list[Row] = []
    for k, each in enumerate(steps_of(spec)):
        found = difference((a[k], a[0]), (b[k], b[0]))
        row: Row = {"event": label(each), "difference": found and found[0]}
        rows.append(row | _ends(found[1] if found and not every else None))
    return rows


def _ends(interval: tuple[float, float] | None) -> Row:
    low, high = interval or (None, None)
    return {"low": low, "high": high}


def _seconds(arrays: list[Int64s]) -> Any:
    return np.concatenate(arrays) / SECOND if arrays else np.empty(0)


def _median(values: npt.NDArray[np.float64]) -> float:
    """What `numpy.median` gives, in an eighth of the time: it looks for two values and for NaN."""
    middle = len(values) // 2
    found = np.partition(values, middle)
    upper = float(found[middle])
    return upper if len(values) % 2 else (float(found[:middle].max()) + upper) / 2


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
