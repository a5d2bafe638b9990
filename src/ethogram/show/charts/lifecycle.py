"""The figure of a lifecycle: who is there above the line, who stays away below it."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import LifecycleAnswer, LifecycleInterval
from ethogram.show.charts.columns import columns
from ethogram.show.charts.intervals import label, said
from ethogram.show.charts.theme import Palette, base

SHOWN = {
    "new": "new",
    "returning": "came again",
    "resurrected": "came back",
    "dormant": "stayed away",
}
UNFINISHED = {"opacity": 0.45}


def title(answer: LifecycleAnswer) -> str:
    """The question in words."""
    return f"Who is new, who stays and who stays away, {answer.asked.interval} by " \
        f"{answer.asked.interval}?"  # fmt: skip


def headline(answer: LifecycleAnswer) -> str:
    """The last whole interval: who came, and who stayed away."""
    asked = answer.asked
    done = [each for each in answer.intervals if each.complete]
    if not done:
        return f"No {asked.interval} has ended yet (times in {asked.timezone})."
    last = done[-1]
    states = last.new, last.returning, last.resurrected, last.dormant
    if None in states:
        return f"{words.UNTOLD} {said(asked, last.from_)} ({asked.timezone})."
    new, returning, back, dormant = (each or 0 for each in states)
    here = new + returning + back
    return (
        f"{words.people(here)} were active {said(asked, last.from_)} ({asked.timezone}): "
        f"{new:,} new, {returning:,} again and {back:,} back; "
        f"{-dormant:,} stayed away.{words.caution(here - dormant)}"
    )


def option(answer: LifecycleAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: everybody, whatever the groups, which the table has."""
    labels = [label(answer.asked, each.from_) for each in answer.intervals]
    series = [
        (name, [_bar(each, state) for each in answer.intervals]) for state, name in SHOWN.items()
    ]
    return {
        **base(palette, headline(answer)),
        **columns(palette, labels, series, name=answer.asked.timezone, stacked=True),
    }


def _bar(interval: LifecycleInterval, state: str) -> dict[str, Json]:
    """A bar; pale where its interval has not ended."""
    value = {"value": getattr(interval, state)}
    return value if interval.complete else {**value, "itemStyle": UNFINISHED}
