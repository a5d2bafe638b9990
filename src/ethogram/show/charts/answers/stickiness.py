"""The answer of a stickiness question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class ActiveIn(msgspec.Struct, frozen=True):
    """People active in exactly so many ``intervals``, and in at least so many."""

    intervals: int
    people: int | None
    at_least: int | None
    share: float | None


class StickinessGroup(msgspec.Struct, frozen=True):
    """The stickiness of those who share the values in ``by``."""

    by: By
    stickiness: list[ActiveIn]


class StickinessAnswer(Shown, frozen=True, kw_only=True, tag="stickiness"):
    """In how many intervals people are active."""

    stickiness: list[ActiveIn]
    groups: list[StickinessGroup] = []
