"""An answer's chart as a notebook shows it: the picture, and the answer's own table below."""

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Protocol

from ethogram.events.event import Json
from ethogram.show.charts import draw
from ethogram.show.charts.figure import Figure, figure
from ethogram.show.charts.theme import WIDTH, Theme


class Shown(Protocol):
    """An answer: its JSON, and its table as HTML."""

    def to_dict(self) -> dict[str, Json]:
        """The JSON document."""
        ...

    def _repr_html_(self) -> str: ...


@dataclass(frozen=True)
class Chart:
    """The figure of an answer; works offline, and where scripts are not allowed to run."""

    answer: Shown
    theme: Theme = "light"

    @cached_property
    def figure(self) -> Figure:
        """Title, sentence and ECharts option."""
        return figure(self.answer.to_dict(), self.theme)

    def svg(self, width: int = WIDTH, height: int = 480) -> str:
        """The picture as SVG; see `draw.svg`."""
        return draw.svg(self.figure, width, height)

    def png(self, width: int = WIDTH, height: int = 480) -> bytes:
        """The picture as PNG; see `draw.png`."""
        return draw.png(self.figure, width, height)

    def _repr_html_(self) -> str:
        """An image rather than inline SVG, whose styles would reach the whole notebook."""
        image = b64encode(self.svg().encode()).decode()
        said = escape(f"{self.figure.title} {self.figure.headline}")
        return (
            f'<img alt="{said}" src="data:image/svg+xml;base64,{image}">'
            f"{self.answer._repr_html_()}"  # pyright: ignore[reportPrivateUsage]
        )
