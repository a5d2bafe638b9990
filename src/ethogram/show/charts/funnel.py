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
    if not first.people:
        return f"Nobody did {_name(first)}{when}."
    if len(answer.steps) == 1:
        return f"{words.people(first.people)} did {_name(first)}{when}."
    within = answer.asked.within
    limit = f" within {words.length(within)}" if within else ""
    said = (
        f"{words.share(last.conversion)} of {words.people(first.people)} "
        f"reached {_name(last)}{limit}{when}"
    )
    return f"{said}{_worst(answer.steps)}.{words.caution(first.people)}"


def option(answer: FunnelAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: one bar a step, or one a step and group, the largest groups first."""
    groups = sorted(answer.groups, key=_size, reverse=True)[: words.DRAWN]
    series = [(words.group(each.by), each.steps) for each in groups] or [("", answer.steps)]
    names = [f"{i}. {_name(step)}" for i, step in enumerate(answer.steps, 1)]
    return {
        **base(palette, headline(answer)),
        **legend(palette, [name for name, _ in series]),
        "grid": grid(top=8, right=120, bottom=40 if groups else 8),
        "xAxis": {"type": "value", "min": 0, "max": 100, "show": False},
        "yAxis": axis(
            palette, type="category", inverse=True, data=names,
            axisLabel={"width": 140, "overflow": "truncate", "interval": 0,
                       "color": palette.text},
        ),
        "series": [_bars(name, steps, palette, bool(groups)) for name, steps in series],
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
    said = f"{step.people:,} · {words.share(step.conversion)}"
    value = round(100 * (step.conversion or 0), 3)
    return {"value": value, "label": {"formatter": said}}


def _worst(steps: list[ReachedStep]) -> str:
    """The step that loses most, where there is more than one that could."""
    rates = [(step.conversion_from_previous, i) for i, step in enumerate(steps) if i]
    known = [(rate, i) for rate, i in rates if rate is not None]
    if len(steps) < 3 or not known:
        return ""
    rate, i = min(known)
    lost = f"{words.share(1 - rate)} stop"
    return f"; most are lost from {_name(steps[i - 1])} to {_name(steps[i])}, where {lost}"


def _size(group: FunnelGroup) -> int:
    return group.steps[0].people if group.steps else 0


def _name(step: ReachedStep) -> str:
    return step.event or "any event"
