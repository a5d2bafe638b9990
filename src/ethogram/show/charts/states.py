"""The figure of a process: what directly follows what, the most frequent first."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import Following, StatesAnswer
from ethogram.show.charts.bars import Bar, bars
from ethogram.show.charts.theme import Palette, base

_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def title(answer: StatesAnswer) -> str:
    """The question in words."""
    split = " in each group" if answer.groups else ""
    return f"What directly follows what{split}?"


def headline(answer: StatesAnswer) -> str:
    """The answer as one sentence, and a caution where people are few."""
    when = words.asked_range(answer.asked)
    if not answer.edges:
        return f"Nothing follows anything{when}."
    most = answer.edges[0]
    often = f"{words.counted(most.count, 'time')} by {words.people(most.people)}"
    return (
        f"Most often {most.to} follows {most.from_}: {often}, in the median after "
        f"{_span(most.median_seconds)}{when}.{words.caution(answer.people)}"
    )


def option(answer: StatesAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: a bar a pair."""
    some = [_bar(edge) for edge in answer.edges]
    return {**base(palette, headline(answer)), **bars(some, palette)}


def _bar(edge: Following) -> Bar:
    said = f"{edge.count:,} · {_span(edge.median_seconds)}"
    return Bar(f"{edge.from_} → {edge.to}", edge.count, said)


def _span(seconds: float | None) -> str:
    """A length of time in the largest unit of which there is one."""
    if seconds is None:
        return "a hidden time"
    for size, unit in _SPANS:
        if seconds >= size:
            return words.counted(round(seconds / size, 1), unit)
    return words.counted(round(seconds, 1), "second")
