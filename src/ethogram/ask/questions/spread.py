"""How numbers are spread: percentiles, and a histogram."""

from math import floor, log10
from typing import Any

import numpy as np
import numpy.typing as npt

from ethogram.ask.questions.answer import Row

Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]
PERCENTS = (10, 25, 50, 75, 90, 95, 99)
MOST_BINS = 100
BINS = (
    "as many as the cube root of the number of values, rounded up, at most 100; all of one width, "
    "a whole number where the values are, else of two digits; from is inclusive, to exclusive"
)
PERCENTILES = "linear interpolation between the nearest ranks"


def percentile(ordered: Numbers, percent: int) -> float | None:
    """The percentile of ascending numbers, between the two nearest ranks (R's type 7).

    >>> percentile(np.array([1, 2, 4]), 75)
    3.0
    """
    if not len(ordered):
        return None
    rank, hundredths = divmod(percent * (len(ordered) - 1), 100)
    low, high = (float(ordered[i]) for i in (rank, rank + (hundredths > 0)))
    return low + (high - low) * (hundredths / 100)


def percentiles(ordered: Numbers, unit: float = 1) -> dict[str, float | None]:
    """`PERCENTS` of ascending numbers, each divided by ``unit``."""
    found = ((percent, percentile(ordered, percent)) for percent in PERCENTS)
    return {f"p{percent}": None if value is None else value / unit for percent, value in found}


def histogram(ordered: Numbers, bins: int | None, named: str) -> list[Row]:
    """Ascending numbers in ``bins`` of one width (None: see `BINS`); their count is ``named``.

    >>> [list(row.values()) for row in histogram(np.array([1, 1, 2, 5, 5, 5, 5, 5]), None, "n")]
    [[1, 4, 3], [4, 7, 5]]
    """
    if not len(ordered):
        return []
    wanted, low, high = bins or _cube_root(len(ordered)), float(ordered[0]), float(ordered[-1])
    step = 1.0 if _whole(ordered) else 10.0 ** (floor(log10(high / wanted - low / wanted or 1)) - 1)
    low = floor(low / step) * step
    width = (floor((high / wanted - low / wanted) / step) + 1) * step
    places = max(0, -floor(log10(step)))
    edges = [round(low + i * width, places) for i in range(int(high / width - low / width) + 2)]
    # Rounded edges may lie on the wrong side of the very first and the very last value.
    below = np.searchsorted(ordered, edges[1:-1], side="left").tolist()
    counts = np.diff([0, *below, len(ordered)]).tolist()
    edges = [int(edge) for edge in edges] if step == 1 else edges
    return [
        {"from": start, "to": end, named: count}
        for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _cube_root(n: int) -> int:
    """The cube root, rounded up, and at most `MOST_BINS`."""
    return next(k for k in range(1, MOST_BINS + 1) if k**3 >= n or k == MOST_BINS)


def _whole(values: npt.NDArray[Any]) -> bool:
    return bool(np.all(values == np.rint(values)))
