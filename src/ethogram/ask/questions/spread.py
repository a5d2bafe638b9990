"""How numbers are spread: percentiles, and a histogram."""

from itertools import pairwise
from math import floor, log10
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.ask.questions.answer import Row
from ethogram.events.errors import TooLarge

Numbers: TypeAlias = npt.NDArray[np.int64 | np.float64]
PERCENTS = (10, 25, 50, 75, 90, 95, 99)
MOST_BINS = 100
_EXACT = 2.0**52
BINS = (
    "as many as the cube root of the number of values, rounded up, at most 100; all of one width, "
    "a whole number where the values are, else of two digits; round: from one of 0, and 1, 2 and 5 "
    "times each power of ten from 0.01 on, to the next; from is inclusive, to exclusive"
)
PERCENTILES = "linear interpolation between the nearest ranks"


HELD = 512 << 20
"""Bytes of numbers that a question may hold until it puts them in order."""


def check_held(numbers: int, size: int) -> None:
    """Raise `TooLarge` where so many numbers of ``size`` bytes each are more than `HELD`."""
    if numbers * size > HELD:
        raise TooLarge(
            "too_many_numbers",
            f"More than {HELD // size:,} numbers would have to be put in order.",
            at="$",
            hint='Ask about fewer people ("sample": 0.1) or a shorter range.',
        )


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


def edges(ordered: Numbers, bins: int | None) -> list[float]:
    """The edges of ``bins`` of one width (None: see `BINS`) that hold all ascending numbers.

    >>> edges(np.array([1, 1, 2, 5, 5, 5, 5, 5]), None)
    [1, 4, 7]
    """
    if not len(ordered):
        return []
    wanted, low, high = bins or _cube_root(len(ordered)), float(ordered[0]), float(ordered[-1])
    step = _step(ordered, high / wanted - low / wanted)
    low = floor(low / step) * step
    width = (max(floor((high / wanted - low / wanted) / step), 0) + 1) * step
    places = max(0, -floor(log10(step)))
    found = [round(low + i * width, places) for i in range(int(high / width - low / width) + 2)]
    if found[-1] <= high:
        found.append(round(low + len(found) * width, places))
    return [int(edge) for edge in found] if step == 1 else found


def round_edges(ordered: Numbers) -> list[float]:
    """0, and 1, 2 and 5 times the powers of ten from 0.01 on: those between which ascending
    numbers lie. Where an edge is says nothing of the numbers.

    >>> round_edges(np.array([0.005, 0.07])), round_edges(np.array([-0.02, 0.01]))
    ([0, 0.01, 0.02, 0.05, 0.1], [-0.02, -0.01, 0, 0.01, 0.02])
    """
    if not len(ordered):
        return []
    low, high = float(ordered[0]), float(ordered[-1])
    powers = range(-2, max(0, floor(log10(max(-low, high, 1)))) + 2)
    above = [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]
    every = [*(-each for each in reversed(above)), 0.0, *above]
    first = next(i for i in reversed(range(len(every))) if every[i] <= low)
    last = next(i for i, each in enumerate(every) if each > high)
    return [int(each) if each.is_integer() else each for each in every[first : last + 1]]


def histogram(ordered: Numbers, between: list[float], named: str) -> list[Row]:
    """How many of some ascending numbers lie ``between`` two `edges`; their count is ``named``.

    >>> histogram(np.array([1, 1, 5]), [1, 4, 7], "n")
    [{'from': 1, 'to': 4, 'n': 2}, {'from': 4, 'to': 7, 'n': 1}]
    """
    if not between:
        return []
    # Rounded edges may lie on the wrong side of the very first and the very last number.
    below = np.searchsorted(ordered, between[1:-1], side="left").tolist()
    counts = np.diff([0, *below, len(ordered)]).tolist()
    return [
        {"from": start, "to": end, named: count}
        for (start, end), count in zip(pairwise(between), counts, strict=True)
    ]


def _cube_root(n: int) -> int:
    """The cube root, rounded up, and at most `MOST_BINS`."""
    return next(k for k in range(1, MOST_BINS + 1) if k**3 >= n or k == MOST_BINS)


def _step(ordered: Numbers, width: float) -> float:
    """What widths of at least ``width`` are to be multiples of."""
    biggest = max(abs(float(ordered[0])), abs(float(ordered[-1])))
    if biggest < _EXACT and np.all(ordered == np.rint(ordered)):
        return 1.0
    # So narrow that their edges were one number bins cannot be.
    width = max(width, biggest * 2.0**-40) if width else biggest
    return max(10.0 ** (floor(log10(width)) - 1), 1e-300)
