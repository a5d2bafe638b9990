"""The figure of a heatmap: the page as a grid, the more clicks the deeper its colour."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import HeatmapAnswer
from ethogram.show.charts.theme import Palette, axis, base, grid


def title(answer: HeatmapAnswer) -> str:
    """The question in words."""
    return f"Where do people click on {answer.page}?"


def headline(answer: HeatmapAnswer) -> str:
    """How many clicks of how many people, and what is clicked most."""
    when = words.asked_range(answer.asked)
    if answer.clicks is None:
        return f"{words.UNTOLD}{when}."
    if not answer.clicks:
        return f"Nobody clicked on {answer.page}{when}."
    said = f"{words.counted(answer.clicks, 'click')} of {words.people(answer.people)}{when}"
    if answer.elements:
        first = answer.elements[0]
        said += f", most on {first.element} ({words.share(first.clicks / answer.clicks)})"
    half = answer.scroll[4].share if len(answer.scroll) > 4 else None
    deep = "" if half is None else f" {words.share(half)} scroll to the middle."
    return f"{said}.{deep}{words.caution(answer.people)}"


def option(answer: HeatmapAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: the top of the page is on top."""
    columns, rows = answer.asked.columns, answer.asked.rows
    most = max((each.clicks for each in answer.cells), default=1)
    return {
        **base(palette, headline(answer)),
        "grid": grid(top=8, right=8, bottom=8),
        "xAxis": axis(palette, type="category", data=_shares(columns), position="top"),
        "yAxis": axis(palette, type="category", data=_shares(rows), inverse=True),
        "visualMap": {"show": False, "min": 0, "max": most, "dimension": 2,
                      "inRange": {"color": [palette.faint, palette.series[0]]}},
        "series": [{"type": "heatmap",
                    "data": [[each.column, each.row, each.clicks] for each in answer.cells]}],
    }  # fmt: skip


def _shares(n: int) -> list[Json]:
    """How far from the edge each cell begins."""
    return [f"{round(100 * i / n)}%" for i in range(n)]
