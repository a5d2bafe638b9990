"""Colours and the parts that every figure shares.

Series colours are Okabe and Ito's (2008), which people with any colour vision can tell apart;
each theme leaves out the ones that are faint on its ground.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ethogram.events.event import Json

Theme: TypeAlias = Literal["light", "dark"]
FONT = "Inter, system-ui, sans-serif"
WIDTH = 900
"""How wide a figure is drawn outside a page, in pixels."""


@dataclass(frozen=True)
class Palette:
    """The colours of a theme: ground, text, quiet text, lines, bars' ground, and the series'."""

    ground: str
    text: str
    quiet: str
    line: str
    track: str
    faint: str
    series: tuple[str, ...]


PALETTES: dict[Theme, Palette] = {
    "light": Palette(
        ground="#ffffff", text="#1c1d21", quiet="#5c5f66", line="#dcdee3", track="#f1f2f4",
        faint="#eaf2f8",
        series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000",
                "#8a8d93"),
    ),
    "dark": Palette(
        ground="#16171a", text="#eceef1", quiet="#a3a7ae", line="#34363c", track="#232529",
        faint="#1b2a33",
        series=("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#ffffff",
                "#8a8d93"),
    ),
}  # fmt: skip


def base(palette: Palette, headline: str) -> dict[str, Json]:
    """What every option begins with. Tooltips are drawn as text, so that no name is ever HTML."""
    return {
        "color": list(palette.series),
        "backgroundColor": palette.ground,
        "textStyle": {"fontFamily": FONT, "color": palette.text},
        "animation": False,
        "aria": {"enabled": True, "label": {"description": headline}},
        "tooltip": {
            "renderMode": "richText",
            "confine": True,
            "backgroundColor": palette.ground,
            "borderColor": palette.line,
            "textStyle": {"color": palette.text, "fontFamily": FONT},
        },
        "title": {
            "show": False,
            "left": 8,
            "top": 8,
            "textStyle": {"fontFamily": FONT, "fontSize": 18, "color": palette.text},
            "subtextStyle": {
                "fontFamily": FONT, "fontSize": 13, "lineHeight": 18, "color": palette.quiet,
            },
        },
        "grid": grid(),
    }  # fmt: skip


def legend(palette: Palette, names: list[str]) -> dict[str, Json]:
    """The names of several series, below them; nothing for a single one."""
    if len(names) < 2:
        return {}
    text = {"color": palette.quiet, "fontFamily": FONT, "width": 160, "overflow": "truncate"}
    return {"legend": {"type": "scroll", "bottom": 0, "data": names, "textStyle": text}}


def axis(palette: Palette, **fields: Json) -> dict[str, Json]:
    """An axis in quiet colours, with what ``fields`` say beside."""
    label = {"color": palette.quiet, "fontFamily": FONT, **fields.pop("axisLabel", {})}
    return {
        "axisLabel": label,
        "axisLine": {"lineStyle": {"color": palette.line}},
        "axisTick": {"show": False},
        "splitLine": {"show": False},
        "nameTextStyle": {"color": palette.quiet, "fontFamily": FONT},
        **fields,
    }


def grid(*, top: int = 24, right: int = 24, bottom: int = 16) -> dict[str, Json]:
    """Where the marks lie, in pixels from the edges, beside the labels of the axes."""
    return {"left": 8, "right": right, "top": top, "bottom": bottom, "containLabel": True}


def between(low: str, high: str, share: float) -> str:
    """The colour at ``share`` (0 to 1) of the way from ``low`` to ``high``, as ECharts mixes them.

    >>> between("#000000", "#ffffff", 0.5)
    '#808080'
    """
    mixed = (a + (b - a) * share for a, b in zip(_channels(low), _channels(high), strict=True))
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in mixed)


def readable(ground: str) -> str:
    """Black or white, whichever has more contrast on ``ground``: it is never below 4.5.

    >>> readable("#0072b2")
    '#ffffff'
    """
    return max("#000000", "#ffffff", key=lambda colour: contrast(colour, ground))


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance).

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    low, high = sorted((_luminance(a), _luminance(b)))
    return round((high + 0.05) / (low + 0.05), 2)


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(channel / 255 for channel in bytes.fromhex(colour[1:]))
