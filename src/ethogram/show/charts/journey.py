"""The figure of a journey: events in order, a line a name; a session begins with a full mark."""

from datetime import datetime

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import JourneyAnswer, JourneyEvent
from ethogram.show.charts.theme import Palette, axis, base, grid

FIRST, OTHER = 14, 9
"""The size of a session's first mark, and of the others, in pixels."""


def title(answer: JourneyAnswer) -> str:
    """The question in words."""
    return f"What did person {answer.person} do?"


def headline(answer: JourneyAnswer) -> str:
    """How many events, in how many sessions."""
    when = words.asked_range(answer.asked)
    if not answer.total:
        return f"Nothing is known of what this person did{when}."
    shown = len(answer.events)
    of = "" if shown == answer.total else f"; {shown:,} of them are shown"
    sessions = words.counted(answer.sessions, "session")
    return f"{words.counted(answer.total, 'event')} in {sessions}{when}{of}."


def option(answer: JourneyAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: as far apart as they follow each other, not as the clock says."""
    names = list(dict.fromkeys(each.event for each in answer.events))
    labels = [f"{moment:%m-%d %H:%M:%S}" for moment in map(_moment, answer.events)]
    sessions = [None, *(each.session for each in answer.events[:-1])][: len(answer.events)]
    return {
        **base(palette, headline(answer)),
        "grid": grid(bottom=40),
        "xAxis": axis(palette, type="category", data=labels, name=answer.asked.timezone,
                      nameLocation="middle", nameGap=32, axisLabel={"hideOverlap": True}),
        "yAxis": axis(palette, type="category", inverse=True, data=names,
                      splitLine={"show": True, "lineStyle": {"color": palette.line}},
                      axisLabel={"width": 140, "overflow": "truncate", "interval": 0,
                                 "color": palette.text}),
        "series": [{
            "type": "scatter",
            "data": [_mark(i, names.index(each.event), each.session != before)
                     for i, (each, before) in enumerate(zip(answer.events, sessions, strict=True))],
        }],
    }  # fmt: skip


def _mark(x: int, y: int, first: bool) -> dict[str, Json]:
    return {"value": [x, y], "symbol": "circle" if first else "emptyCircle",
            "symbolSize": FIRST if first else OTHER}  # fmt: skip


def _moment(event: JourneyEvent) -> datetime:
    return datetime.fromisoformat(event.time)
