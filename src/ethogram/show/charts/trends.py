"""The figure of a trend: a line a series; what is cut by the range or by now is dashed."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import Asked, TrendsAnswer, TrendSeries
from ethogram.show.charts.intervals import label, said, whole
from ethogram.show.charts.theme import Palette, axis, base, grid, legend

DOTTED = 31
"""Up to this many points each is marked."""


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
    known = [] if largest is None else _known(asked, largest)
    if largest is None or not known:
        return f"No {asked.interval} has ended yet (times in {asked.timezone})."
    start, value = known[-1]
    what = f"{words.series(largest)}{_smoothed(asked)}"
    now = f"{what}: {words.number(value)} {said(asked, start)} ({asked.timezone})"
    before, when = known[-2][1] if len(known) > 1 else 0, f"the {asked.interval} before"
    if largest.compared:
        before, when = _then(asked, largest, start)
    change = words.change(value, before)
    few = " These are few, too few to conclude from." if _are_few(asked, known) else ""
    return f"{now}{f', {change} {when}' if change else ''}.{few}"


def option(answer: TrendsAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option; labels are written in the question's time zone."""
    asked = answer.asked
    drawn = sorted(answer.lines, key=_size, reverse=True)[: words.DRAWN]
    names = _names(drawn)
    pairs = zip(drawn, names, strict=True)
    called = [*names, *(_before(name) for each, name in pairs if each.compared)]
    done = whole(asked, drawn[0]) if drawn else {}
    head = base(palette, headline(answer))
    return {
        **head,
        **legend(palette, called),
        "tooltip": {**head["tooltip"], "trigger": "axis"},
        "grid": grid(bottom=72 if len(called) > 1 else 40),
        "xAxis": axis(palette, type="category", boundaryGap=False,
                      data=[label(asked, start) for start in done],
                      name=asked.timezone, nameLocation="middle", nameGap=32,
                      axisLabel={"hideOverlap": True}),
        "yAxis": axis(palette, type="value", splitLine={"lineStyle": {"color": palette.line}}),
        "series": [line for each, name, colour in zip(drawn, names, palette.series, strict=False)
                   for line in [*_lines(each, name, done, colour), *_earlier(each, name, colour)]],
    }  # fmt: skip


def _names(drawn: list[TrendSeries]) -> list[str]:
    """What tells the series apart: their groups, where all count the same event."""
    if len({each.name for each in drawn}) == 1 and all(each.by for each in drawn):
        return [words.group(each.by) for each in drawn]
    return [words.series(each) for each in drawn]


def _lines(
    series: TrendSeries, name: str, done: dict[str, bool], colour: str
) -> list[dict[str, Json]]:
    """The line of whole intervals; and dashed, from and to its ends, the others.

    Both have one name, by which the legend shows and hides them together.
    """
    values, known = dict(series.points), list(done.values())
    line = {
        "type": "line",
        "name": name,
        "color": colour,
        "symbol": "circle",
        "showSymbol": len(known) <= DOTTED,
        "data": [values.get(start) if each else None for start, each in done.items()],
    }
    if all(known):
        return [line]
    beside = [not all(known[max(i - 1, 0) : i + 2]) for i in range(len(known))]
    dashed = {
        "symbol": "emptyCircle",
        "lineStyle": {"type": "dashed"},
        "data": [values.get(start) if near else None
                 for start, near in zip(done, beside, strict=True)],
    }  # fmt: skip
    return [line, {**line, **dashed}]


def _earlier(series: TrendSeries, name: str, colour: str) -> list[dict[str, Json]]:
    """The dashed line of the time that a series is compared with, beside the points it is for."""
    if not series.compared:
        return []
    return [{
        "type": "line",
        "name": _before(name),
        "color": colour,
        "symbol": "none",
        "lineStyle": {"type": [2, 4], "width": 1.5},
        "data": [value for _, value in series.compared],
    }]  # fmt: skip


def _before(name: str) -> str:
    return f"{name}, before"


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


def _known(asked: Asked, series: TrendSeries) -> list[tuple[str, float]]:
    """The points of whole intervals that have a value."""
    done = whole(asked, series)
    return [(start, value) for start, value in series.points if value is not None and done[start]]


def _are_few(asked: Asked, known: list[tuple[str, float]]) -> bool:
    """Whether what is counted, events or people, is few in all."""
    counts = all(each.measure in ("total", "people") for each in asked.series)
    return (
        counts
        and not asked.moving_average
        and not asked.cumulative
        and sum(value for _, value in known) < words.SMALL
    )


def _size(series: TrendSeries) -> float:
    return sum(value for _, value in series.points if value is not None)
