"""Survival: the share still active after k periods, when some are known for a shorter time only.

The estimator is Kaplan and Meier's (Nonparametric estimation from incomplete observations, 1958),
its variance Greenwood's, its interval the one of log(-log(share)), as in Kalbfleisch and Prentice,
The Statistical Analysis of Failure Time Data (2002), section 1.4.
"""

from math import exp, log, sqrt
from statistics import NormalDist
from typing import TypedDict

from ethogram.ask.sequences.run import Int64s

LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


class Point(TypedDict):
    """After ``period`` periods: of ``at_risk`` units so many are ``gone`` by then.

    ``active`` is the share of all that is still there, with its standard error and the ends of
    its interval of 95 %; null where it cannot be told.
    """

    period: int
    at_risk: int
    gone: int
    active: float | None
    error: float | None
    low: float | None
    high: float | None


def survival(gone: Int64s, left: Int64s) -> list[Point]:
    """The curve, a point for each period from 0.

    ``gone[k]`` units are known to be gone by period k and not before; ``left[k]`` are there after
    k periods, and not known after that.
    """
    points: list[Point] = []
    at_risk, active, spread = int(gone.sum() + left.sum()), 1.0, 0.0
    for k, (lost, unknown) in enumerate(zip(gone.tolist(), left.tolist(), strict=True)):
        known = at_risk > 0
        if known:
            active *= (at_risk - lost) / at_risk
            spread += lost / (at_risk * (at_risk - lost)) if at_risk > lost else 0
        error = active * sqrt(spread) if known and active else None
        low, high = _interval(active, spread) if known else (None, None)
        points.append(
            {"period": k, "at_risk": at_risk, "gone": lost, "active": active if known else None,
             "error": error, "low": low, "high": high}
        )  # fmt: skip
        at_risk -= lost + unknown
    return points


def _interval(active: float, spread: float) -> tuple[float | None, float | None]:
    """Null where nobody or everybody is gone: the logarithms have no value there."""
    if not 0 < active < 1:
        return None, None
    width = exp(_Z * sqrt(spread) / -log(active))
    return active**width, active ** (1 / width)
