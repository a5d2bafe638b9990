"""Percentiles, and the edges of histograms, where few people may not be told of.

Histogram or percentiles: one beside the other would tell how many people lie between an edge and a
percentile.
"""

from math import floor, log2
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


def blur(bins: list[dict[str, Any]]) -> None:
    """Move the outer edges of bins outwards to powers of two, since they tell of extremes.

    >>> bins = [{"from": 3, "to": 6}, {"from": 6, "to": 9}]
    >>> blur(bins)
    >>> bins
    [{'from': 2, 'to': 6}, {'from': 6, 'to': 16}]
    """
    if bins:
        bins[0]["from"], bins[-1]["to"] = -_up(-bins[0]["from"]), _up(bins[-1]["to"])


def _up(edge: float) -> float:
    """The next power of two that is not below an edge; of a negative one, the negative power."""
    if edge == 0:
        return 0
    power = log2(abs(edge))
    found = 2.0 ** (floor(power) if edge < 0 else -floor(-power))
    found = -found if edge < 0 else found
    return int(found) if isinstance(edge, int) and found.is_integer() else found
