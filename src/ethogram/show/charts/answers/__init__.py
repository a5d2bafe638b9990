"""What an answer looks like to those who show it: the JSON of `ask`, as types.

Shares are between 0 and 1, times are ISO 8601 in the question's zone, and null is "not known",
never zero: a cohort's period that has not ended, a median of nobody.
"""

from typing import TypeAlias, get_args

import msgspec

from ethogram.events.errors import Invalid
from ethogram.show.charts.answers.correlation import CorrelatedWith, CorrelationAnswer
from ethogram.show.charts.answers.distribution import (
    Bin,
    DistributionAnswer,
    DistributionGroup,
    DistributionSummary,
)
from ethogram.show.charts.answers.funnel import (
    ComparedFunnel,
    FunnelAnswer,
    FunnelGroup,
    FunnelPeriod,
    ReachedStep,
    StepDifference,
    Steps,
    TimesToConvert,
)
from ethogram.show.charts.answers.heatmap import Depth, HeatCell, HeatElement, HeatmapAnswer
from ethogram.show.charts.answers.journey import JourneyAnswer, JourneyEvent
from ethogram.show.charts.answers.kpi import KpiAnswer, KpiPart
from ethogram.show.charts.answers.lifecycle import (
    LifecycleAnswer,
    LifecycleGroup,
    LifecycleInterval,
)
from ethogram.show.charts.answers.paths import (
    Matching,
    PathDifference,
    PathEdge,
    PathNode,
    PathsAnswer,
    PathsGroup,
    Ways,
    WholePath,
)
from ethogram.show.charts.answers.retention import (
    RetentionAnswer,
    RetentionGroup,
    StartedIn,
    SurvivalPoint,
)
from ethogram.show.charts.answers.rfm import RfmAnswer, RfmSegment
from ethogram.show.charts.answers.segments import (
    SegmentOverlap,
    SegmentPair,
    SegmentsAnswer,
    SegmentSize,
)
from ethogram.show.charts.answers.sessions import (
    SessionGroup,
    SessionInterval,
    SessionNumbers,
    SessionsAnswer,
)
from ethogram.show.charts.answers.shown import (
    Asked,
    By,
    Hidden,
    Measured,
    Noised,
    Picked,
    Sample,
    Shown,
    State,
)
from ethogram.show.charts.answers.states import (
    Following,
    LeftOut,
    Process,
    ProcessEvent,
    ProcessGroup,
    StatesAnswer,
)
from ethogram.show.charts.answers.stickiness import ActiveIn, StickinessAnswer, StickinessGroup
from ethogram.show.charts.answers.trends import TrendsAnswer, TrendSeries

__all__ = [
    "KINDS",
    "ActiveIn",
    "Answer",
    "Asked",
    "Bin",
    "By",
    "ComparedFunnel",
    "CorrelatedWith",
    "CorrelationAnswer",
    "Depth",
    "DistributionAnswer",
    "DistributionGroup",
    "DistributionSummary",
    "Following",
    "FunnelAnswer",
    "FunnelGroup",
    "FunnelPeriod",
    "HeatCell",
    "HeatElement",
    "HeatmapAnswer",
    "Hidden",
    "JourneyAnswer",
    "JourneyEvent",
    "KpiAnswer",
    "KpiPart",
    "LeftOut",
    "LifecycleAnswer",
    "LifecycleGroup",
    "LifecycleInterval",
    "Matching",
    "Measured",
    "Noised",
    "PathDifference",
    "PathEdge",
    "PathNode",
    "PathsAnswer",
    "PathsGroup",
    "Picked",
    "Process",
    "ProcessEvent",
    "ProcessGroup",
    "ReachedStep",
    "RetentionAnswer",
    "RetentionGroup",
    "RfmAnswer",
    "RfmSegment",
    "Sample",
    "SegmentOverlap",
    "SegmentPair",
    "SegmentSize",
    "SegmentsAnswer",
    "SessionGroup",
    "SessionInterval",
    "SessionNumbers",
    "SessionsAnswer",
    "Shown",
    "StartedIn",
    "State",
    "StatesAnswer",
    "StepDifference",
    "Steps",
    "StickinessAnswer",
    "StickinessGroup",
    "SurvivalPoint",
    "TimesToConvert",
    "TrendSeries",
    "TrendsAnswer",
    "Ways",
    "WholePath",
    "read",
]


Answer: TypeAlias = (
    CorrelationAnswer
    | DistributionAnswer
    | FunnelAnswer
    | HeatmapAnswer
    | JourneyAnswer
    | KpiAnswer
    | LifecycleAnswer
    | PathsAnswer
    | RetentionAnswer
    | RfmAnswer
    | SegmentsAnswer
    | SessionsAnswer
    | StatesAnswer
    | StickinessAnswer
    | TrendsAnswer
)


KINDS: tuple[type[Shown], ...] = get_args(Answer)
"""The type of each question's answer, and of a KPI's."""


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
            hint=f"Figures are made of the answers of {', '.join(_drawn())}.",
        ) from None
    return shown


def _drawn() -> list[str]:
    """Whose answers can be drawn."""
    return [str(kind.__struct_config__.tag) for kind in KINDS]
