"""Trends: how often, by how many people, and how much, in each hour, day, week or month."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.periods import Periods
from ethogram.ask.kernels.trends import Counts, Groups, count, select
from ethogram.ask.kernels.windows import QUARTER
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import Breakdown, Key, check_cells, in_order, shown
from ethogram.ask.questions.calendar import Calendar, Unit, calendar
from ethogram.ask.questions.chunk import chunk, frozen
from ethogram.ask.questions.marks import Marked, Marker
from ethogram.ask.questions.measures import MEASURES, Number, Values, distinct, numbers
from ethogram.ask.questions.question import Asked, Found, Named, Question, Scope, period_asked
from ethogram.ask.questions.sampling import enlarged
from ethogram.ask.questions.spec import Spec, range_of, zone_of
from ethogram.ask.questions.step import PropertyName, Step
from ethogram.ask.questions.trends_plain import plain
from ethogram.ask.sequences.run import Int64s, Part, Run
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

MeasureName: TypeAlias = Literal[
    "total", "people", "sum", "mean", "min", "max", "p50", "p90", "p95", "p99", "distinct"
]
SCALED = ("total", "people", "sum")
RULES = {
    "points": "every period from the first to the last, to now at most; the first and the last "
    "may be cut by from, to or now",
    "people": "each once per period and group",
    "values": "events without a value of the property, or with one of another type, do not count; "
    "without any, sum and distinct are 0 and the others null",
    "percentiles": "linear interpolation between the nearest ranks",
    "by": "the value of each event",
}


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The product of two numeric properties of an event."""

    product: tuple[PropertyName, PropertyName]


