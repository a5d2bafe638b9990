"""The figure of a correlation: for each candidate its odds ratio, and how sure that is."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import CorrelatedWith, CorrelationAnswer
from ethogram.show.charts.theme import Palette, axis, base, grid

DRAWN = 20
"""As many rows as can be read beside each other; the table has all."""
SURE = 0.05
"""A candidate is named in the sentence where its adjusted p-value is below."""


def title(answer: CorrelationAnswer) -> str:
    """The question in words."""
    steps = answer.asked.steps
    return f"What goes with reaching {steps[-1].event or 'the end'}?" if steps else (
        "What goes with converting?")  # fmt: skip


def headline(answer: CorrelationAnswer) -> str:
    """What goes most with converting, and with not converting, where that is no chance."""
    when = words.asked_range(answer.asked)
    if not answer.started:
        return f"Nobody began{when}."
    sure = [each for each in answer.candidates if each.p_adjusted < SURE]
    up = next((each for each in sure if each.odds_ratio > 1), None)
    down = next((each for each in sure if each.odds_ratio < 1), None)
    said = [_said(each) for each in (up, down) if each is not None]
    if not said:
        few = words.caution(answer.started)
        return f"Nothing that {words.people(answer.started)} met goes clearly with it{when}.{few}"
    return (
        f"With {'; with '.join(said)}{when}. That need not be why.{words.caution(answer.started)}"
    )


def option(answer: CorrelationAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: a box from one end of the 95 % interval to the other, on a log scale."""
    drawn = answer.candidates[:DRAWN]
    return {
        **base(palette, headline(answer)),
        "grid": grid(top=8, right=40, bottom=40),
        "xAxis": axis(palette, type="log", name="odds ratio, with its 95% interval",
                      nameLocation="middle", nameGap=28,
                      splitLine={"show": True, "lineStyle": {"color": palette.line}}),
        "yAxis": axis(
            palette, type="category", inverse=True, data=[_name(each) for each in drawn],
            axisLabel={"width": 220, "overflow": "truncate", "interval": 0,
                       "color": palette.text},
        ),
        "series": [{
            "type": "boxplot",
            "boxWidth": [6, 14],
            "data": [_box(each, palette) for each in drawn],
            "markLine": {"symbol": "none", "silent": True, "label": {"show": False},
                         "lineStyle": {"color": palette.quiet, "type": "dashed"},
                         "data": [{"xAxis": 1}]},
        }],
    }  # fmt: skip


def _box(each: CorrelatedWith, palette: Palette) -> dict[str, Json]:
    low, ratio, high = (float(f"{value:.4g}") for value in (each.low, each.odds_ratio, each.high))
    colour = palette.series[0] if ratio > 1 else palette.series[1]
    return {"value": [low, low, ratio, high, high],
            "itemStyle": {"color": palette.track, "borderColor": colour}}  # fmt: skip


def _said(each: CorrelatedWith) -> str:
    """A candidate, and how the odds differ between those who met it and those who did not."""
    more = each.odds_ratio > 1
    factor = each.odds_ratio if more else 1 / each.odds_ratio
    odds = f"{words.number(factor)} times {'higher' if more else 'lower'}"
    return f"{_name(each)} the odds are {odds} ({words.people(each.people)})"


def _name(each: CorrelatedWith) -> str:
    if each.property is None:
        return each.event or ""
    value = words.number(each.value) if isinstance(each.value, float) else each.value
    said = f"{each.property} = {value}"
    return f"{each.event} · {said}" if each.event else said
