"""A figure becomes an SVG, drawn by ECharts in an embedded V8, and the SVG a PNG.

No browser and no Node. What ECharts is given is JSON only, so that no name can be run.
"""

import atexit
import re
from functools import cache
from html import escape, unescape
from math import ceil
from pathlib import Path
from threading import Lock

from py_mini_racer import JSEvalException, MiniRacer
from resvg_py import svg_to_bytes

from ethogram.events.errors import Broken, NotFound
from ethogram.events.event import Json
from ethogram.show.charts.figure import Figure
from ethogram.show.charts.theme import WIDTH

SITE = Path(__file__).parent.parent / "site"
SECONDS = 20.0
"""The longest that one figure may hold the engine."""

_DRAW = """
function draw(option, width, height) {
  const chart = echarts.init(null, null, {renderer: "svg", ssr: true, width, height});
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
"""
_one_at_a_time = Lock()
"""So that nobody's seconds run while another figure is drawn."""


def assets() -> Path:
    """The folder with ``echarts.min.js`` and ``fonts/*.ttf``, which the site's build puts there.

    Raises `NotFound` (``no_assets``) where one is missing.
    """
    if (SITE / "echarts.min.js").is_file() and any(SITE.glob("fonts/*.ttf")):
        return SITE
    raise NotFound(
        "no_assets",
        "Figures cannot be drawn: ECharts or its font is not in this installation.",
        at=str(SITE),
        hint="Run `make web`, or install a released wheel.",
    )


def svg(figure: Figure, width: int = WIDTH, height: int = 480) -> str:
    """The figure as an SVG of ``width`` times ``height`` pixels, with its title and sentence.

    Raises `NotFound` without the assets, and `Broken` (``figure_not_drawn``) where a label is
    missing in what was drawn.
    """
    # A picture has no table below, so its numbers stay where a narrow page would hide them.
    option = {**figure.option, **_heading(figure, width), "media": []}
    with _one_at_a_time:
        drawn = _allowed(_drawn(option, width, height))
    title, headline = _allowed(figure.title), _allowed(figure.headline)
    _check(drawn, title + headline)
    head, _, body = drawn.partition(">")
    return (
        f'{head} role="img" style="font-variant-numeric:tabular-nums">'
        f"<title>{escape(title)}</title><desc>{escape(headline)}</desc>{body}"
    )


def png(figure: Figure, width: int = WIDTH, height: int = 480, scale: float = 2) -> bytes:
    """The figure as a PNG of ``width`` times ``height``, ``scale`` times finer.

    Letters that the packaged font lacks are taken from the system's fonts. Raises as `svg`.
    """
    fonts = [str(path) for path in sorted(assets().glob("fonts/*.ttf"))]
    return svg_to_bytes(
        svg(figure, width, height), zoom=scale, font_files=fonts, sans_serif_family="Inter"
    )


def _drawn(option: dict[str, Json], width: int, height: int) -> str:
    try:
        return str(_engine().call("draw", option, width, height, timeout_sec=SECONDS))
    except JSEvalException as error:
        raise Broken(
            "figure_not_drawn", f"ECharts could not draw this figure: {str(error)[:200]}"
        ) from None


@cache
def _engine() -> MiniRacer:
    """One V8 with ECharts in it; closed at exit, else its thread would keep the process."""
    script = (assets() / "echarts.min.js").read_text(encoding="utf-8")
    engine = MiniRacer()
    atexit.register(engine.close)
    engine.eval(script)
    engine.eval(_DRAW)
    return engine


def _heading(figure: Figure, width: int) -> dict[str, Json]:
    """The title and the sentence above the chart, which moves down for them.

    What lies in no grid, a series or a text, has a ``top`` of its own.
    """
    room = width - 32
    title, grid = figure.option["title"], figure.option["grid"]
    heads = 24 * _lines(figure.title, room, 18) + 18 * _lines(figure.headline, room, 13)
    moved = {
        part: [{**each, "top": each["top"] + heads + 24} if "top" in each else each
               for each in figure.option.get(part, [])]
        for part in ("series", "graphic")
    }  # fmt: skip
    wrapped = {"width": room, "overflow": "break"}
    return {
        "title": {
            **title,
            "show": True,
            "text": figure.title,
            "subtext": figure.headline,
            "textStyle": {**title["textStyle"], **wrapped},
            "subtextStyle": {**title["subtextStyle"], **wrapped},
        },
        "grid": {**grid, "top": grid["top"] + heads + 24},
        **moved,
    }


def _lines(text: str, width: int, size: int) -> int:
    """How many lines a text takes; a letter of Inter is 0.55 of its size wide on average."""
    return ceil(0.55 * size * len(text) / width)


def _allowed(text: str) -> str:
    """``text`` with U+FFFD for the characters that XML 1.0 has no way to write (section 2.2)."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


def _check(drawn: str, words: str) -> None:
    """Look for every letter of ``words``, and for marks and labels beside them."""
    pieces = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    letters = re.sub(r"\s", "", unescape("".join(pieces)))
    wanted = re.sub(r"\s", "", words)
    if wanted in letters and len(pieces) > 2 and "<path" in drawn:
        return
    raise Broken(
        "figure_not_drawn",
        "ECharts drew a figure without its labels; nothing is shown rather than half of it.",
        hint="Run `make web` again: the script or its version may be damaged.",
    )
