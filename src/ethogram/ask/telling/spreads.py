"""Percentiles, and the edges of histograms, where few people may not be told of.

Histogram or percentiles: one beside the other would tell how many people lie between an edge and a
percentile.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from ethogram.ask.telling.told import Hiding


def percentiles(hiding: Hiding, place: str, said: dict[str, Any], people: int) -> None:
    """Hide percentiles, called ``p90`` and so on, beyond which fewer than ``k`` are expected."""
    names = [name for name in said if name[:1] == "p" and name[1:].isdigit()]
    hiding.null(place, said, [name for name in names if lonely(float(name[1:]), people, hiding.k)])


def lonely(percent: float, people: int, k: int) -> bool:
    """Whether fewer than ``k`` of so many people are expected on one side of a percentile.

    >>> lonely(50, 20, 10), lonely(90, 99, 10), lonely(100, 10**9, 10)
    (False, True, True)
    """
    return people * min(percent, 100 - percent) < 100 * k


def opened(row: dict[str, Any], everybody: Sequence[int], k: int) -> bool:
    """Join the outer bins of a row's histogram until ``k`` of ``everybody`` are in them.

    ``everybody`` has how many are in each bin, of the row or of all. What the outer ones hold has
    no end: ``from`` the first and ``to`` the last is null. Says whether any were joined.

    >>> row = {"histogram": [{"from": i, "to": i + 1, "count": n} for i, n in enumerate([9, 9, 1])]}
    >>> opened(row, [9, 9, 1], 5), row["histogram"]
    (True, [{'from': None, 'to': 1, 'count': 9}, {'from': 1, 'to': None, 'count': 10}])
    """
    bins = row["histogram"]
    low, high = _reach(everybody, k), len(bins) - _reach(everybody[::-1], k)
    inner = range(low, high + 1)
    cuts = sorted({0, *inner, len(bins)}) if bins else []
    row["histogram"] = [
        {"from": bins[a]["from"], "to": bins[b - 1]["to"],
         "count": sum(each["count"] for each in bins[a:b])}
        for a, b in pairwise(cuts)
    ]  # fmt: skip
    if bins:
        row["histogram"][0]["from"] = row["histogram"][-1]["to"] = None
    return len(row["histogram"]) < len(bins)


def _reach(counts: Sequence[int], k: int) -> int:
    """So many of the first counts make ``k``; all, where they do not."""
    sums = accumulate(counts)
    return next((i for i, n in enumerate(sums, 1) if n >= k), len(counts))