class Series(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line: a ``measure`` of the events called ``event`` for which ``where`` holds."""

    event: str | None = None
    measure: MeasureName = "total"
    property: str | tuple[str, ...] | Product | None = None
    where: Predicate | None = None
    name: str | None = None


class Trends(Spec, frozen=True, forbid_unknown_fields=True, tag="trends"):
    """How often, by how many people and how much, over time.

    Each of the ``series`` has a point per ``interval`` of the calendar in ``timezone``; one is an
    object or an event's name.

    >>> Trends(["purchase"], interval="month").series[0].measure
    'total'
    """

    series: tuple[Series | str, ...]
    interval: Unit = "day"

    def __post_init__(self) -> None:
        super().__post_init__()
        each = tuple(Series(s) if isinstance(s, str) else s for s in self.series)
        msgspec.structs.force_setattr(self, "series", each)


@dataclass(frozen=True)
class Drawn:
    """Per pick and group the counts, and per series and group what its measure gathered."""

    counts: dict[tuple[int, Key], Counts] = field(default_factory=dict[tuple[int, Key], Counts])
    values: dict[tuple[int, Key], Any] = field(default_factory=dict[tuple[int, Key], Any])


def names(spec: Trends) -> Named:
    """What a trend names; raises `Invalid` where its fields do not fit each other."""
    if not spec.series:
        raise Invalid("no_series", "A trend needs a series.", at="$.series")
    for i, each in enumerate(_series(spec)):
        counted = each.measure in ("total", "people")
        if counted != (each.property is None):
            raise Invalid(
                "bad_measure",
                f"The measure {each.measure} takes {'no' if counted else 'a'} property.",
                at=f"$.series[{i}].{'property' if counted else 'measure'}",
            )
        if each.measure == "distinct" and isinstance(each.property, Product):
            raise Invalid("bad_measure", "Distinct values are those of one property.",
                          at=f"$.series[{i}].property")  # fmt: skip
    return Named(
        [(_pick(each), f"$.series[{i}]") for i, each in enumerate(_series(spec))],
        [(name, f"$.series[{i}].property")
         for i, each in enumerate(_series(spec)) for name in _factors(each)],
    )  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A spec made ready: its series, their distinct picks, and each series' pick."""

    spec: Trends
    series: tuple[Series, ...]
    picks: list[Step]
    pick_of: list[int]
    days: Calendar


class Located(NamedTuple):
    """Some events: their index in the run, their period and their group."""

    where: Int64s
    within: Int64s
    groups: Int64s


def ask(spec: Trends, scope: Scope) -> Asked[Drawn]:
    """The trend's points."""
    series = _series(spec)
    # Keyed by their JSON: to Python a pick of true equals one of 1.
    picks = {msgspec.json.encode(pick): pick for pick in map(_pick, series)}
    pick_of = [[*picks].index(msgspec.json.encode(_pick(each))) for each in series]
    plan = Plan(spec, series, [*picks.values()], pick_of, _calendar(spec, scope))
    return Asked(partial(_over, plan), partial(merge, plan), Drawn(), partial(finish, plan))


def merge(plan: Plan, a: Drawn, b: Drawn) -> Drawn:
    """The points of both."""
    counts, values = dict(a.counts), dict(a.values)
    for key, more in b.counts.items():
        known = counts.get(key)
        counts[key] = Counts(known[0] + more[0], known[1] + more[1]) if known else more
    for key, more in b.values.items():
        add = MEASURES[plan.series[key[0]].measure].merge
        values[key] = add(values[key], more) if key in values else more
    check_cells(max(len(counts), len(values)), len(plan.days))
    return Drawn(counts, values)


def finish(plan: Plan, total: Drawn) -> Found:
    """The series, each with its points; with ``by``, a series per group."""
    labels = [plan.days.label(p) for p in range(len(plan.days))]
    series: list[Row] = []
    for j, each in enumerate(plan.series):
        groups = in_order([key for pick, key in total.counts if pick == plan.pick_of[j]])
        for key in groups if plan.spec.by else [()]:
            by = shown(plan.spec.by, key)
            points = [
                list(point) for point in zip(labels, _values(plan, total, j, key), strict=True)
            ]
            series.append({"name": _name(each), **({"by": by} if by else {}), "points": points})
    return Found({"series": series}, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The points of every series, each with the name and the group's values of its series."""
    return [
        {"name": series["name"], **series.get("by", {}), "time": time, "value": value}
        for series in results["series"] for time, value in series["points"]
    ]  # fmt: skip


def _values(plan: Plan, total: Drawn, j: int, key: Key) -> list[Number]:
    """The values of series ``j`` for one group, a value per period; of a sample as of all."""
    share, measure = plan.spec.sample, plan.series[j].measure
    values = _found(plan, total, j, key)
    return values if share is None or measure not in SCALED else enlarged(values, share)


def _found(plan: Plan, total: Drawn, j: int, key: Key) -> list[Number]:
    measure, n = plan.series[j].measure, len(plan.days)
    if measure in ("total", "people"):
        found = total.counts.get((plan.pick_of[j], key))
        if found is None:
            return [0] * n
        return (found.events if measure == "total" else found.units).tolist()
    if (j, key) in total.values:
        return MEASURES[measure].finish(total.values[j, key])
    return [0 if measure in ("sum", "distinct") else None] * n


def _over(plan: Plan, part: Part) -> Callable[[int, int], Drawn]:
    run, when, by = part.run, range_of(plan.spec), plan.spec.by
    marker, breakdown = Marker(run, plan.picks, plan.spec.where), Breakdown(part, by)
    cut = None if by else plan.days.cut(when, QUARTER)
    quick = None if cut is None else plain(part, marker, _wanted(plan), cut)
    periods = plan.days.of(run)

    def partial(low: int, high: int) -> Drawn:
        drawn = Drawn()
        if quick:
            drawn.counts.update(((pick, ()), found) for pick, found in quick(low, high).items())
            if not any(each.property for each in plan.series):
                return drawn
        seen = chunk(part, low, high, when)
        marked = marker.mark(seen)

        def located(events: Events) -> tuple[Located, list[Key]]:
            where, within = select(events, periods)
            groups, keys = breakdown.groups(where + seen.first, len(where))
            return Located(where + seen.first, within, groups), keys

        for events, picks in () if quick else _passes(marked, len(plan.picks)):
            groups, keys = np.empty(0, np.int64), [()]
            if by:
                (_, _, groups), keys = located(events)
            rows = _counts(events, periods, len(picks), Groups(frozen(groups), len(keys)))
            for row, found in rows:
                pick, group = divmod(row, len(keys))
                drawn.counts[picks[pick], keys[group]] = found
        for j, each in enumerate(plan.series):
            if each.property is not None:
                own, keys = located(_only(marked, plan.pick_of[j]))
                check_cells(len(keys), len(plan.days))
                for g, gathered in _gathered(each, run, own, len(plan.days)):
                    drawn.values[j, keys[g]] = gathered
        return drawn

    return partial


def _wanted(plan: Plan) -> dict[str, set[int]]:
    """Of which picks the events are counted, and of which the people."""
    return {
        measure: {
            pick
            for pick, each in zip(plan.pick_of, plan.series, strict=True)
            if each.measure == measure
        }
        for measure in ("total", "people")
    }


def _counts(
    events: Events, periods: Periods, picks: int, groups: Groups
) -> Iterator[tuple[int, Counts]]:
    """The counts of every row, a pick's group, that has any."""
    size = (picks * groups.width, len(periods.bounds) - 1)
    check_cells(*size)
    out = Counts(np.zeros(size, np.int64), np.zeros(size, np.int64))
    codes = frozen(np.flatnonzero(events.table).astype(events.symbols.dtype))
    count(events, codes, periods, groups, out)
    for row in np.flatnonzero(out.units.any(1)).tolist():
        yield row, Counts(out.events[row], out.units[row])


def _gathered(each: Series, run: Run, events: Located, n: int) -> Iterator[tuple[int, Any]]:
    """What the series' measure gathers, of each group that has values."""
    measure = MEASURES[each.measure]
    factors, plain = [], []
    if measure.numeric:
        there, factors = numbers(run, _factors(each), events.where)
    else:
        there, plain = distinct(run, _factors(each)[0], events.where)
    groups, within = events.groups[there], events.within[there]
    for g in np.flatnonzero(np.bincount(groups)):
        own = np.flatnonzero(groups == g)
        values = Values(
            within[own],
            n,
            [factor[own] for factor in factors],
            [plain[i] for i in own] if plain else [],
        )
        yield int(g), measure.gather(values)


def _passes(marked: Marked, picks: int) -> Iterator[tuple[Events, list[int]]]:
    """The events marked by pick: all picks at once where no event is two of them."""
    alone = [int(bits).bit_length() - 1 for bits in marked.bits[1:]]
    if all(bits == 1 << pick for bits, pick in zip(marked.bits[1:].tolist(), alone, strict=True)):
        yield marked.events, alone
        return
    for pick in range(picks):
        yield _only(marked, pick), [pick]


def _only(marked: Marked, pick: int) -> Events:
    """The events that are this pick, marked 1."""
    chosen = ((marked.bits >> pick) & 1).astype(np.uint8)
    return marked.events._replace(table=frozen(chosen[marked.events.table]))


def _calendar(spec: Trends, scope: Scope) -> Calendar:
    first, last = period_asked(range_of(spec), scope)
    return calendar(spec.interval, zone_of(spec), first, last)


def _series(spec: Trends) -> tuple[Series, ...]:
    return tuple(Series(each) if isinstance(each, str) else each for each in spec.series)


def _pick(each: Series) -> Step:
    return Step(each.event, each.where)


def _factors(each: Series) -> tuple[PropertyName, ...]:
    if each.property is None:
        return ()
    return each.property.product if isinstance(each.property, Product) else (each.property,)


def _name(each: Series) -> str:
    if each.name is not None:
        return each.name
    event = each.event or "any event"
    if each.measure == "total":
        return event
    parts = [name if isinstance(name, str) else ".".join(name) for name in _factors(each)]
    return f"{event}: {' of '.join([each.measure, ' × '.join(parts)]) if parts else each.measure}"


TRENDS = Question(Trends, names, ask, rows, counted=frozenset())
