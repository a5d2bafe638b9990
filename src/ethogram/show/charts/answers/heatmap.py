"""The answer of a heatmap question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import Shown


class HeatCell(msgspec.Struct, frozen=True):
    """Clicks in one cell of a page, and the people who made them."""

    column: int
    row: int
    clicks: int
    people: int


class HeatElement(msgspec.Struct, frozen=True):
    """Clicks on one element of a page, and the people who made them."""

    element: str | int | float | bool
    clicks: int
    people: int


class Depth(msgspec.Struct, frozen=True):
    """People who scrolled to a depth, a share of the page's height, or deeper."""

    depth: float
    people: int | None
    share: float | None


class HeatmapAnswer(Shown, frozen=True, kw_only=True, tag="heatmap"):
    """Where on a page people click, on which elements, and how far they scroll."""

    page: str
    clicks: int | None
    people: int | None
    cells: list[HeatCell]
    elements: list[HeatElement]
    scroll: list[Depth]
