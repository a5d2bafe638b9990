"""The answer of a funnel question, as figures and the API's document know it."""

from typing import Annotated, TypeAlias

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class ReachedStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many people came this far, of the first step and of the one before.

    ``event`` is null where any event would do; times are from the required step before.
    ``attempts`` are there where they are what counts; ``low`` to ``high`` is the conversion's 95 %
    interval.
    """

    event: str | None
    people: int | None
    conversion: float | None
    conversion_from_previous: float | None
    median_seconds: float | None
    low: float | None = None
    high: float | None = None
    mean_seconds: float | None = None
    attempts: int | None = None
    optional: bool = False


class StepDifference(msgspec.Struct, frozen=True):
    """How far one conversion lies above another, with its 95 % interval."""

    event: str | None
    difference: float | None
    low: float | None
    high: float | None


class TimesToConvert(msgspec.Struct, frozen=True):
    """Seconds from the first step to the last; a bin is from, to, how many."""

    count: int
    mean: float | None
    p10: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p90: float | None
    p95: float | None
    bins: list[tuple[int, int, int]]


Steps: TypeAlias = Annotated[list[ReachedStep], msgspec.Meta(min_length=1)]


class FunnelGroup(msgspec.Struct, frozen=True):
    """The funnel of those who share the values in ``by``."""

    by: By
    steps: Steps


class FunnelPeriod(msgspec.Struct, frozen=True):
    """Those whose attempts began in one period: how many took each step."""

    from_: str = msgspec.field(name="from")
    people: list[int | None]
    conversion: float | None


class ComparedFunnel(msgspec.Struct, frozen=True):
    """The funnel of another time, and how far this one lies above it."""

    steps: Steps
    difference: list[StepDifference]


class FunnelAnswer(Shown, frozen=True, kw_only=True, omit_defaults=True, tag="funnel"):
    """How many people went through the steps, and how long it took them."""

    steps: Steps
    times: TimesToConvert | None = None
    groups: list[FunnelGroup] = []
    periods: list[FunnelPeriod] = []
    difference: list[StepDifference] = []
    compared: ComparedFunnel | None = None
