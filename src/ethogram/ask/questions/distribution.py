"""Distribution: how numbers are spread, of events a person, of values, or of times between."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.gaps import gaps
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
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.measures import numbers
from ethogram.ask.questions.occurring import groups_at, occurring, places_of
from ethogram.ask.questions.question import Asked, Behind, Found, Named, Question, Scope, listed
from ethogram.ask.questions.spec import Spec, range_of
from ethogram.ask.questions.spread import (
    BINS,
    MOST_BINS,
    PERCENTILES,
    Numbers,
    check_held,
    edges,
    histogram,
    percentiles,
    round_edges,
)
from ethogram.ask.questions.step import PropertyName, Step, step
from ethogram.ask.questions.sums import Floats, sums
from ethogram.ask.questions.trends import Product
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid

SECOND = 1_000_000

RULES = {
    "events": "how many such events each person has; people without any do not count",
    "values": "events without a value of the property, or with one of another type, do not count",
    "time": "in seconds, from each such event to the person's next other event of until, at the "
    "same instant or later; per person, from the first such event",
    "open": "such events that no event of until follows",
    "by": "per event its value; per person the value at the first event that counts",
    "percentiles": PERCENTILES,
    "histogram": BINS,
    "groups": "their histograms have the bins of everybody's",
}


class Distribution(Spec, frozen=True, forbid_unknown_fields=True, tag="distribution"):
    """How numbers are spread: a histogram and percentiles.

    ``of`` what: the number of ``event`` each person has; the values of a numeric ``property`` (or
    a product of two) of the event; or the time from it to the next ``until``. ``per`` says
    whether each event has its number or each person: of values, their ``measure``.

    >>> Distribution("cart", of="value", property="price").event.event
    'cart'
    """

    event: Step | str = Step()
    of: Literal["events", "value", "time"] = "events"
    per: Literal["person", "event"] | None = None
    property: str | tuple[str, ...] | Product | None = None
    measure: Literal["sum", "mean", "min", "max"] = "sum"
    until: Step | str | None = None
    bins: int | Literal["round"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "event", step(self.event))
        if self.until is not None:
            msgspec.structs.force_setattr(self, "until", step(self.until))


class Measured(NamedTuple):
    """Numbers, the unit of each, and the event it is known by; -1 is the time to what never came.

    Counts are whole, times are whole microseconds, values are floats.
    """

    values: Numbers
    units: Int64s
    where: Int64s


@dataclass(frozen=True)
class Gathered:
    """The numbers of one group in pieces, and how many starts are open."""

    values: list[Numbers] = field(default_factory=list[Numbers])
    open: int = 0

    def __add__(self, other: "Gathered") -> "Gathered":
        return Gathered(self.values + other.values, self.open + other.open)


Grouped: TypeAlias = dict[Key, Gathered]


def names(spec: Distribution) -> Named:
    """What a distribution names; raises `Invalid` where its fields do not fit each other."""
    if spec.of == "events" and spec.per == "event":
        raise Invalid("bad_per", "Events are counted per person.", at="$.per")
    for name, of, given in (
        ("property", "value", spec.property is not None),
        ("until", "time", spec.until is not None),
    ):
        if given != (spec.of == of):
            needs = "needs" if spec.of == of else "takes no"
            raise Invalid("bad_of", f'A distribution of "{spec.of}" {needs} "{name}".',
                          at=f"$.{name}")  # fmt: skip
    if isinstance(spec.bins, int) and not 1 <= spec.bins <= MOST_BINS:
        raise Invalid("bad_bins", f"A histogram has 1 to {MOST_BINS} bins.", at="$.bins")
    steps = [(step(spec.event), "$.event")]
    if spec.until is not None:
        steps.append((step(spec.until), "$.until"))
    return Named(steps, [(name, "$.property") for name in _factors(spec)])


def ask(spec: Distribution, _scope: Scope) -> Asked[Grouped]:
    """The numbers, group by group."""
    return Asked(partial(_over, spec), merge, {}, partial(finish, spec))


class Among(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those with a number from ``from`` (inclusive) to ``to`` (exclusive), as the answer has it.

    ``by``: of one group, its values as the answer writes them.
    """

    from_: float | None = msgspec.field(default=None, name="from")
    to: float | None = None
    by: dict[str, Value] | None = None


def people(spec: Distribution, _scope: Scope, cell: Among) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    chosen(spec.by, [], cell.by)

    def over(part: Part) -> Callable[[int, int], Int64s]:
        look, breakdown = _look(spec, part), Breakdown(part, spec.by)

        def ids(low: int, high: int) -> Int64s:
            seen, found = look(low, high)
            groups, keys = groups_at(breakdown, seen, found.where)
            values = _shown(spec, found.values)
            meant = chosen(spec.by, keys, cell.by)[groups]
            if _timed(spec):
                meant &= values >= 0
            if cell.from_ is not None:
                meant &= values >= cell.from_
            if cell.to is not None:
                meant &= values < cell.to
            return seen.units[found.units[meant]]

        return ids

    return listed(over)


