"""The figure of survival: the share still active after so many periods, and how sure that is."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import RetentionAnswer, RetentionGroup, SurvivalPoint
from ethogram.show.charts.theme import Palette, axis, base, grid, legend


def title(answer: RetentionAnswer) -> str:
    """The question in words."""
    return f"How long do people stay, {answer.asked.period} by {answer.asked.period}?"


def headline(answer: RetentionAnswer) -> str:
    """The share at the last period for which not only a few are known, with its interval."""
    asked = answer.asked
    when = words.asked_range(asked) or f" (times in {asked.timezone})"
    known = [point for point in answer.survival if point.period and point.active is not None]
    if not known:
        return f"Nobody is known for a whole {asked.period}{when}."
    many = [point for point in known if point.at_risk >= words.SMALL]
    last = (many or known)[-1]
    sure = ""
    if last.low is not None and last.high is not None:
        sure = f" (95% interval {words.share(last.low)} to {words.share(last.high)})"
    people = answer.survival[0].at_risk
    return (
        f"{words.share(last.active)}{sure} of {words.people(people)} are still "
        f"active after {words.counted(last.period, asked.period)}{when}; who is silent for "
        f"{words.length(asked.silent or '')} is gone.{words.caution(people)}"
    )


def option(answer: RetentionAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: a line of steps with its band; with groups, a line for each."""
    groups = sorted(answer.groups, key=_size, reverse=True)[: words.DRAWN]
    names = [words.group(each.by) for each in groups]
    head = base(palette, headline(answer))
    lines = [_line(name, each.survival) for name, each in zip(names, groups, strict=True)]
    return {
        **head,
        **legend(palette, names),
        "tooltip": {**head["tooltip"], "trigger": "axis"},
        "grid": grid(bottom=40),
        "xAxis": axis(palette, type="category", boundaryGap=False,
                      data=[f"{answer.asked.period} {point.period}" for point in answer.survival],
                      axisLabel={"hideOverlap": True}),
        "yAxis": axis(palette, type="value", min=0, max=100, axisLabel={"formatter": "{value}%"},
                      splitLine={"lineStyle": {"color": palette.line}}),
        "series": lines or [*_band(answer.survival, palette),
                            {**_line("active", answer.survival), "color": palette.series[0]}],
    }  # fmt: skip


def _line(name: str, points: list[SurvivalPoint]) -> dict[str, Json]:
    return {"type": "line", "name": name, "step": "end", "symbol": "none",
            "data": [_percent(point.active) for point in points]}  # fmt: skip


def _band(points: list[SurvivalPoint], palette: Palette) -> list[dict[str, Json]]:
    """What lies between the ends of the intervals: nothing up to the one, then a filled area."""
    edge: dict[str, Json] = {"type": "line", "stack": "interval", "step": "end", "symbol": "none",
                             "silent": True, "tooltip": {"show": False},
                             "lineStyle": {"opacity": 0}}  # fmt: skip
    low = [_percent(point.low) for point in points]
    high = [_percent(point.high) for point in points]
    width = [None if a is None or b is None else round(b - a, 1)
             for a, b in zip(low, high, strict=True)]  # fmt: skip
    filled = {"color": palette.series[0], "opacity": 0.2}
    return [
        {**edge, "name": "low", "data": low},
        {**edge, "name": "width", "data": width, "areaStyle": filled},
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _size(group: RetentionGroup) -> int:
    return group.survival[0].at_risk if group.survival else 0
