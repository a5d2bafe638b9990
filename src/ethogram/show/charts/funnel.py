"""The figure of a funnel: a bar a step, as long as the share of people who came that far."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import FunnelAnswer, FunnelGroup, ReachedStep
from ethogram.show.charts.theme import Palette, axis, base, grid, legend

NARROW = 480
"""Up to so many pixels the names and numbers beside the bars get less room."""


def title(answer: FunnelAnswer) -> str:
    """The question in words."""
    first, last = _name(answer.steps[0]), _name(answer.steps[-1])
    if len(answer.steps) == 1:
        return f"How many people do {first}?"
    return f"How many people go from {first} to {last}?"


def headline(answer: FunnelAnswer) -> str:
    """The answer as one sentence, and a caution where people are few."""
    first, last = answer.steps[0], answer.steps[-1]
    when = words.asked_range(answer.asked)
    entered = words.units(_count(first) or 0, answer.asked)
    if first.people is None:
        return f"{words.UNTOLD}{when}."
    if not first.people:
        fit = " for which what the question says of all events holds" if answer.asked.where else ""
        return f"Nobody did {_name(first)}{fit}{when}."
    if len(answer.steps) == 1:
        return f"{entered} did {_name(first)}{when}."
    within = answer.asked.within
    limit = f" within {words.length(within)}" if within else ""
    part = "A hidden part" if last.people is None else words.share(last.conversion)
    said = f"{part} of {entered} reached {_name(last)}{limit}{when}"
    end = _against(answer) if answer.compared else _worst(answer.steps)
    return f"{said}{end}.{words.caution(first.people)}"


def option(answer: FunnelAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: one bar a step, or one a step and group, the largest groups first.

    With another time to compare with, a bar for each of the two; with periods, a line of the
    conversion.
    """
    if answer.periods:
        return _line(answer, palette)
    groups = sorted(answer.groups, key=_size, reverse=True)[: words.DRAWN]
    series = [(words.group(each.by), each.steps) for each in groups] or [("", answer.steps)]
    if answer.compared and not groups:
        series = [("This time", answer.steps), ("The other time", answer.compared.steps)]
    alone = series[0][1] if len(series) == 1 else []
    hidden = {i for i, step in enumerate(alone, 1) if step.people is None}
    names = [f"{i}. {_name(step)}{' (hidden)' if i in hidden else ''}"
             for i, step in enumerate(answer.steps, 1)]  # fmt: skip
    return {
        **base(palette, headline(answer)),
        **legend(palette, [name for name, _ in series]),
        "grid": grid(top=8, right=120, bottom=40 if len(series) > 1 else 8),
        "xAxis": {"type": "value", "min": 0, "max": 100, "show": False},
        "yAxis": axis(
            palette, type="category", inverse=True, data=names,
            axisLabel={"width": 140, "overflow": "truncate", "interval": 0,
                       "color": palette.text},
        ),
        "series": [_bars(name, steps, palette, len(series) > 1) for name, steps in series],
        "media": [{"query": {"maxWidth": NARROW}, "option": _beside(names=120, numbers=92)},
                  {"option": _beside(names=140, numbers=120)}],
    }  # fmt: skip


def _beside(*, names: int, numbers: int) -> dict[str, Json]:
    return {"grid": {"right": numbers}, "yAxis": {"axisLabel": {"width": names}}}


def _bars(name: str, steps: list[ReachedStep], palette: Palette, grouped: bool) -> dict[str, Json]:
    return {
        "type": "bar",
        "name": name,
        "data": [_bar(step) for step in steps],
        "barMaxWidth": 40,
        "showBackground": not grouped,
        "backgroundStyle": {"color": palette.track},
        "label": {"show": True, "position": "right", "color": palette.text},
    }


def _bar(step: ReachedStep) -> dict[str, Json]:
    if step.people is None:
        return {"value": None, "label": {"formatter": words.told(None)}}
    said = f"{words.told(_count(step))} · {words.share(step.conversion)}"
    value = round(100 * (step.conversion or 0), 3)
    return {"value": value, "label": {"formatter": said}}


def _line(answer: FunnelAnswer, palette: Palette) -> dict[str, Json]:
    """The conversion of those whose attempts began in each period."""
    points = [None if each.conversion is None else round(100 * each.conversion, 2)
              for each in answer.periods]  # fmt: skip
    head = base(palette, headline(answer))
    return {
        **head,
        "tooltip": {**head["tooltip"], "trigger": "axis"},
        "grid": grid(bottom=40),
        "xAxis": axis(palette, type="category", boundaryGap=False,
                      data=[each.from_[:16].replace("T00:00", "").replace("T", " ")
                            for each in answer.periods],
                      name=answer.asked.timezone, nameLocation="middle", nameGap=32,
                      axisLabel={"hideOverlap": True}),
        "yAxis": axis(palette, type="value", min=0, axisLabel={"formatter": "{value}%"},
                      splitLine={"lineStyle": {"color": palette.line}}),
        "series": [{"type": "line", "name": _name(answer.steps[-1]), "color": palette.series[0],
                    "data": points}],
    }  # fmt: skip


def _against(answer: FunnelAnswer) -> str:
    """How the conversion compares with that of the other time."""
    found = answer.compared.difference[-1] if answer.compared else None
    if found is None or found.difference is None or found.low is None or found.high is None:
        return ""
    low, high = f"{100 * found.low:+.1f}", f"{100 * found.high:+.1f}"
    said = f"{100 * found.difference:+.1f} points against the other time"
    return f", {said} (95% interval {low} to {high})"


def _count(step: ReachedStep) -> int | None:
    return step.people if step.attempts is None else step.attempts


def _worst(steps: list[ReachedStep]) -> str:
    """The step that loses most, where there is more than one that could."""
    rates = [(step.conversion_from_previous, i) for i, step in enumerate(steps) if i]
    known = [(rate, i) for rate, i in rates if rate is not None]
    if len(steps) < 3 or not known or any(step.people is None for step in steps):
        return ""
    rate, i = min(known)
    if rate == 1:
        return "; nobody is lost on the way"
    lost = f"{words.share(1 - rate)} stop"
    return f"; most are lost from {_name(steps[i - 1])} to {_name(steps[i])}, where {lost}"


def _size(group: FunnelGroup) -> int:
    return (group.steps[0].people or 0) if group.steps else 0


def _name(step: ReachedStep) -> str:
    return step.event or "any event"