def merge(a: Grouped, b: Grouped) -> Grouped:
    """The numbers of both."""
    both = dict(a)
    for key, more in b.items():
        both[key] = both[key] + more if key in both else more
    check_cells(len(both), MOST_BINS)
    check_held(sum(len(piece) for each in both.values() for piece in each.values), 8)
    return both


def finish(spec: Distribution, total: Grouped) -> Found:
    """The distribution of everybody, and with ``by`` each group's."""
    pieces = [piece for each in total.values() for piece in each.values]
    everything = Gathered(pieces, sum(each.open for each in total.values()))
    ordered = _ordered(spec, everything)
    between = round_edges(ordered) if spec.bins == "round" else edges(ordered, spec.bins)
    results = _numbers(ordered, between, everything.open)
    if spec.by:
        results["groups"] = [
            {"by": shown(spec.by, key),
             **_numbers(_ordered(spec, total[key]), between, total[key].open)}
            for key in in_order(list(total))
        ]  # fmt: skip
    return Found(results, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The bins; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["histogram"]
    return [{**group["by"], **row} for group in results["groups"] for row in group["histogram"]]


def _ordered(spec: Distribution, found: Gathered) -> Numbers:
    """All values, ascending, as the answer shows them."""
    return _shown(spec, np.sort(np.concatenate([np.empty(0, np.int64), *found.values])))


def _numbers(ordered: Numbers, between: list[float], unanswered: int) -> dict[str, Any]:
    n = len(ordered)
    total = sums([np.asarray(ordered, np.float64)], np.zeros(n, np.int64), 1)
    return {
        "summary": {
            "count": n,
            "open": unanswered,
            "mean": float(total.quotients(np.array([n]))[0]) if n else None,
            "min": float(ordered[0]) if n else None,
            "max": float(ordered[-1]) if n else None,
            "percentiles": percentiles(ordered),
        },
        "histogram": histogram(ordered, between, "count"),
    }


def _over(spec: Distribution, part: Part) -> Callable[[int, int], Grouped]:
    look, breakdown = _look(spec, part), Breakdown(part, spec.by)

    def gathered(low: int, high: int) -> Grouped:
        seen, found = look(low, high)
        groups, keys = groups_at(breakdown, seen, found.where)
        check_cells(len(keys), MOST_BINS)
        pieces = [found.values[own] for own in places_of(groups, len(keys))]
        if _timed(spec):
            return {
                key: Gathered([own[own >= 0]], int((own < 0).sum()))
                for key, own in zip(keys, pieces, strict=True)
            }
        return {key: Gathered([own]) for key, own in zip(keys, pieces, strict=True)}

    return gathered


def _look(spec: Distribution, part: Part) -> Callable[[int, int], tuple[Chunk, Measured]]:
    """The numbers of the units of a chunk."""
    picks = [step(spec.event)] + ([step(spec.until)] if spec.until is not None else [])
    marker, when = Marker(part.run, picks, spec.where), range_of(spec)

    def look(low: int, high: int) -> tuple[Chunk, Measured]:
        seen = chunk(part, low, high, when)
        events, bits = marker.mark(seen)
        if spec.of == "events":
            counts, first, _ = occurring(events)
            units = np.flatnonzero(counts)
            return seen, Measured(counts[units], units, first[units])
        if spec.of == "value":
            return seen, _values(spec, seen, events)
        found = gaps(events, frozen(bits & 1), frozen(bits >> 1))
        first = _firsts(found.units) if spec.per == "person" else slice(None)
        return seen, Measured(found.lengths[first], found.units[first], found.where[first])

    return look


def _values(spec: Distribution, seen: Chunk, events: Events) -> Measured:
    """The values of the property, of each event or each unit."""
    where, units = listing(events)
    there, factors = numbers(seen.run, _factors(spec), where + seen.first)
    where, units = where[there], units[there]
    product: Floats = np.prod(factors, axis=0)
    if spec.per != "person" or not len(units):
        return Measured(product, units, where)
    first = _firsts(units)
    return Measured(_per_unit(spec, factors, first), units[first], where[first])


def _per_unit(spec: Distribution, factors: list[Floats], first: Int64s) -> Floats:
    """One number a unit; ``first`` are the places of each one's first value."""
    if spec.measure in ("min", "max"):
        best = np.minimum if spec.measure == "min" else np.maximum
        return best.reduceat(np.prod(factors, axis=0), first)
    counts = np.diff(first, append=len(factors[0]))
    total = sums(factors, np.repeat(np.arange(len(first)), counts), len(first))
    return total.quotients(counts if spec.measure == "mean" else np.ones_like(counts))


def _firsts(units: Int64s) -> Int64s:
    """Where each unit is met first, of units in order."""
    return np.flatnonzero(np.diff(units, prepend=-1))


def _shown(spec: Distribution, values: Numbers) -> Numbers:
    """Numbers as the answer shows them: times in seconds."""
    return values / SECOND if _timed(spec) else values


def _timed(spec: Distribution) -> bool:
    return spec.of == "time"


def _factors(spec: Distribution) -> tuple[PropertyName, ...]:
    if spec.property is None:
        return ()
    return spec.property.product if isinstance(spec.property, Product) else (spec.property,)


DISTRIBUTION = Question(
    Distribution, names, ask, rows, Behind(Among, people), counted=frozenset({"count", "open"})
)
