"""Recency, frequency, money: who bought lately, who buys often, who spends much."""

from collections.abc import Callable, Mapping
from functools import partial
from math import fsum
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import msgspec
import numpy as np

from ethogram.ask.kernels.active import active
from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.listing import listing
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import (
    Breakdown,
    Key,
    Value,
    check_cells,
    chosen,
    in_order,
    shown,
)
from ethogram.ask.questions.calendar import calendar
from ethogram.ask.questions.chunk import Chunk, chunk
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.measures import numbers
from ethogram.ask.questions.occurring import groups_at, occurring, places_of
from ethogram.ask.questions.question import (
    Asked,
    Behind,
    Found,
    Named,
    Question,
    Scope,
    period_asked,
)
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import Range, Spec, end_of, instant, range_of, zone_of
from ethogram.ask.questions.step import PropertyName, Step, step
from ethogram.ask.questions.sums import Floats, sums
from ethogram.ask.questions.trends import Product
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant
from ethogram.events.times import DAY, SECOND, iso

SCORES = 5
MOST_ROWS = SCORES**3
Segment: TypeAlias = Literal[
    "champions", "loyal", "potential loyalists", "new", "promising", "need attention",
    "about to sleep", "at risk", "not to be lost", "hibernating",
]  # fmt: skip
_BY_FREQUENCY: Mapping[int, tuple[Segment, ...]] = {
    5: ("new", "potential loyalists", "potential loyalists", "champions", "champions"),
    4: ("promising", "potential loyalists", "potential loyalists", "loyal", "loyal"),
    3: ("about to sleep", "about to sleep", "need attention", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at risk", "at risk", "not to be lost"),
    1: ("hibernating", "hibernating", "at risk", "at risk", "not to be lost"),
}
"""Of each score of recency, the segments of the scores 1 to 5 of frequency."""

RULES = {
    "people": "those with such an event in the range and before at",
    "recency": "whole days of 24 hours from the person's last such event to at",
    "frequency": "distinct values of order, where it is named (a missing one is none); else "
    "events, or with days, days of the calendar with one",
    "money": "the sum over the person's events; those without a number do not count",
    "scores": "1 to 5, 5 is best: one more than a fifth for every fifth of the people who are "
    "strictly worse; equals have equal scores",
    "segments": {f"recency {r}": ", ".join(row) for r, row in _BY_FREQUENCY.items()},
    "by": "the value at the person's last such event; scores are among everybody",
}


class Rfm(Spec, frozen=True, forbid_unknown_fields=True, tag="rfm"):
    """Who bought lately, who buys often and who spends much: recency, frequency and money.

    At the instant ``at`` (``to``, or now): days since the last ``event``, how many of them, and
    the sum of ``money``, a numeric property or a product of two. ``order``: a property; events
    that share its value are one order, and orders are counted.

    >>> Rfm("price", event="purchase", at="2026-01-01").frequency
    'events'
    """

    money: str | tuple[str, ...] | Product
    event: Step | str = Step()
    order: PropertyName | None = None
    frequency: Literal["events", "days"] = "events"
    at: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "event", step(self.event))


class Persons(NamedTuple):
    """Of some people: the id, the days since the last event, how many orders, how much money."""

    ids: Int64s
    recency: Int64s
    frequency: Int64s
    money: Floats


class Scores(NamedTuple):
    """Scores from 1 to 5, one a person, for each of the three."""

    recency: Int64s
    frequency: Int64s
    money: Int64s


Grouped: TypeAlias = dict[Key, list[Persons]]
"""The people of each group in pieces."""


def names(spec: Rfm) -> Named:
    """What the table names; raises `Invalid` where its fields do not fit each other."""
    if spec.order is not None and spec.frequency == "days":
        raise Invalid("bad_frequency", "Orders are counted, or days.", at="$.frequency",
                      hint='Leave out "order" or "frequency".')  # fmt: skip
    properties = [(name, "$.money") for name in _factors(spec)]
    if spec.order is not None:
        properties.append((spec.order, "$.order"))
    return Named([(step(spec.event), "$.event")], properties)


