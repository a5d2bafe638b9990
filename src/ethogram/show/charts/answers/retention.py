"""The answer of a retention question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class StartedIn(msgspec.Struct, frozen=True):
    """People who started in one period; how many came back in each period after."""

    from_: str = msgspec.field(name="from")
    size: int | None
    returned: list[int | None]


class SurvivalPoint(msgspec.Struct, frozen=True):
    """After ``period`` periods: of ``at_risk`` people so many are ``gone`` by then.

    ``active`` is the share of all that is still there, ``error`` its standard error, ``low`` and
    ``high`` the ends of its interval of 95 %.
    """

    period: int
    at_risk: int
    gone: int
    active: float | None
    error: float | None
    low: float | None
    high: float | None


class RetentionGroup(msgspec.Struct, frozen=True):
    """The retention of those who share the values in ``by``."""

    by: By
    cohorts: list[StartedIn]
    pooled: list[float | None]
    mean: list[float | None] = []
    survival: list[SurvivalPoint] = []


class RetentionAnswer(Shown, frozen=True, kw_only=True, tag="retention"):
    """Who came back. ``pooled`` is a share per period: all who returned over all who could.

    ``mean`` is the mean of the cohorts' shares. ``survival`` is there where a silence was asked.
    """

    cohorts: list[StartedIn]
    pooled: list[float | None]
    mean: list[float | None] = []
    survival: list[SurvivalPoint] = []
    groups: list[RetentionGroup] = []
