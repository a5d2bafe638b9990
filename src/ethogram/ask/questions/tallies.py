"""How often each value occurs in each cell: what exact percentiles are made of, whatever splits."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from ethogram.ask.questions.sums import Floats
from ethogram.ask.sequences.run import Int64s

_SMALL = 1 << 16


@dataclass(frozen=True)
class Tally:
    """``counts[i]`` times the value ``values[i]`` in the cell ``cells[i]``, of ``size`` cells.

    The pieces between ``bounds`` are each sorted by (cell, value), every pair once: pieces are
    joined when there are as many pairs again as in the largest.
    """

    size: int
    cells: Int64s
    values: Floats
    counts: Int64s
    bounds: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.cells)

    def __add__(self, other: "Tally") -> "Tally":
        bounds = (*self.bounds, *(len(self) + end for end in other.bounds[1:]))
        both = Tally(
            self.size,
            np.concatenate([self.cells, other.cells]),
            np.concatenate([self.values, other.values]),
            np.concatenate([self.counts, other.counts]),
            bounds,
        )
        largest = max(high - low for low, high in pairwise(bounds))
        return both if len(both) < 2 * largest + _SMALL else both.joined()

    def joined(self) -> "Tally":
        """The same in one piece."""
        if len(self.bounds) == 2:
            return self
        return _joined(self.size, self.cells, self.values, self.counts)

    def percentiles(self, percent: Fraction) -> list[float | None]:
        """Of each cell, by linear interpolation between the two nearest ranks (R's type 7)."""
        whole = self.joined()
        bounds = np.searchsorted(whole.cells, np.arange(self.size + 1)).tolist()
        return [
            _percentile(whole.values[low:high], whole.counts[low:high], percent)
            for low, high in pairwise(bounds)
        ]


def tally(cells: Int64s, values: Floats, size: int) -> Tally:
    """The values of each of ``size`` cells."""
    # What is not negative zero stays as it is.
    return _joined(size, cells, values + 0.0, np.ones(len(cells), np.int64))


def _joined(size: int, cells: Int64s, values: Floats, counts: Int64s) -> Tally:
    order = np.lexsort((values, cells))
    cells, values = cells[order], values[order]
    new = np.ones(len(cells), np.bool_)
    new[1:] = (cells[1:] != cells[:-1]) | (values[1:] != values[:-1])
    first = np.flatnonzero(new)
    counts = np.add.reduceat(counts[order], first) if len(first) else counts
    return Tally(size, cells[first], values[first], counts, (0, len(first)))


def _percentile(values: Floats, counts: Int64s, percent: Fraction) -> float | None:
    if not len(values):
        return None
    ends = np.cumsum(counts)
    exact = percent * (int(ends[-1]) - 1) / 100
    rank = exact.numerator // exact.denominator
    rest = exact - rank
    low, high = (Fraction(float(values[np.searchsorted(ends, i, side="right")]))
                 for i in (rank, rank + (rest > 0)))  # fmt: skip
    return float(low + (high - low) * rest)
