"""The answer of a recency, frequency and money question, as figures know it."""

import msgspec

from ethogram.show.charts.answers.shown import Shown


class RfmSegment(msgspec.Struct, frozen=True):
    """People with scores of one kind, and how much money each has on average."""

    segment: str
    people: int | None
    share: float | None
    money: float | None


class RfmAnswer(Shown, frozen=True, kw_only=True, tag="rfm"):
    """Who came lately, often, and spent much, at the instant ``at``."""

    at: str
    people: int | None
    segments: list[RfmSegment]
