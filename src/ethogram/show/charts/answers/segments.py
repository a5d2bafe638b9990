"""The answer of a segments question, as figures and the API's document know it."""

from typing import Annotated

import msgspec

from ethogram.show.charts.answers.shown import Shown


class SegmentSize(msgspec.Struct, frozen=True):
    """How many people are in a segment."""

    name: str
    people: int | None
    share: float | None


class SegmentPair(msgspec.Struct, frozen=True):
    """How many people are in both of two segments."""

    segments: list[str]
    people: int
    jaccard: float | None
    lift: float | None


class SegmentOverlap(msgspec.Struct, frozen=True):
    """How many ``people`` are in all of some segments, and how many ``only`` in these."""

    segments: list[str]
    people: int
    only: int


class SegmentsAnswer(Shown, frozen=True, kw_only=True, tag="segments"):
    """How far segments overlap; of few ones every intersection, and who is in ``none``."""

    total: int | None
    segments: Annotated[list[SegmentSize], msgspec.Meta(min_length=1)]
    pairs: list[SegmentPair]
    overlaps: list[SegmentOverlap] = []
    none: int | None = None
