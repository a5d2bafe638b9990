"""What an answer looks like to those who show it: the JSON of `ask`, as types.

Shares are between 0 and 1, times are ISO 8601 in the question's zone, and null is "not known",
never zero: a cohort's period that has not ended, a median of nobody.
"""

from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ethogram.events.errors import Invalid
from ethogram.events.event import Json

Interval: TypeAlias = Literal["minute", "hour", "day", "week", "month", "quarter", "year", "all"]
By: TypeAlias = dict[str, str | int | float | bool | None]


class State(msgspec.Struct, frozen=True):
    """What an answer was computed from: asked again at this state it is the same."""

    position: int
    identity: int
    erasures: int


class Measured(msgspec.Struct, frozen=True):
    """What a trend's series counts."""

    measure: str = "total"


class Asked(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Of a definition what a figure says: the range, the zone, the lengths.

    ``now`` is the instant at which the question was asked.
    """

    from_: str | None = None
    to: str | None = None
    now: str | None = None
    timezone: str = "UTC"
    within: str | None = None
    period: str = "period"
    mode: str = "on"
    interval: Interval = "day"
    moving_average: int | None = None
    cumulative: bool = False
    formulas: list[Json] = []
    unit: str = "person"
    count: str = "people"
    trend: str | None = None
    series: list[Measured] = []

    @property
    def zone(self) -> ZoneInfo:
        """The time zone. Raises `Invalid` (``unknown_timezone``)."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Invalid(
                "unknown_timezone",
                f"There is no time zone {self.timezone[:64]!r}.",
                at="$.definition.timezone",
            ) from None


class Shown(msgspec.Struct, frozen=True, kw_only=True, tag_field="question"):
    """What every answer says beside its numbers: the whole question, every default written."""

    definition: dict[str, Json]
    state: State

    @property
    def asked(self) -> Asked:
        """The definition, read."""
        return msgspec.convert(self.definition, Asked)


class ReachedStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many people came this far, of the first step and of the one before.

    ``event`` is null where any event would do; times are from the required step before.
    ``attempts`` are there where they are what counts; ``interval`` is that of the conversion.
    """

    event: str | None
    people: int
    conversion: float | None
    conversion_from_previous: float | None
    median_seconds: float | None
    interval: tuple[float, float] | None = None
    mean_seconds: float | None = None
    attempts: int | None = None
    optional: bool = False


class StepDifference(msgspec.Struct, frozen=True):
    """How far one conversion lies above another, with its 95 % interval."""

    event: str | None
    difference: float | None
    interval: tuple[float, float] | None


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
    people: list[int]
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


class StartedIn(msgspec.Struct, frozen=True):
    """People who started in one period; how many came back in each period after."""

    from_: str = msgspec.field(name="from")
    size: int
    returned: list[int | None]


class RetentionGroup(msgspec.Struct, frozen=True):
    """The retention of those who share the values in ``by``."""

    by: By
    cohorts: list[StartedIn]
    pooled: list[float | None]


class RetentionAnswer(Shown, frozen=True, kw_only=True, tag="retention"):
    """Who came back. ``pooled`` is a share per period: all who returned over all who could."""

    cohorts: list[StartedIn]
    pooled: list[float | None]
    groups: list[RetentionGroup] = []


class TrendSeries(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line: pairs of an interval's first instant and its value.

    ``compared`` are those of an earlier time, in the same order, as far as there are any.
    ``formula`` is what the line was computed by; ``others``: it is of all groups that have none.
    """

    name: str
    points: list[tuple[str, float | None]]
    by: By = {}
    compared: list[tuple[str, float | None]] = []
    formula: str | None = None
    others: bool = False


class TrendsAnswer(Shown, frozen=True, kw_only=True, tag="trends"):
    """How much happened in each interval."""

    series: list[TrendSeries]

    @property
    def lines(self) -> list[TrendSeries]:
        """What is drawn: the formulas where there are any, as their parts may be much larger."""
        return [each for each in self.series if each.formula is not None] or self.series


Answer: TypeAlias = FunnelAnswer | RetentionAnswer | TrendsAnswer


def read(answer: object) -> Answer:
    """The typed form of an answer's JSON. Raises `Invalid` (``no_figure``) for anything else."""
    try:
        shown = msgspec.convert(answer, Answer)
        _ = shown.asked.zone
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at ")
        raise Invalid(
            "no_figure",
            f"This is not an answer that can be drawn: {message}.",
            at=at.strip("`") or "$",
            hint="Figures are made of the answers of funnel, retention and trends.",
        ) from None
    return shown
