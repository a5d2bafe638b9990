"""The figure of a trend: a line a series; what is cut by the range or by now is dashed."""

from msgspec.structs import replace

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import Asked, TrendsAnswer, TrendSeries
from ethogram.show.charts.intervals import known, said
from ethogram.show.charts.lines import lines
from ethogram.show.charts.theme import Palette, base


def title(answer: TrendsAnswer) -> str:
    """The question in words."""
    names = list(dict.fromkeys(each.name for each in answer.lines))
    what = f"does {names[0]}" if len(names) == 1 else "do these"
    return f"How {what} change from {answer.asked.interval} to {answer.asked.interval}?"


def headline(answer: TrendsAnswer) -> str:
    """The last whole interval of the largest series, and how it compares with the one before.

    Or with the interval of the time that the question compares it with.
    """
    asked = answer.asked
    largest = max(answer.lines, key=_size, default=None)
    ended = [] if largest is None else known(asked, largest)
    if largest is None or not ended:
        return f"No {asked.interval} has ended yet (times in {asked.timezone})."
    start, value = ended[-1]
    what = f"{words.series(largest)}{_smoothed(asked)}"
    now = f"{what}: {words.number(value)} {said(asked, start)} ({asked.timezone})"
    before, when = ended[-2][1] if len(ended) > 1 else 0, f"the {asked.interval} before"
    if largest.compared:
        before, when = _then(asked, largest, start)
    change = words.change(value, before)
    few = " These are few, too few to conclude from." if _are_few(asked, ended) else ""
    return f"{now}{f', {change} {when}' if change else ''}.{few}"


def option(answer: TrendsAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: the largest series."""
    drawn = sorted(answer.lines, key=_size, reverse=True)[: words.DRAWN]
    head = base(palette, headline(answer))
    named = [replace(each, name=name) for each, name in zip(drawn, _names(drawn), strict=True)]
    tooltip = {**head["tooltip"], "trigger": "axis"}
    return {**head, "tooltip": tooltip, **lines(answer.asked, named, palette)}


def _names(drawn: list[TrendSeries]) -> list[str]:
    """What tells the series apart: their groups, where all count the same event."""
    if len({each.name for each in drawn}) == 1 and all(each.by for each in drawn):
        return [words.group(each.by) for each in drawn]
    return [words.series(each) for each in drawn]


def _smoothed(asked: Asked) -> str:
    """What was done to the points, to stand behind a series' name."""
    so_far = " so far" if asked.cumulative else ""
    n = asked.moving_average
    return so_far if n is None else f"{so_far}, mean of {n} {asked.interval}s"


def _then(asked: Asked, series: TrendSeries, start: str) -> tuple[float, str]:
    """What the point of ``start`` is compared with, and when that was."""
    place = [at for at, _ in series.points].index(start)
    if place >= len(series.compared):
        return 0, ""
    at, value = series.compared[place]
    return value or 0, said(asked, at)


def _are_few(asked: Asked, ended: list[tuple[str, float]]) -> bool:
    """Whether what is counted, events or people, is few in all."""
    counts = all(each.measure in ("total", "people") for each in asked.series)
    return (
        counts
        and not asked.moving_average
        and not asked.cumulative
        and sum(value for _, value in ended) < words.SMALL
    )


def _size(series: TrendSeries) -> float:
    return sum(value for _, value in series.points if value is not None)
