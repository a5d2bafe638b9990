"""Shares of people, with the interval in which the true share lies, and how two of them differ."""

from math import sqrt

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """The 95 % interval of a share: Wilson's score interval, without continuity correction.

    Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).

    >>> tuple(round(end, 4) for end in wilson(15, 148))
    (0.0624, 0.1605)
    """
    if not whole:
        return None
    share, z2 = part / whole, Z95 * Z95
    middle = share + z2 / (2 * whole)
    reach = Z95 * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    low, high = (middle - reach) / (1 + z2 / whole), (middle + reach) / (1 + z2 / whole)
    # Of none and of all an end is the share itself, which rounding misses on either side.
    return min(max(low, 0.0), share), max(min(high, 1.0), share)


def difference(
    one: tuple[int, int], other: tuple[int, int]
) -> tuple[float, tuple[float, float]] | None:
    """The share ``one`` less the share ``other``, each (part, whole), and its 95 % interval.

    Newcombe's hybrid score interval: Interval estimation for the difference between independent
    proportions: comparison of eleven methods, Statistics in Medicine 17 (1998), method 10.

    >>> found, (low, high) = difference((56, 70), (48, 80))
    >>> round(found, 4), round(low, 4), round(high, 4)
    (0.2, 0.0524, 0.3339)
    """
    mine, theirs = wilson(*one), wilson(*other)
    if mine is None or theirs is None:
        return None
    p, q = one[0] / one[1], other[0] / other[1]
    below = sqrt((p - mine[0]) ** 2 + (theirs[1] - q) ** 2)
    above = sqrt((mine[1] - p) ** 2 + (q - theirs[0]) ** 2)
    return p - q, (p - q - below, p - q + above)
