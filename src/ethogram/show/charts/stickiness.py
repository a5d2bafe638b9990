"""The figure of a stickiness: people by the number of intervals they are active in."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import ActiveIn, StickinessAnswer
from ethogram.show.charts.columns import columns
from ethogram.show.charts.theme import Palette, base


def title(answer: StickinessAnswer) -> str:
    """The question in words."""
    return f"In how many {answer.asked.interval}s are people active?"


def headline(answer: StickinessAnswer) -> str:
    """How many are active in more than one interval."""
    when, unit = words.asked_range(answer.asked), answer.asked.interval
    active = answer.stickiness[0].at_least if answer.stickiness else 0
    if active is None:
        return f"{words.UNTOLD}{when}."
    if not active:
        return f"Nobody was active{when}."
    often = answer.stickiness[1].at_least if len(answer.stickiness) > 1 else 0
    part = "A hidden part" if often is None else words.share(often / active)
    return (
        f"{part} of {words.people(active)} were active in more than one "
        f"{unit}{when}.{words.caution(active)}"
    )


def option(answer: StickinessAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: shares, so that groups of any size compare."""
    groups = sorted(answer.groups, key=lambda each: _size(each.stickiness), reverse=True)
    series = [(words.group(each.by), _shares(each.stickiness)) for each in groups[: words.DRAWN]]
    labels = [words.counted(each.intervals, answer.asked.interval) for each in answer.stickiness]
    made = columns(palette, labels, series or [("", _shares(answer.stickiness))], name="")
    made["yAxis"]["axisLabel"]["formatter"] = "{value}%"
    return {**base(palette, headline(answer)), **made}


def _shares(rows: list[ActiveIn]) -> list[Json]:
    return [None if row.share is None else round(100 * row.share, 1) for row in rows]


def _size(rows: list[ActiveIn]) -> int:
    return (rows[0].at_least or 0) if rows else 0
