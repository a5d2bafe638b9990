"""What is told of a trend: points, each about the people who have such an event in its period.

How many they are is asked beside it. What a point would be over a longer range, or of all groups,
is easily asked for too; so where points are hidden, one about ``k`` people or more is among them,
along each line and across the groups.
"""

from sys import float_info
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from ethogram.ask.questions.formulas import formula
from ethogram.ask.questions.measures import percent
from ethogram.ask.questions.trends import Series, Trends
from ethogram.ask.questions.trends_spec import factors, name, series_of
from ethogram.ask.telling.periods import complemented, cumulated, windowed
from ethogram.ask.telling.spreads import lonely
from ethogram.ask.telling.told import Hiding, Results, Rule
from ethogram.events.predicate import Predicate

Line: TypeAlias = dict[str, Any]
People: TypeAlias = dict[bytes, list[int]]
"""By group, how many people each point is about."""
Flags: TypeAlias = dict[bytes, list[bool]]
"""By group, which points are hidden."""
MOST_GROUPS = 100_000
POINTS = ("points", "compared")
_EXTREMES = {"min": 0.0, "max": 100.0}


def beside(spec: Trends) -> Trends:
    """Of how many people each point is, before anything is computed from it."""
    series = [_people(each, str(j)) for j, each in enumerate(series_of(spec))]
    valued = any(factors(each) for each in series_of(spec))
    return replace(
        spec,
        series=tuple(series),
        formulas=(),
        cumulative=False,
        moving_average=None,
        most_groups=MOST_GROUPS if valued else spec.most_groups,
    )


def hide(spec: Trends, hiding: Hiding, counted: Results) -> None:
    """Hide the points about few people, and the groups that no point about more is of."""
    every: list[Line] = hiding.results["series"]
    people = {points: _people_of(spec, every, counted, points) for points in POINTS}
    known = {key for each in people.values() for own in each for key, n in own.items()
             if max(n, default=0) >= hiding.k}  # fmt: skip
    lines = [line for line in every if not spec.by or "others" in line or key_of(line) in known]
    hiding.keep("series", hiding.results, lines)
    for points in POINTS:
        flags = [_flags(spec, j, each, hiding.k) for j, each in enumerate(people[points])]
        for at, line in enumerate(lines):
            if points in line:
                own = _of(spec, line, flags)
                _hide(spec, hiding, f"$.series[{at}].{points}", line[points], own)


def refused(spec: Trends) -> str | None:
    """Lines are known by their names."""
    names = [name(each) for each in series_of(spec)]
    return (
        None
        if len(set(names)) == len(names)
        else "A trend of two series with one name does not say"
    )


def key_of(line: Line) -> bytes:
    """The group that a line is of."""
    return msgspec.json.encode([line.get("by"), line.get("others", False)])


def _people(each: Series, called: str) -> Series:
    """The people whom a series' points are about: those with a value, where it is of values."""
    said = [_has(factor, each.measure) for factor in factors(each)]
    said += [] if each.where is None else [each.where]
    where = None if not said else said[0] if len(said) == 1 else Predicate(all=tuple(said))
    return Series(each.event, "people", where=where, name=called, trailing=each.trailing)


def _has(factor: str | tuple[str, ...], measure: str) -> Predicate:
    if measure == "distinct":
        return Predicate(property=factor, op="exists")
    return Predicate(property=factor, op="<=", value=float_info.max)  # any number, nothing else


def _people_of(spec: Trends, lines: list[Line], counted: Results, points: str) -> list[People]:
    """Of each series the people of each line; of the others the most of one of them."""
    chosen = {key_of(line) for line in lines}
    others = next((key_of(line) for line in lines if "others" in line), None)
    found: list[People] = []
    for j in range(len(spec.series)):
        own = [line for line in counted["series"] if line["name"] == str(j) and points in line]
        every = {key_of(line): [n or 0 for _, n in line[points]] for line in own}
        rest = [people for key, people in every.items() if key not in chosen]
        if others is not None and others not in every and rest:
            every[others] = [max(column) for column in zip(*rest, strict=True)]
        found.append({key: people for key, people in every.items() if key in chosen})
    return found


def _flags(spec: Trends, j: int, people: People, k: int) -> Flags:
    """The points of one series that are hidden before means over several are taken."""
    share = _percent(series_of(spec)[j])
    keys = list(people)
    rows = complemented([people[key] for key in keys], k)
    if spec.cumulative:
        rows = [cumulated(people[key], k) for key in keys]
    if share is not None:
        rows = [[own or lonely(share, n, k) for own, n in zip(row, people[key], strict=True)]
                for key, row in zip(keys, rows, strict=True)]  # fmt: skip
    return dict(zip(keys, rows, strict=True))


def _percent(each: Series) -> float | None:
    """The percentile that a series shows; an extreme is one too."""
    measure = each.statistic or "mean" if each.measure == "per_person" else each.measure
    share = percent(measure)
    return _EXTREMES.get(measure) if share is None else float(share)


def _of(spec: Trends, line: Line, flags: list[Flags]) -> list[list[bool]]:
    """The flags of a line: its series', or of a formula those of the series in it."""
    series, key = series_of(spec), key_of(line)
    if line.get("formula") is None:
        own = [j for j, each in enumerate(series) if name(each) == line["name"]]
    else:
        own = sorted(formula(line["formula"], len(series), "$")[1])
    return [flags[j][key] for j in own if key in flags[j]]


def _hide(
    spec: Trends, hiding: Hiding, place: str, points: list[Any], flags: list[list[bool]]
) -> None:
    hidden = [any(column) for column in zip(*flags, strict=True)] or [False] * len(points)
    for p, own in enumerate(windowed(hidden, spec.moving_average or 1)):
        if own:
            hiding.null(f"{place}[{p}]", points[p], [1])


RULE = Rule(hide, beside, refused)
