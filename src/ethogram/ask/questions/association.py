"""How strongly two things go together: the odds ratio of a table of two by two, and its p-value."""

import math
from typing import NamedTuple

import numpy as np

from ethogram.ask.questions.sums import Floats

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


class Table(NamedTuple):
    """People: with both things, with the first alone, with the second alone, with neither."""

    both: int
    first: int
    second: int
    neither: int


class Odds(NamedTuple):
    """An odds ratio, its 95 % interval, and the p-value of there being no association."""

    ratio: float
    low: float
    high: float
    p: float


def odds(table: Table, prior: float = 1) -> Odds:
    """The odds ratio of ``table`` with ``prior`` added to each of its four cells.

    Interval and two-sided p-value are of the logarithm, taken as normal with the variance
    1/a + 1/b + 1/c + 1/d (Woolf, Annals of Human Genetics 19, 1955).
    """
    a, b, c, d = (count + prior for count in table)
    ratio = a * d / (b * c)
    error = math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    factor = math.exp(Z95 * error)
    p = math.erfc(abs(math.log(ratio)) / error / math.sqrt(2))
    return Odds(ratio, ratio / factor, ratio * factor, p)


def adjusted(p: Floats) -> Floats:
    """The p-values of many tests so that those at most q are false in a share q of cases.

    Benjamini and Hochberg (Journal of the Royal Statistical Society B 57, 1995), each in the
    place of its own: the least of m·p(k)/k from its rank k on.
    """
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    least = np.minimum.accumulate(p[order] * len(p) / ranks)
    result = np.empty(len(p))
    result[order] = np.minimum(least, 1)
    return result