def ask(spec: Rfm, scope: Scope) -> Asked[Grouped]:
    """The table."""
    at = _at(spec, scope)
    return Asked(partial(_over, spec, scope), merge, {}, partial(finish, spec, at))


class Scored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those with such scores, of a segment and of a group: all that is said must hold."""

    recency: int | None = None
    frequency: int | None = None
    money: int | None = None
    segment: Segment | None = None
    by: dict[str, Value] | None = None


def people(spec: Rfm, scope: Scope, cell: Scored) -> Asked[Grouped]:
    """The ids of those whom ``cell`` means."""
    chosen(spec.by, [], cell.by)

    def finish(total: Grouped) -> Found:
        everybody, groups = _everybody(total)
        scores = _scored(everybody)
        meant = chosen(spec.by, [*total], cell.by)[groups]
        for own, wanted in zip(scores, (cell.recency, cell.frequency, cell.money), strict=True):
            if wanted is not None:
                meant &= own == wanted
        if cell.segment is not None:
            meant &= _segments(scores) == get_args(Segment).index(cell.segment)
        return Found({"people": everybody.ids[meant]}, {})

    return Asked(partial(_over, spec, scope), merge, {}, finish)


def merge(a: Grouped, b: Grouped) -> Grouped:
    """The people of both, who are different people."""
    both = dict(a)
    for key, more in b.items():
        both[key] = both.get(key, []) + more
    check_cells(len(both), MOST_ROWS)
    return both


def finish(spec: Rfm, at: Instant, total: Grouped) -> Found:
    """The means, the segments and the table of scores, and with ``by`` each group's."""
    everybody, groups = _everybody(total)
    scores = _scored(everybody)
    results = {"at": iso(at), **_numbers(everybody, scores)}
    if spec.by:
        places = dict(zip(total, places_of(groups, len(total)), strict=True))
        results["groups"] = [
            {"by": shown(spec.by, key),
             **_numbers(_taken(everybody, own), Scores(*(each[own] for each in scores)))}
            for key in in_order(list(total)) for own in [places[key]]
        ]  # fmt: skip
    return Found(results, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The segments; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["segments"]
    return [{**group["by"], **row} for group in results["groups"] for row in group["segments"]]


def _everybody(total: Grouped) -> tuple[Persons, Int64s]:
    """All people side by side, and the place of each one's group."""
    none = np.empty(0, np.int64)
    pieces = [Persons(none, none, none, np.empty(0)), *(p for own in total.values() for p in own)]
    people = Persons(
        np.concatenate([piece.ids for piece in pieces]),
        np.concatenate([piece.recency for piece in pieces]),
        np.concatenate([piece.frequency for piece in pieces]),
        np.concatenate([piece.money for piece in pieces]),
    )
    sizes = [sum(len(piece.ids) for piece in own) for own in total.values()]
    return people, np.repeat(np.arange(len(sizes)), sizes)


def _taken(people: Persons, which: Int64s) -> Persons:
    ids, recency, frequency, money = people
    return Persons(ids[which], recency[which], frequency[which], money[which])


def _scored(people: Persons) -> Scores:
    return Scores(_score(-people.recency), _score(people.frequency), _score(people.money))


def _score(values: Int64s | Floats) -> Int64s:
    """1 to 5: equal values have equal scores, by how many of all are less."""
    less = np.searchsorted(np.sort(values), values, side="left")
    return 1 + SCORES * less // max(len(values), 1)


def _segments(scores: Scores) -> Int64s:
    """The place of each person's segment among all of them."""
    place = get_args(Segment).index
    table = np.array([[0] * SCORES] + [[*map(place, _BY_FREQUENCY[r])] for r in range(1, 6)])
    return table[scores.recency, scores.frequency - 1]


def _numbers(people: Persons, scores: Scores) -> dict[str, Any]:
    segments, total = _segments(scores), len(people.ids)
    code = (scores.recency * 10 + scores.frequency) * 10 + scores.money
    return {
        "people": total,
        "once": int((people.frequency == 1).sum()),
        "means": _means(people, np.ones(total, np.bool_)),
        "segments": [
            {"segment": name, "people": int(own.sum()), "share": int(own.sum()) / total if total
             else None, **_means(people, own)}
            for i, name in enumerate(get_args(Segment)) for own in [segments == i]
        ],
        "scores": [
            {"recency_score": each // 100, "frequency_score": each // 10 % 10,
             "money_score": each % 10, "people": int(own.sum()), **_means(people, own)}
            for each in np.unique(code).tolist() for own in [code == each]
        ],
    }  # fmt: skip


def _means(people: Persons, among: Bools) -> dict[str, float | None]:
    """Exact sums, rounded once, by the number of people."""
    n = int(among.sum())
    return {
        name: fsum(values[among].tolist()) / n if n else None
        for name, values in people._asdict().items() if name != "ids"
    }  # fmt: skip


def _over(spec: Rfm, scope: Scope, part: Part) -> Callable[[int, int], Grouped]:
    run, marker = part.run, Marker(part.run, [step(spec.event)], spec.where)
    breakdown, at = Breakdown(part, spec.by), _at(spec, scope)
    when = Range(range_of(spec).first, at)
    often = _frequency(spec, part, scope, when)

    def grouped(low: int, high: int) -> Grouped:
        seen = chunk(part, low, high, when)
        events, _ = marker.mark(seen)
        counts, _, last = occurring(events)
        units = np.flatnonzero(counts)
        last = last[units]
        happened = (run.origin + seen.seconds[last].astype(np.int64)) * SECOND + seen.micros[last]
        persons = Persons(
            seen.units[units], (at - happened) // DAY, often(seen, events)[units],
            _money(spec, seen, events)[units],
        )  # fmt: skip
        groups, keys = groups_at(breakdown, seen, last)
        check_cells(len(keys), MOST_ROWS)
        places = zip(keys, places_of(groups, len(keys)), strict=True)
        return {key: [_taken(persons, own)] for key, own in places}

    return grouped


def _frequency(
    spec: Rfm, part: Part, scope: Scope, when: Range
) -> Callable[[Chunk, Events], Int64s]:
    """How often each unit of a chunk did it: events, days, or orders."""
    if spec.order is not None:
        return partial(_orders, Breakdown(part, (spec.order,)))
    if spec.frequency == "events":
        return lambda _, events: occurring(events).counts
    days = calendar("day", zone_of(spec), *period_asked(when, scope), at="$.frequency").of(part.run)
    return lambda _, events: active(events, days)


def _orders(breakdown: Breakdown, seen: Chunk, events: Events) -> Int64s:
    where, units = listing(events)
    groups, keys = groups_at(breakdown, seen, where)
    known = np.array([value is not None for ((_, value),) in keys], np.bool_)[groups]
    pairs = np.unique(units[known] * len(keys) + groups[known])
    return np.bincount(pairs // max(len(keys), 1), minlength=len(events.begins))


def _money(spec: Rfm, seen: Chunk, events: Events) -> Floats:
    """The money of each unit, summed exactly and rounded once."""
    where, units = listing(events)
    there, factors = numbers(seen.run, _factors(spec), where + seen.first)
    spent, place = np.unique(units[there], return_inverse=True)
    money = np.zeros(len(events.begins))
    money[spent] = sums(factors, place, len(spent)).quotients(np.ones_like(spent))
    return money


def _at(spec: Rfm, scope: Scope) -> Instant:
    """The instant as of which people are seen."""
    when = range_of(spec)
    at = instant(spec.at, zone_of(spec), "$.at")
    at = (when.last or end_of(scope.now)) if at is None else at
    if when.first is not None and at <= when.first:
        raise Invalid("empty_range", '"at" must lie after "from".', at="$.at")
    return at if when.last is None else min(at, when.last)


def _factors(spec: Rfm) -> tuple[PropertyName, ...]:
    return spec.money.product if isinstance(spec.money, Product) else (spec.money,)


RFM = Question(Rfm, names, ask, rows, Behind(Scored, people), counted=frozenset({"people", "once"}))
