"""The figure of a trend that is not cut into intervals: a bar a series, beside the one before."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import TrendsAnswer, TrendSeries
from ethogram.show.charts.bars import Bar, Earlier, bars
from ethogram.show.charts.theme import Palette, base


def title(answer: TrendsAnswer) -> str:
    """The question in words."""
    names = list(dict.fromkeys(each.name for each in answer.lines))
    return f"How much of {names[0]} is there?" if len(names) == 1 else "How much is there?"


def headline(answer: TrendsAnswer) -> str:
    """The largest series and its value, and how it compares with the time before."""
    when = words.asked_range(answer.asked)
    known = _largest(answer)
    if not known:
        return f"There is nothing{when}."
    value, largest = known[0]
    place = ", the most of all" if len(known) > 1 else ""
    change = words.change(value, _before(largest))
    than = f", {change} {words.compared(answer.asked)}" if change else ""
    return f"{words.series(largest)}: {words.number(value)}{place}{when}{than}."


def option(answer: TrendsAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: the largest first; with a comparison, the earlier one below each."""
    known = _largest(answer)
    now = [Bar(words.series(each), value, _said(value, each)) for value, each in known]
    earlier = None
    if any(each.compared for _, each in known):
        then = [_earlier(each) for _, each in known]
        earlier = Earlier(words.compared(answer.asked), then)
    return {**base(palette, headline(answer)), **bars(now, palette, earlier)}


def _largest(answer: TrendsAnswer) -> list[tuple[float, TrendSeries]]:
    """The series that have a value, the largest first."""
    known = [
        (value, each) for each in answer.lines for _, value in each.points if value is not None
    ]
    return sorted(known, key=lambda pair: pair[0], reverse=True)


def _said(value: float, series: TrendSeries) -> str:
    """The number, and by how much it has grown or shrunk."""
    return " · ".join(filter(None, [words.number(value), words.signed(value, _before(series))]))


def _earlier(series: TrendSeries) -> Bar:
    before = _before(series)
    return Bar(
        words.series(series), before or 0, "unknown" if before is None else words.number(before)
    )


def _before(series: TrendSeries) -> float | None:
    return series.compared[0][1] if series.compared else None
