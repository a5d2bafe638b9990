"""Lines over a calendar's intervals; those that are cut by the range or by now are dashed."""

from collections.abc import Sequence

from ethogram.events.event import Json
from ethogram.show.charts.answers import Asked, TrendSeries
from ethogram.show.charts.intervals import label, whole
from ethogram.show.charts.theme import Palette, axis, grid, legend

DOTTED = 31
"""Up to this many points each is marked."""


def lines(asked: Asked, drawn: Sequence[TrendSeries], palette: Palette) -> dict[str, Json]:
    """The part of an ECharts option that draws a line a series, and the earlier ones, by name.

    Labels are written in the question's time zone.
    """
    called = [*(each.name for each in drawn), *(_before(each) for each in drawn if each.compared)]
    done = whole(asked, drawn[0]) if drawn else {}
    return {
        **legend(palette, called),
        "grid": grid(bottom=72 if len(called) > 1 else 40),
        "xAxis": axis(palette, type="category", boundaryGap=False,
                      data=[label(asked, start) for start in done],
                      name=asked.timezone, nameLocation="middle", nameGap=32,
                      axisLabel={"hideOverlap": True, "alignMinLabel": "left",
                                 "alignMaxLabel": "right"}),
        "yAxis": axis(palette, type="value", splitLine={"lineStyle": {"color": palette.line}}),
        "series": [line for each, colour in zip(drawn, palette.series, strict=False)
                   for line in [*_lines(each, done, colour), *_earlier(each, colour)]],
    }  # fmt: skip


def _lines(series: TrendSeries, done: dict[str, bool], colour: str) -> list[dict[str, Json]]:
    """The line of whole intervals; and dashed, from and to its ends, the others.

    Both have one name, by which the legend shows and hides them together.
    """
    values, known = dict(series.points), list(done.values())
    line = {
        "type": "line",
        "name": series.name,
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


def _earlier(series: TrendSeries, colour: str) -> list[dict[str, Json]]:
    """The dashed line of the time that a series is compared with, beside the points it is for."""
    if not series.compared:
        return []
    return [{
        "type": "line",
        "name": _before(series),
        "color": colour,
        "symbol": "none",
        "lineStyle": {"type": [2, 4], "width": 1.5},
        "data": [value for _, value in series.compared],
    }]  # fmt: skip


def _before(series: TrendSeries) -> str:
    return f"{series.name}, before"
