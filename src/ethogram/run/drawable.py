"""Answers of an opened workspace can be drawn: `ask` does not know `show`, `run` knows both."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ethogram.ask.questions.answer import Answer

if TYPE_CHECKING:
    from ethogram.show.charts.notebook import Chart


def drawable(answer: Answer) -> Answer:
    """The same answer, whose ``chart()`` gives a `Chart`."""
    return replace(answer, draw=_chart)


def _chart(answer: Answer) -> "Chart":
    from ethogram.show.charts.notebook import Chart

    return Chart(answer)
