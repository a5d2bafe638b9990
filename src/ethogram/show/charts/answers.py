"""What an answer looks like to those who show it: the JSON of `ask`, as types.

Shares are between 0 and 1, times are ISO 8601 in the question's zone, and null is "not known",
never zero: a cohort's period that has not ended, a median of nobody.
"""

from typing import Annotated, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ethogram.events.errors import Invalid
from ethogram.events.event import Json

By: TypeAlias = dict[str, str | int | float | bool | None]


class State(msgspec.Struct, frozen=True):
    """What an answer was computed from: asked again at this state it is the same."""

    position: int
    identity: int
    erasures: int


class Measured(msgspec.Struct, frozen=True):
    """What a trend's series counts."""

    measure: str = "total"


class Picked(msgspec.Struct, frozen=True):
    """An event that a question names; any where none is named."""

    event: str | None = None


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
    unit: str = "person"
    count: str = "people"
    trend: str | None = None
    brackets: list[int] = []
    silent: str | None = None
    interval: Literal["hour", "day", "week", "month", "all"] = "day"
    series: list[Measured] = []
    event: Picked = Picked()
    until: Picked | None = None
    of: str = "events"
    columns: int = 1
    rows: int = 1

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


class Bin(msgspec.Struct, frozen=True):
    """How many numbers lie from one edge, inclusive, to the other, exclusive."""

    from_: float = msgspec.field(name="from")
    to: float
    count: int


class DistributionSummary(msgspec.Struct, frozen=True):
    """How many numbers and which; ``open``: what never came, where times are asked for."""

    count: int
    open: int
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


class LifecycleInterval(msgspec.Struct, frozen=True):
    """People by state in one interval; ``dormant`` is negative, ``complete`` that it has ended."""

    from_: str = msgspec.field(name="from")
    complete: bool
    new: int
    returning: int
    resurrected: int
    dormant: int


class LifecycleGroup(msgspec.Struct, frozen=True):
    """The lifecycle of those who share the values in ``by``."""

    by: By
    intervals: list[LifecycleInterval]


class LifecycleAnswer(Shown, frozen=True, kw_only=True, tag="lifecycle"):
    """Who is new, who stays, who comes back and who stays away, interval by interval."""

    intervals: list[LifecycleInterval]
    groups: list[LifecycleGroup] = []


class HeatCell(msgspec.Struct, frozen=True):
    """Clicks in one cell of a page, and the people who made them."""

    column: int
    row: int
    clicks: int
    people: int


class HeatElement(msgspec.Struct, frozen=True):
    """Clicks on one element of a page, and the people who made them."""

    element: str | int | float | bool
    clicks: int
    people: int


class Depth(msgspec.Struct, frozen=True):
    """People who scrolled to a depth, a share of the page's height, or deeper."""

    depth: float
    people: int
    share: float | None


class HeatmapAnswer(Shown, frozen=True, kw_only=True, tag="heatmap"):
    """Where on a page people click, on which elements, and how far they scroll."""

    page: str
    clicks: int
    people: int
    cells: list[HeatCell]
    elements: list[HeatElement]
    scroll: list[Depth]


class JourneyEvent(msgspec.Struct, frozen=True):
    """One event of a person; ``session`` counts the person's sessions from 1."""

    time: str
    event: str
    position: int
    session: int
    properties: dict[str, Json]


class JourneyAnswer(Shown, frozen=True, kw_only=True, tag="journey"):
    """What one person did: ``events`` of ``total``."""

    person: int
    total: int
    sessions: int
    events: list[JourneyEvent]


class StartedIn(msgspec.Struct, frozen=True):
    """People who started in one period; how many came back in each period after."""

    from_: str = msgspec.field(name="from")
    size: int
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


class RfmSegment(msgspec.Struct, frozen=True):
    """People with scores of one kind, and how much money each has on average."""

    segment: str
    people: int
    share: float | None
    money: float | None


class RfmAnswer(Shown, frozen=True, kw_only=True, tag="rfm"):
    """Who came lately, often, and spent much, at the instant ``at``."""

    at: str
    people: int
    segments: list[RfmSegment]


class SessionNumbers(msgspec.Struct, frozen=True):
    """How many sessions, how many of them bounced, how long they are; ``seconds``: percentiles."""

    sessions: int
    events: int
    events_per_session: float | None
    bounces: int
    bounce_rate: float | None
    mean_seconds: float | None
    seconds: dict[str, float | None]


class SessionInterval(SessionNumbers, frozen=True, kw_only=True):
    """The sessions that begin in one interval."""

    from_: str = msgspec.field(name="from")


class SessionGroup(msgspec.Struct, frozen=True):
    """The sessions of those that share the values in ``by``."""

    by: By
    sessions: SessionNumbers
    intervals: list[SessionInterval]


class SessionsAnswer(Shown, frozen=True, kw_only=True, tag="sessions"):
    """How many sessions there are and how long they last."""

    sessions: SessionNumbers
    intervals: list[SessionInterval]
    groups: list[SessionGroup] = []


class ActiveIn(msgspec.Struct, frozen=True):
    """People active in exactly so many ``intervals``, and in at least so many."""

    intervals: int
    people: int
    at_least: int
    share: float | None


class StickinessGroup(msgspec.Struct, frozen=True):
    """The stickiness of those who share the values in ``by``."""

    by: By
    stickiness: list[ActiveIn]


class StickinessAnswer(Shown, frozen=True, kw_only=True, tag="stickiness"):
    """In how many intervals people are active."""

    stickiness: list[ActiveIn]
    groups: list[StickinessGroup] = []


class TrendSeries(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line: pairs of an interval's first instant and its value."""

    name: str
    points: list[tuple[str, float | None]]
    by: By = {}


class TrendsAnswer(Shown, frozen=True, kw_only=True, tag="trends"):
    """How much happened in each interval."""

    series: list[TrendSeries]


Answer: TypeAlias = (
    DistributionAnswer
    | FunnelAnswer
    | HeatmapAnswer
    | JourneyAnswer
    | LifecycleAnswer
    | RetentionAnswer
    | RfmAnswer
    | SessionsAnswer
    | StickinessAnswer
    | TrendsAnswer
)

_QUESTIONS = ", ".join(kind.__struct_config__.tag for kind in get_args(Answer))


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
            hint=f"Figures are made of the answers of {_QUESTIONS}.",
        ) from None
    return shown
