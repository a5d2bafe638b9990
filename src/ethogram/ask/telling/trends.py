"""What is told of a trend: points, each about the people who have such an event in its period.

How many they are is asked beside it. What a point would be over a longer range, or of all groups,
is easily asked for too; so where points are hidden, one about ``k`` people or more is among them,
along each line and across the groups.
"""

from typing import Any

from msgspec.structs import replace

from ethogram.ask.questions.calendar import calendar
from ethogram.ask.questions.earlier import year_before
from ethogram.ask.questions.formulas import formula
from ethogram.ask.questions.spec import Range, now_of, range_between, range_of, zone_of
from ethogram.ask.questions.step import MOST_PICKS
from ethogram.ask.questions.trends import Trends
from ethogram.ask.questions.trends_spec import Between, name, series_of
from ethogram.ask.telling import filters
from ethogram.ask.telling.periods import overlap, windowed
from ethogram.ask.telling.told import Hiding, Results, Rule
from ethogram.ask.telling.trends_beside import Line, asked, counted, counts_of, key_of
from ethogram.ask.telling.trends_flags import Flags, flags_of

MOST_GROUPS = 100_000
POINTS = ("points", "compared")


def beside(spec: Trends) -> Trends:
    """Of how many people each point is, before anything is computed from it."""
    series = asked(spec)
    narrowed = any(each.where is not None for each in series)
    return replace(
        spec,
        series=tuple(series),
        formulas=(),
        cumulative=False,
        moving_average=None,
        most_groups=MOST_GROUPS if narrowed else spec.most_groups,
    )


def hide(spec: Trends, hiding: Hiding, answered: Results) -> None:
    """Hide the points about few people, and the groups that no point about more is of."""
    every: list[Line] = hiding.results["series"]
    counts = {points: counts_of(spec, every, answered, points) for points in POINTS}
    known = {
        key for each in counts.values() for key, own in each.items()
        if any(max(own[str(j)], default=0) >= hiding.k for j in range(len(spec.series)))
    }  # fmt: skip
    lines = [line for line in every if not spec.by or "others" in line or key_of(line) in known]
    for points in POINTS:
        flags = flags_of(spec, every, counts[points], points, hiding.k)
        for at, line in enumerate(lines):
            if points in line:
                own = _of(spec, line, flags)
                _hide(spec, hiding, f"$.series[{at}].{points}", line[points], own)
    hiding.keep("series", hiding.results, lines)


def refused(spec: Trends) -> str | None:
    """Lines are known by their names; and of some nothing beside says by whom they differ."""
    names = [name(each) for each in series_of(spec)]
    if len(set(names)) < len(names):
        return "A trend of two series with one name does not say"
    growing = any(each.measure in ("people", "distinct") for each in series_of(spec))
    if spec.cumulative and spec.moving_average and growing:
        return "A moving average of people so far does not say"
    if _overlapping(spec):
        return "A trend compared with a time that overlaps its own does not say"
    why = filters.refused(spec, counted(spec))
    if why is None and len(asked(spec)) > MOST_PICKS:
        return f"A trend of {len(names)} series does not say"
    return why


def _overlapping(spec: Trends) -> bool:
    """Whether the time that a trend is compared with shares instants with its own."""
    zone, (first, last) = zone_of(spec), range_of(spec)
    if first is None or spec.compare in (None, "previous"):
        return False
    if isinstance(spec.compare, Between):
        other = range_between(spec.compare.from_, spec.compare.to, zone, "$.compare")
        return overlap(Range(first, last), other)
    now = max(now_of(spec, first), first)
    days = calendar(spec.interval, zone, first, now, week_starts=spec.week_starts)
    end = days.end(len(days) - 1) if last is None else last
    return overlap(Range(first, end), year_before(first, end, zone, spec.interval))


def _of(spec: Trends, line: Line, flags: Flags) -> list[list[bool]]:
    """The flags of a line: its series', or of a formula those of the series in it."""
    series = series_of(spec)
    if line.get("formula") is None:
        own = [j for j, each in enumerate(series) if name(each) == line["name"]]
    else:
        own = sorted(formula(line["formula"], len(series), "$")[1])
    return [flags[key_of(line)][j] for j in own]


def _hide(
    spec: Trends, hiding: Hiding, place: str, points: list[Any], flags: list[list[bool]]
) -> None:
    hidden = [any(column) for column in zip(*flags, strict=True)] or [False] * len(points)
    for p, own in enumerate(windowed(hidden, spec.moving_average or 1)):
        if own:
            hiding.null(f"{place}[{p}]", points[p], [1])


RULE = Rule(hide, beside, refused)
