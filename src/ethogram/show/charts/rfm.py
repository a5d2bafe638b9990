"""The figure of recency, frequency and money: a bar a segment, as long as it has people."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import RfmAnswer, RfmSegment
from ethogram.show.charts.theme import Palette, axis, base, grid


def title(answer: RfmAnswer) -> str:
    """The question in words."""
    return f"Who came lately, often, and spent much, as of {answer.at[:10]}?"


def headline(answer: RfmAnswer) -> str:
    """The segment that spends most, and its part of the people."""
    if answer.people is None:
        return f"{words.UNTOLD}."
    known = [(each.people * (each.money or 0), each) for each in answer.segments if each.people]
    if not known:
        return f"{words.UNTOLD}." if answer.people else f"Nobody came before {answer.at}."
    most, first = max(known, key=lambda each: each[0])
    total = sum(money for money, _ in known)
    part = words.share(most / total) if total > 0 else "0%"
    return (
        f"{words.share(first.share)} of {words.people(answer.people)} are {first.segment}, "
        f"and {part} of the money is theirs.{words.caution(answer.people)}"
    )


def option(answer: RfmAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: everybody, whatever the groups, which the table has."""
    return {
        **base(palette, headline(answer)),
        "grid": grid(top=8, right=220, bottom=8),
        "xAxis": {"type": "value", "show": False},
        "yAxis": axis(
            palette, type="category", inverse=True,
            data=[each.segment for each in answer.segments],
            axisLabel={"interval": 0, "color": palette.text},
        ),
        "series": [{
            "type": "bar",
            "data": [{"value": each.people, "label": {"formatter": _said(each)}}
                     for each in answer.segments],
            "barMaxWidth": 40,
            "label": {"show": True, "position": "right", "color": palette.text},
        }],
    }  # fmt: skip


def _said(segment: RfmSegment) -> str:
    if segment.money is None:
        return words.told(segment.people)
    money = f"{words.number(segment.money)} each"
    return " · ".join((words.told(segment.people), words.share(segment.share), money))
