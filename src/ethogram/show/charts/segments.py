"""The figure of segments: a bar for each combination that people are in, or for each segment."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import SegmentsAnswer
from ethogram.show.charts.theme import Palette, axis, base, grid

DRAWN = 20
"""As many bars as can be read beside each other; the table has all."""


def title(answer: SegmentsAnswer) -> str:
    """The question in words."""
    if len(answer.segments) == 1:
        return f"How many people are in {answer.segments[0].name}?"
    return f"How far do {_listed([each.name for each in answer.segments])} overlap?"


def headline(answer: SegmentsAnswer) -> str:
    """The largest segment; of several, the pair that shares most, and a caution."""
    when = words.asked_range(answer.asked)
    if answer.total is None:
        return f"{words.UNTOLD}{when}."
    if not answer.total:
        return f"Nobody did anything{when}."
    largest = max(answer.segments, key=lambda each: each.people or 0)
    share = f"{words.share(largest.share)} of {words.people(answer.total)}{when}"
    said = f"{share} are in {largest.name}"
    if len(answer.segments) > 1:
        said = f"{largest.name} is the largest, with {share}"
    known = [each for each in answer.pairs if each.jaccard]
    if known:
        pair = max(known, key=lambda each: each.jaccard or 0)
        said += (
            f"; {_listed(pair.segments)} overlap most: {words.share(pair.jaccard)} of those in "
            "either are in both"
        )
    return f"{said}.{words.caution(answer.total)}"


def option(answer: SegmentsAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: the largest first."""
    drawn = sorted(_bars(answer), key=lambda bar: bar[1] or 0, reverse=True)[:DRAWN]
    return {
        **base(palette, headline(answer)),
        "grid": grid(top=8, right=120, bottom=8),
        "xAxis": {"type": "value", "show": False},
        "yAxis": axis(
            palette, type="category", inverse=True, data=[name for name, _ in drawn],
            axisLabel={"width": 200, "overflow": "truncate", "interval": 0,
                       "color": palette.text},
        ),
        "series": [{
            "type": "bar",
            "data": [{"value": people, "label": {"formatter": _said(people, answer.total)}}
                     for _, people in drawn],
            "barMaxWidth": 40,
            "label": {"show": True, "position": "right", "color": palette.text},
        }],
    }  # fmt: skip


def _bars(answer: SegmentsAnswer) -> list[tuple[str, int | None]]:
    """Who is in exactly which segments, where that is known; else who is in each."""
    if answer.none is None:
        return [(each.name, each.people) for each in answer.segments]
    alone = " alone" if len(answer.segments) > 1 else ""
    bars: list[tuple[str, int | None]] = [
        (" + ".join(each.segments) + (alone if len(each.segments) == 1 else ""), each.only)
        for each in answer.overlaps if each.only
    ]  # fmt: skip
    return [*bars, ("in none", answer.none)]


def _said(people: int | None, total: int | None) -> str:
    if people is None:
        return words.told(None)
    return f"{people:,} · {words.share(people / total if total else None)}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
