"""Correlation: what people do, and are, who go on to convert, and what those who do not."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
import numpy as np

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.association import Table, adjusted, odds
from ethogram.ask.questions.breakdown import Value
from ethogram.ask.questions.encounters import (
    Candidate,
    Met,
    add,
    heading,
    in_order,
    meetings,
    who_met,
)
from ethogram.ask.questions.entrants import Find, entrants, units_of
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.question import Asked, Behind, Found, Named, Question, Scope, listed
from ethogram.ask.questions.spec import Spec, range_of
from ethogram.ask.questions.step import PropertyName, Step, step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid

UNLIMITED = 2**61
FLOOR, FLOOR_SHARE = 25, 0.02
MOST_SHOWN = 1000

RULES = {
    "started": "people who took the first step; converted: those who took all steps in order "
    "within the time from the first; an attempt is chosen as by the funnel",
    "candidates": "events after the instant of the first step, and before that of the last or, "
    "for those who did not convert, no later than the time from the first step and to; events "
    "called as one of the steps are left out",
    "values": "texts, numbers and flags of those events; of the person, the value that their "
    "events had given last when they took the first step",
    "floor": "met by 25 people at least, or by 2 % of those who started if that is less",
    "odds_ratio": "odds of converting of those who met it, by the odds of the others, with 1 added "
    "to each of the four counts",
    "low, high": "95 % interval of the odds ratio, from the normal distribution of its logarithm "
    "(Woolf)",
    "p": "two-sided, of the same distribution; p_adjusted: by Benjamini and Hochberg over all that "
    "were tested, which are those above the floor",
    "order": "by how far the odds ratio is from 1, either way, as a factor",
    "meaning": "what goes with converting need not be what makes people convert; and who converts "
    "soon has less time to meet anything",
}


class Correlation(Spec, frozen=True, forbid_unknown_fields=True, tag="correlation"):
    """What goes with converting: events, their values, and what is known of the people.

    Converting is to take the ``steps`` in order, ``within`` a length of time from the first.
    Every event name is a candidate; so is every value of ``properties`` with the name of its
    event, and of the person's ``person_properties``. The ``top`` ones are shown.

    >>> Correlation(["signup", "purchase"], within="7d").top
    20
    """

    steps: tuple[Step | str, ...]
    within: str | None = None
    properties: tuple[PropertyName, ...] = ()
    person_properties: tuple[PropertyName, ...] = ()
    top: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "steps", tuple(map(step, self.steps)))
        for name in ("properties", "person_properties"):
            said = tuple(each if isinstance(each, str) else tuple(each)
                         for each in getattr(self, name))  # fmt: skip
            msgspec.structs.force_setattr(self, name, said)


def names(spec: Correlation) -> Named:
    """What a correlation names; raises `Invalid` where its fields do not fit."""
    if len(spec.steps) < 2:
        raise Invalid("too_few_steps", "To convert takes a first step and a last one.",
                      at="$.steps", hint='Write "steps": ["signup", "purchase"].')  # fmt: skip
    if spec.by:
        raise Invalid("no_by", "A correlation is of all people at once.", at="$.by",
                      hint='Say whose it is by "people", or "where".')  # fmt: skip
    if not 1 <= spec.top <= MOST_SHOWN:
        raise Invalid("bad_top", f"From 1 to {MOST_SHOWN} candidates can be shown.", at="$.top")
    _within(spec)
    fields = {"properties": spec.properties, "person_properties": spec.person_properties}
    return Named(
        [(each, f"$.steps[{i}]") for i, each in enumerate(_steps(spec))],
        [(name, f"$.{field}[{i}]")
         for field, said in fields.items() for i, name in enumerate(said)],
    )  # fmt: skip


def ask(spec: Correlation, _scope: Scope) -> Asked[Met]:
    """How many met each candidate."""
    return Asked(partial(_over, spec), add, Met(), partial(finish, spec))


class Meeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Those who met a candidate, and ``converted`` or not; or, of None, both.

    As in the answer: an ``event``, with the ``value`` of a ``property`` or without; or a value of
    the person's. Without any of them, those who started.
    """

    event: str | None = None
    property: PropertyName | None = None
    value: Value = None
    converted: bool | None = None


def people(spec: Correlation, _scope: Scope, cell: Meeting) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    if (cell.property is None) != (cell.value is None):
        raise Invalid("bad_cell", "A property and a value belong together.", at="value")

    def over(part: Part) -> Callable[[int, int], Int64s]:
        find, met = (
            _entrants(spec, part),
            who_met(part.run, spec.where, cell.event, cell.property, cell.value),
        )

        def ids(low: int, high: int) -> Int64s:
            found = find(low, high)
            meant = met(found)
            if cell.converted is not None:
                meant &= found.converted == cell.converted
            return part.run.units[units_of(part.run, low, found.starts[meant])]

        return ids

    return listed(over)


def finish(spec: Correlation, total: Met) -> Found:
    """The candidates above the floor that go most with converting, or with not converting."""
    stayed, converted = total.started.tolist()
    excluded = {each.event for each in _steps(spec)}
    floor = min(FLOOR, FLOOR_SHARE * (stayed + converted))
    tested = [
        (candidate, counts.tolist())
        for candidate, counts in in_order(total.counts)
        if candidate.event not in excluded - {None} and counts.sum() >= floor
    ]
    found = [_row(candidate, counts, (stayed, converted)) for candidate, counts in tested]
    corrected = adjusted(np.array([each["p"] for each in found]))
    found = [{**each, "p_adjusted": float(p)} for each, p in zip(found, corrected, strict=True)]
    found.sort(key=lambda each: (-abs(math.log(each["odds_ratio"])), each["p"]))
    results = {"started": stayed + converted, "converted": converted, "tested": len(found),
               "candidates": found[: spec.top]}  # fmt: skip
    return Found(results, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The candidates."""
    return results["candidates"]


def _row(candidate: Candidate, counts: list[int], started: tuple[int, int]) -> Row:
    stayed, converted = counts
    table = Table(converted, stayed, started[1] - converted, started[0] - stayed)
    ratio = odds(table)
    others = table.second + table.neither
    return {
        "event": candidate.event,
        "property": heading(candidate),
        "value": candidate.typed[1],
        "people": converted + stayed,
        "converted": converted,
        "conversion": converted / (converted + stayed),
        "conversion_of_others": table.second / others if others else None,
        "odds_ratio": ratio.ratio,
        "low": ratio.low,
        "high": ratio.high,
        "p": ratio.p,
    }


def _over(spec: Correlation, part: Part) -> Callable[[int, int], Met]:
    find = _entrants(spec, part)
    meet = meetings(part.run, spec.where, spec.properties, spec.person_properties)
    return lambda low, high: meet(find(low, high))


def _entrants(spec: Correlation, part: Part) -> Find:
    marker = Marker(part.run, _steps(spec), spec.where)
    return entrants(part, marker, range_of(spec), len(spec.steps), _within(spec))


def _steps(spec: Correlation) -> list[Step]:
    return [step(each) for each in spec.steps]


def _within(spec: Correlation) -> int:
    return UNLIMITED if spec.within is None else microseconds(spec.within, "$.within")


CORRELATION = Question(
    Correlation, names, ask, rows, Behind(Meeting, people),
    counted=frozenset({"started", "converted", "people"}),
)  # fmt: skip
