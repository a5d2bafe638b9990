"""The answer of a correlation question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import Shown


class CorrelatedWith(msgspec.Struct, frozen=True):
    """An event, an event's value or a person's, and how it goes with converting.

    ``people`` met it, of whom so many ``converted``; ``low`` to ``high`` is the odds ratio's 95 %
    interval.
    """

    event: str | None
    property: str | None
    value: str | float | bool | None
    people: int
    converted: int
    conversion: float
    conversion_of_others: float | None
    odds_ratio: float
    low: float
    high: float
    p: float
    p_adjusted: float


class CorrelationAnswer(Shown, frozen=True, kw_only=True, tag="correlation"):
    """What goes with converting, of so many that were ``tested``."""

    started: int | None
    converted: int | None
    tested: int
    candidates: list[CorrelatedWith]
