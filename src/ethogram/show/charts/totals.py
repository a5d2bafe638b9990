"""The figure of a trend that is not cut into intervals: a bar a series."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import TrendsAnswer, TrendSeries
from ethogram.show.charts.bars import Bar, bars
from ethogram.show.charts.theme import Palette, base


def title(answer: TrendsAnswer) -> str:
    """The question in words."""
    names = list(dict.fromkeys(each.name for each in answer.lines))
    return f"How much of {names[0]} is there?" if len(names) == 1 else "How much is there?"


def headline(answer: TrendsAnswer) -> str:
    """The largest series and its value."""
    when = words.asked_range(answer.asked)
    known = [(value, each) for each in answer.lines for value in _values(each)]
    if not known:
        return f"There is nothing{when}."
    value, largest = max(known, key=lambda pair: pair[0])
    place = ", the most of all" if len(known) > 1 else ""
    return f"{words.series(largest)}: {words.number(value)}{place}{when}."


def option(answer: TrendsAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: the largest first."""
    known = [Bar(words.series(each), value, words.number(value))
             for each in answer.lines for value in _values(each)]  # fmt: skip
    largest = sorted(known, key=lambda bar: bar.value, reverse=True)
    return {**base(palette, headline(answer)), **bars(largest, palette)}


def _values(series: TrendSeries) -> list[float]:
    return [value for _, value in series.points if value is not None]
