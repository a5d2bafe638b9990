"""The answer of a distribution question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class Bin(msgspec.Struct, frozen=True):
    """How many numbers lie from one edge, inclusive, to the other, exclusive; null: without end."""

    from_: float | None = msgspec.field(name="from")
    to: float | None
    count: int | None


class DistributionSummary(msgspec.Struct, frozen=True):
    """How many numbers and which; ``open``: what never came, where times are asked for."""

    count: int | None
    open: int | None
    mean: float | None
    min: float | None
    max: float | None
    percentiles: dict[str, float | None]


class DistributionGroup(msgspec.Struct, frozen=True):
    """The distribution of those that share the values in ``by``."""

    by: By
    summary: DistributionSummary
    histogram: list[Bin]


class DistributionAnswer(Shown, frozen=True, kw_only=True, tag="distribution"):
    """How numbers are spread."""

    summary: DistributionSummary
    histogram: list[Bin]
    groups: list[DistributionGroup] = []
