"""An answer's JSON becomes a figure: the one definition for page, notebook, SVG and PNG."""

import msgspec

from ethogram.events.event import Json
from ethogram.show.charts import correlation, funnel, retention, segments, totals, trends, words
from ethogram.show.charts.answers import (
    Answer,
    CorrelationAnswer,
    FunnelAnswer,
    RetentionAnswer,
    SegmentsAnswer,
    TrendsAnswer,
    read,
)
from ethogram.show.charts.theme import PALETTES, Palette, Theme


class Figure(msgspec.Struct, frozen=True):
    """A title as a question, the answer as one sentence, and the ECharts 6 option."""

    title: str
    headline: str
    option: dict[str, Json]


def figure(answer: object, theme: Theme = "light") -> Figure:
    """The figure of an answer's JSON, as plain data: the same for the same answer, always.

    Raises `Invalid` (``no_figure``) where the answer is of no question that can be drawn.
    """
    shown = read(answer)
    made = _figure(shown, PALETTES[theme])
    if shown.sample is None:
        return made
    return msgspec.structs.replace(made, headline=made.headline + words.sampled(shown.sample))


def _figure(shown: Answer, palette: Palette) -> Figure:
    match shown:
        case CorrelationAnswer():
            option = correlation.option(shown, palette)
            return Figure(correlation.title(shown), correlation.headline(shown), option)
        case FunnelAnswer():
            option = funnel.option(shown, palette)
            return Figure(funnel.title(shown), funnel.headline(shown), option)
        case RetentionAnswer():
            option = retention.option(shown, palette)
            return Figure(retention.title(shown), retention.headline(shown), option)
        case SegmentsAnswer():
            option = segments.option(shown, palette)
            return Figure(segments.title(shown), segments.headline(shown), option)
        case TrendsAnswer() if shown.asked.interval == "all":
            option = totals.option(shown, palette)
            return Figure(totals.title(shown), totals.headline(shown), option)
        case _:
            option = trends.option(shown, palette)
            return Figure(trends.title(shown), trends.headline(shown), option)


def headline(answer: object) -> str:
    """The answer as one sentence with its number."""
    return figure(answer).headline
