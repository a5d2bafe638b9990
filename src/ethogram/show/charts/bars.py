"""Bars that lie side by side, each with its name before it and its number behind it."""

from collections.abc import Sequence
from typing import NamedTuple

from ethogram.events.event import Json
from ethogram.show.charts.theme import Palette, axis, grid, legend

DRAWN = 20
"""As many bars as can be read beside each other."""


class Bar(NamedTuple):
    """A name, how long its bar is, and its number in words."""

    name: str
    value: float
    said: str


class Earlier(NamedTuple):
    """The bars that others are compared with, in their order, and what they are called."""

    name: str
    bars: Sequence[Bar]


def bars(some: Sequence[Bar], palette: Palette, earlier: Earlier | None = None) -> dict[str, Json]:
    """The part of an ECharts option that draws the first of ``some``, from above.

    Below each stands the ``earlier`` one that it is compared with, in grey.
    """
    series, names = [_series(some, palette)], list[str]()
    if earlier:
        names = ["this time", earlier.name]
        grey = {"color": palette.series[-1]}
        series = [{**series[0], "name": "this time"},
                  {**_series(earlier.bars, palette), "name": earlier.name, **grey}]  # fmt: skip
    return {
        **legend(palette, names),
        "grid": grid(top=8, right=120, bottom=40 if earlier else 8),
        "xAxis": {"type": "value", "show": False},
        "yAxis": axis(
            palette, type="category", inverse=True, data=[bar.name for bar in some[:DRAWN]],
            axisLabel={"width": 200, "overflow": "truncate", "interval": 0,
                       "color": palette.text},
        ),
        "series": series,
    }  # fmt: skip


def _series(some: Sequence[Bar], palette: Palette) -> dict[str, Json]:
    return {
        "type": "bar",
        "data": [{"value": bar.value, "label": {"formatter": bar.said}} for bar in some[:DRAWN]],
        "barMaxWidth": 40,
        "label": {"show": True, "position": "right", "color": palette.text},
    }
