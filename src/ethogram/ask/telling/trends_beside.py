"""What is asked beside a trend: of how many people its points are, and by whom they differ."""

from collections.abc import Iterator
from sys import float_info
from typing import Any, TypeAlias

import msgspec

from ethogram.ask.questions.trends_spec import Series, Trends, factors, name, series_of
from ethogram.ask.telling import filters
from ethogram.ask.telling.told import Results
from ethogram.events.predicate import Predicate

Line: TypeAlias = dict[str, Any]
Counted: TypeAlias = dict[bytes, dict[str, list[int]]]
"""By group and by the name of a series asked beside, how many people each point is about."""


def asked(spec: Trends) -> list[Series]:
    """The people of each series, called by its number; and what else is to be known of several."""
    people = counted(spec)
    found = [msgspec.structs.replace(each, name=str(j)) for j, each in enumerate(people)]
    for j, each in enumerate(people):
        if each.trailing is not None:
            found.append(Series(each.event, "people", where=each.where, name=f"{j} now"))
    for first in {own[0]: None for own in repeating(spec)}:
        each = people[first]
        found.append(Series(each.event, where=each.where, name=f"{first} events"))
    return [*found, *filters.beside(people)]


def counted(spec: Trends) -> list[Series]:
    """The people whom each series' points are about: those with a value, where it is of values."""
    return [Series(each.event, "people", where=_where(each), trailing=each.trailing)
            for each in series_of(spec)]  # fmt: skip


def repeating(spec: Trends) -> Iterator[list[int]]:
    """Series of the same events that tell both how many these are and how many people have any.

    The difference is what some people do again.
    """
    series = series_of(spec)
    for same in (same for own in filters.of_events(counted(spec)) for same in own):
        measures = {series[j].measure for j in same}
        if "per_person" in measures or ("people" in measures and len(measures) > 1):
            yield same


def counts_of(spec: Trends, lines: list[Line], answered: Results, points: str) -> Counted:
    """What the series asked beside count; of the other groups the most of one of them."""
    width = max((len(line[points]) for line in lines if points in line), default=0)
    chosen = dict.fromkeys(key_of(line) for line in lines)
    others = next((key_of(line) for line in lines if "others" in line), None)
    found: Counted = {key: {} for key in chosen}
    for each in asked(spec):
        own = [line for line in answered["series"] if line["name"] == each.name and points in line]
        every = {key_of(line): [n or 0 for _, n in line[points]] for line in own}
        rest = [people for key, people in every.items() if key not in chosen]
        if others is not None and others not in every and rest:
            every[others] = [max(column) for column in zip(*rest, strict=True)]
        for key in chosen:
            found[key][name(each)] = every.get(key, [0] * width)
    return found


def key_of(line: Line) -> bytes:
    """The group that a line is of."""
    return msgspec.json.encode([line.get("by"), line.get("others", False)])


def is_others(key: bytes) -> bool:
    """Whether a group is that of all others."""
    return msgspec.json.decode(key)[1]


def _where(each: Series) -> Predicate | None:
    said = [_has(factor, each.measure) for factor in factors(each)]
    said += [] if each.where is None else [each.where]
    return None if not said else said[0] if len(said) == 1 else Predicate(all=tuple(said))


def _has(factor: str | tuple[str, ...], measure: str) -> Predicate:
    if measure == "distinct":
        return Predicate(property=factor, op="exists")
    return Predicate(property=factor, op="<=", value=float_info.max)  # any number, nothing else
