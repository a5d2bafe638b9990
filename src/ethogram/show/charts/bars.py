"""Bars that lie side by side, each with its name before it and its number behind it."""

from collections.abc import Sequence
from typing import NamedTuple

from ethogram.events.event import Json
from ethogram.show.charts.theme import Palette, axis, grid

DRAWN = 20
"""As many bars as can be read beside each other."""


class Bar(NamedTuple):
    """A name, how long its bar is, and its number in words."""

    name: str
    value: float
    said: str


def bars(some: Sequence[Bar], palette: Palette) -> dict[str, Json]:
    """The part of an ECharts option that draws the first of ``some``, from above."""
    drawn = some[:DRAWN]
    return {
        "grid": grid(top=8, right=120, bottom=8),
        "xAxis": {"type": "value", "show": False},
        "yAxis": axis(
            palette, type="category", inverse=True, data=[bar.name for bar in drawn],
            axisLabel={"width": 200, "overflow": "truncate", "interval": 0,
                       "color": palette.text},
        ),
        "series": [{
            "type": "bar",
            "data": [{"value": bar.value, "label": {"formatter": bar.said}} for bar in drawn],
            "barMaxWidth": 40,
            "label": {"show": True, "position": "right", "color": palette.text},
        }],
    }  # fmt: skip
