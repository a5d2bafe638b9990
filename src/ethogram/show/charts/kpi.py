"""The figure of a KPI: its value, large, with its unit and last change, above its line."""

from collections.abc import Mapping

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import KpiAnswer, TrendSeries
from ethogram.show.charts.answers.kpi import Number
from ethogram.show.charts.intervals import known, said
from ethogram.show.charts.lines import lines
from ethogram.show.charts.theme import FONT, Palette, base

SHARES = frozenset({"click_through", "conversion", "activation", "churn"})
"""The kinds of which the number is a share of 1."""
UNITS: Mapping[str, str] = {
    "average_order_value": "per order",
    "revenue_per_person": "per person",
    "lifetime_value": "per customer",
}
"""By kind: what stands behind its number."""
COUNTED: Mapping[str, str] = {
    "click_through": "shown",
    "average_order_value": "orders",
    "revenue_per_person": "people",
    "lifetime_value": "people",
}
"""By kind: the part that says of how many its number is."""
HEAD = 72
"""How high the value and what stands below it are, in pixels."""


def title(answer: KpiAnswer) -> str:
    """The question in words."""
    return f"How does {answer.kpi} change from {answer.asked.interval} to {answer.asked.interval}?"


def headline(answer: KpiAnswer) -> str:
    """The value over the range, then the last whole interval's and how it has changed."""
    asked = answer.asked
    when = words.asked_range(asked) or f" (times in {asked.timezone})"
    if answer.value is None:
        return f"{answer.kpi} has no number{when}."
    value = " ".join(filter(None, [_number(answer, answer.value), _unit(answer)]))
    few = " These are few, too few to conclude from." if _are_few(answer) else ""
    now, change, before = _last(answer)
    than = f", {change} against {before}" if change else ""
    last = f" It was {now}{than}." if now else ""
    return f"{answer.kpi}: {value}{when}.{last}{few}"


def option(answer: KpiAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option; with groups, a line for each of the largest."""
    head = base(palette, headline(answer))
    drawn = lines(answer.asked, [_in_percent(answer, each) for each in _drawn(answer)], palette)
    form = {"axisLabel": {**drawn["yAxis"]["axisLabel"], "formatter": "{value}%"}}
    return {
        **head,
        **drawn,
        "tooltip": {**head["tooltip"], "trigger": "axis"},
        "grid": {**drawn["grid"], "top": drawn["grid"]["top"] + HEAD},
        "yAxis": {**drawn["yAxis"], **(form if _is_share(answer) else {})},
        "graphic": [
            _text(_number(answer, answer.value), 8, 40, palette.text),
            _text(_below(answer), 56, 14, palette.quiet),
        ],
    }


def _drawn(answer: KpiAnswer) -> list[TrendSeries]:
    """The lines: of everyone, or of the groups, the largest first."""
    if not answer.groups:
        return [TrendSeries(answer.kpi, answer.points)]
    groups = sorted(answer.groups, key=lambda group: (group.value is None, -(group.value or 0)))
    return [TrendSeries(words.group(each.by), each.points) for each in groups[: words.DRAWN]]


def _in_percent(answer: KpiAnswer, series: TrendSeries) -> TrendSeries:
    if not _is_share(answer):
        return series
    points = [(start, None if value is None else round(100 * value, 1))
              for start, value in series.points]  # fmt: skip
    return TrendSeries(series.name, points)


def _below(answer: KpiAnswer) -> str:
    """The unit, then the last whole interval's number and its change, in short."""
    now, change, _ = _last(answer)
    return " · ".join(filter(None, [_unit(answer), now, change]))


def _last(answer: KpiAnswer) -> tuple[str, str, str]:
    """The last whole interval's number, its change and the number before, as far as known."""
    ended = known(answer.asked, TrendSeries(answer.kpi, answer.points))[-2:]
    told = [f"{_number(answer, value)} {said(answer.asked, start)}" for start, value in ended]
    if len(ended) < 2:
        return "".join(told), "", ""
    return told[1], _change(answer, ended[1][1], ended[0][1]), told[0]


def _change(answer: KpiAnswer, now: float, before: float) -> str:
    """By how much it has grown, with its sign; a share by points of a hundred."""
    if not _is_share(answer):
        return words.signed(now, before)
    return f"{round(100 * (now - before), 1):+g} points".replace("-", "−")


def _text(text: str, top: int, size: int, colour: str) -> dict[str, Json]:
    style = {"text": text, "font": f"{600 if size > 20 else 400} {size}px {FONT}", "fill": colour}
    return {"type": "text", "left": 13, "top": top, "silent": True, "style": style}


def _number(answer: KpiAnswer, value: Number) -> str:
    if value is None:
        return "no number"
    return words.share(value) if _is_share(answer) else words.number(value)


def _unit(answer: KpiAnswer) -> str:
    if _kind(answer) == "active_people":
        return f"people a {answer.asked.interval} on average"
    return UNITS.get(_kind(answer), "")


def _are_few(answer: KpiAnswer) -> bool:
    counted = answer.parts.get(COUNTED.get(_kind(answer), ""))
    return counted is not None and counted < words.SMALL


def _is_share(answer: KpiAnswer) -> bool:
    return _kind(answer) in SHARES


def _kind(answer: KpiAnswer) -> str:
    return str(answer.definition.get("kind"))
