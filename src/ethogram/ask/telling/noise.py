"""Counts with noise: who is told them cannot tell whether any one person is among those counted.

That is differential privacy (Dwork et al. 2006): how likely an answer is changes by a factor of
e^epsilon at most when one person is added or taken away. The noise is OpenDP's discrete Laplace,
as wide as what one person can change in all numbers of an answer together, by epsilon. Whatever
else the answer says is computed from the noisy counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Annotated, Any

import msgspec

from ethogram.ask.telling.told import Results
from ethogram.events.errors import Invalid

MOST_EPSILON = 10.0
ALPHA = 0.05

RULES = {
    "noise": "discrete Laplace noise in each count, as wide as one person can change all of them "
    "together by epsilon; counts below 0 are 0, and what is nested stays nested",
    "events": "of one person's events in a period so many at most are counted",
    "shares": "computed from the counts with noise",
}


class Noise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sharp the answer is: the smaller ``epsilon``, the more noise and the less it costs.

    Of one person's events in a period at most ``events`` are counted.
    """

    epsilon: Annotated[float, msgspec.Meta(gt=0, le=MOST_EPSILON)]
    events: Annotated[int, msgspec.Meta(ge=1, le=60)] = 10


class Noised(msgspec.Struct, frozen=True):
    """What an answer says of its noise.

    One person changes all its counts together by ``bound`` at most. In 95 of 100 answers a count
    is off by ``within`` at most, and a count of nobody may be above 0; none is shown below.
    """

    epsilon: float
    bound: int
    within: int


@dataclass(frozen=True)
class Counts:
    """The exact counts of an answer, what one person changes, and the answer of other counts."""

    exact: list[int]
    bound: int
    answer: Callable[[list[int]], Results]


def noised(found: Counts, noise: Noise) -> Results:
    """The answer with noise in each count. Raises `Invalid` where OpenDP is not installed."""
    measured = _measurement(noise.epsilon, found.bound)(found.exact)
    said = Noised(noise.epsilon, found.bound, within(noise.epsilon, found.bound))
    answer = found.answer([max(0, int(count)) for count in measured])
    return {**answer, "noise": msgspec.to_builtins(said)}


def within(epsilon: float, bound: int) -> int:
    """How far a count is off at most in 95 of 100 answers."""
    accuracy = _opendp().discrete_laplacian_scale_to_accuracy
    return ceil(accuracy(scale=_scale(epsilon, bound), alpha=ALPHA))


def _opendp() -> Any:
    try:
        from opendp import prelude
    except ImportError:
        raise Invalid("no_opendp", "Noise is drawn by OpenDP, which is not installed.",
                      hint='pip install "ethogram[privacy]"') from None  # fmt: skip
    dp: Any = prelude
    dp.enable_features("contrib")
    return dp


def _made(scale: float) -> Any:
    dp = _opendp()
    domain = dp.vector_domain(dp.atom_domain(T=int))
    return dp.m.make_laplace(domain, dp.l1_distance(T=int), scale=scale)


@lru_cache(256)
def _scale(epsilon: float, bound: int) -> float:
    """The least noise that OpenDP proves to be enough."""
    return _opendp().binary_search_param(_made, d_in=bound, d_out=epsilon)


def _measurement(epsilon: float, bound: int) -> Any:
    return _made(_scale(epsilon, bound))
