"""An answer's JSON becomes a figure: the one definition for page, notebook, SVG and PNG."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from ethogram.events.event import Json
from ethogram.show.charts import (
    correlation,
    distribution,
    funnel,
    heatmap,
    journey,
    kpi,
    lifecycle,
    paths,
    retention,
    rfm,
    segments,
    sessions,
    states,
    stickiness,
    survival,
    totals,
    trends,
    words,
)
from ethogram.show.charts.answers import (
    CorrelationAnswer,
    DistributionAnswer,
    FunnelAnswer,
    HeatmapAnswer,
    JourneyAnswer,
    KpiAnswer,
    LifecycleAnswer,
    PathsAnswer,
    RetentionAnswer,
    RfmAnswer,
    SegmentsAnswer,
    SessionsAnswer,
    Shown,
    StatesAnswer,
    StickinessAnswer,
    TrendsAnswer,
    read,
)
from ethogram.show.charts.theme import PALETTES, Palette, Theme


class Figure(msgspec.Struct, frozen=True):
    """A title as a question, the answer as one sentence, and the ECharts 6 option."""

    title: str
    headline: str
    option: dict[str, Json]


class _Chart(Protocol):
    """What a chart's module has, for the answers of its question."""

    def title(self, answer: Any) -> str: ...
    def headline(self, answer: Any) -> str: ...
    def option(self, answer: Any, palette: Palette) -> dict[str, Json]: ...


_CHARTS: Mapping[type[Shown], _Chart] = {
    CorrelationAnswer: correlation,
    DistributionAnswer: distribution,
    FunnelAnswer: funnel,
    HeatmapAnswer: heatmap,
    JourneyAnswer: journey,
    KpiAnswer: kpi,
    LifecycleAnswer: lifecycle,
    PathsAnswer: paths,
    RetentionAnswer: retention,
    RfmAnswer: rfm,
    SegmentsAnswer: segments,
    SessionsAnswer: sessions,
    StatesAnswer: states,
    StickinessAnswer: stickiness,
    TrendsAnswer: trends,
}


def figure(answer: object, theme: Theme = "light") -> Figure:
    """The figure of an answer's JSON, as plain data: the same for the same answer, always.

    Raises `Invalid` (``no_figure``) where the answer is of no question that can be drawn.
    """
    shown, palette = read(answer), PALETTES[theme]
    chart = _chart_of(shown)
    said = chart.headline(shown)
    if shown.sample is not None:
        said += words.sampled(shown.sample)
    if shown.hidden is not None:
        said += words.hiding(shown.hidden)
    if shown.noise is not None:
        said += words.noisy(shown.noise)
    return Figure(chart.title(shown), said, chart.option(shown, palette))


def _chart_of(shown: Shown) -> _Chart:
    if isinstance(shown, TrendsAnswer) and shown.asked.interval == "all":
        return totals
    if isinstance(shown, RetentionAnswer) and shown.survival:
        return survival
    return _CHARTS[type(shown)]


def headline(answer: object) -> str:
    """The answer as one sentence with its number."""
    return figure(answer).headline
