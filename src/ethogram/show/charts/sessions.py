"""The figure of sessions: how many begin in each interval, and how many of them bounce."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import SessionsAnswer
from ethogram.show.charts.columns import columns
from ethogram.show.charts.intervals import label
from ethogram.show.charts.theme import Palette, base


def title(answer: SessionsAnswer) -> str:
    """The question in words."""
    each = (
        ""
        if answer.asked.interval == "all"
        else f", {answer.asked.interval} by {answer.asked.interval}"
    )
    return f"How often do people come{each}, and how long do they stay?"


def headline(answer: SessionsAnswer) -> str:
    """How many sessions, how long the middle one, and how many bounced."""
    when, found = words.asked_range(answer.asked), answer.sessions
    middle = found.seconds.get("p50")
    if not found.sessions or middle is None:
        return f"There was no session{when}."
    few = " These are few, too few to conclude from." if found.sessions < words.SMALL else ""
    return (
        f"{words.counted(found.sessions, 'session')}{when}: half last longer than "
        f"{words.lasting(middle)}, and {words.share(found.bounce_rate)} bounced.{few}"
    )


def option(answer: SessionsAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: sessions that bounced and others; with groups, a bar for each."""
    groups = sorted(answer.groups, key=lambda each: each.sessions.sessions, reverse=True)
    series = [
        (words.group(group.by), [each.sessions for each in group.intervals])
        for group in groups[: words.DRAWN]
    ]
    series = series or [
        ("stayed", [each.sessions - each.bounces for each in answer.intervals]),
        ("bounced", [each.bounces for each in answer.intervals]),
    ]
    labels = [label(answer.asked, each.from_) for each in answer.intervals]
    return {
        **base(palette, headline(answer)),
        **columns(palette, labels, series, name=answer.asked.timezone, stacked=True),
    }
