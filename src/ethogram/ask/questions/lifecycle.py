"""Lifecycle: who is new in each interval, who stays, who comes back and who stays away."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.lifecycle import DORMANT, lifecycle, standing
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import (
    Breakdown,
    Key,
    Value,
    check_cells,
    chosen,
    counted,
    in_order,
    shown,
)
from ethogram.ask.questions.calendar import Calendar, calendar
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.occurring import groups_at, occurring
from ethogram.ask.questions.question import (
    Asked,
    Behind,
    Found,
    Named,
    Question,
    Scope,
    listed,
    period_asked,
)
from ethogram.ask.questions.spec import Range, Spec, range_of, zone_of
from ethogram.ask.questions.step import Step, step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid
from ethogram.events.times import SECOND

State: TypeAlias = Literal["new", "returning", "resurrected", "dormant"]
STATES: tuple[State, ...] = ("new", "returning", "resurrected", "dormant")
Counted: TypeAlias = dict[Key, Int64s]
"""Of each group, people per state and interval: int64[4, intervals]."""

RULES = {
    "new": "the first event ever, of those asked for, lies in the interval; what happened before "
    "from counts",
    "returning": "active in the interval and in the one before",
    "resurrected": "active in the interval, not in the one before, and some time before that",
    "dormant": "active in the interval before and not in this one; a negative number",
    "intervals": "whole ones: from is taken back to the start of its interval",
    "complete": "whether the interval had ended by to and by now; until then who is dormant "
    "may still come",
    "by": "the value at the person's first event ever",
}


class Lifecycle(Spec, frozen=True, forbid_unknown_fields=True, tag="lifecycle"):
    """Who is new, who stays, who comes back and who stays away, interval by interval.

    A person is active in an ``interval`` with an ``event`` in it; without one, with any.

    >>> Lifecycle("login", interval="week").event.event
    'login'
    """

    event: Step | str = Step()
    interval: Literal["day", "week", "month"] = "day"

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "event", step(self.event))


def names(spec: Lifecycle) -> Named:
    """What a lifecycle names."""
    return Named([(step(spec.event), "$.event")])


def ask(spec: Lifecycle, scope: Scope) -> Asked[Counted]:
    """The people per interval and state."""
    days = _calendar(spec, scope)
    check_cells(1, _cells(days))
    return Asked(
        partial(_over, spec, days),
        partial(counted, _cells(days)),
        {},
        partial(finish, spec, scope.now, days),
    )


class Stand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those in ``state`` in the interval that begins at ``interval``, as the answer writes it.

    ``by``: of one group, its values as the answer writes them.
    """

    interval: str
    state: State
    by: dict[str, Value] | None = None


def people(spec: Lifecycle, scope: Scope, cell: Stand) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    days = _calendar(spec, scope)
    chosen(spec.by, [], cell.by)
    labels = [days.label(p) for p in range(1, len(days))]
    if cell.interval not in labels:
        raise Invalid("no_such_interval", f"No interval begins at {cell.interval!r}.",
                      at="interval", hint=f"The first begins at {labels[0]}.")  # fmt: skip
    p, state = labels.index(cell.interval) + 1, STATES.index(cell.state) + 1

    def over(part: Part) -> Callable[[int, int], Int64s]:
        look, breakdown = _look(spec, part), Breakdown(part, spec.by)
        bounds = tuple((days.starts[p - 1 : p + 2] - part.run.origin).tolist())

        def ids(low: int, high: int) -> Int64s:
            seen, events = look(low, high)
            there = standing(events, bounds) == state
            groups, keys = _groups(breakdown, seen, events)
            return seen.units[there & np.append(chosen(spec.by, keys, cell.by), False)[groups]]

        return ids

    return listed(over)


def finish(spec: Lifecycle, now: int, days: Calendar, total: Counted) -> Found:
    """The intervals, and with ``by`` each group's."""
    last = range_of(spec).last
    until = now if last is None else min(last, now)
    heads: list[Row] = [
        {"from": days.label(p), "complete": days.end(p) <= until} for p in range(1, len(days))
    ]
    overall = sum(total.values(), np.zeros((len(STATES), len(days)), np.int64))
    intervals = _rows(heads, overall)
    if not spec.by:
        return Found({"intervals": intervals}, RULES)
    groups: list[Row] = [
        {"by": shown(spec.by, key), "intervals": _rows(heads, total[key])}
        for key in in_order(list(total))
    ]
    return Found({"intervals": intervals, "groups": groups}, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The intervals; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["intervals"]
    return [{**group["by"], **row} for group in results["groups"] for row in group["intervals"]]


def _rows(heads: list[Row], counts: Int64s) -> list[Row]:
    return [
        {**head, **{state: int(count) for state, count in zip(STATES, column, strict=True)},
         "dormant": -int(column[DORMANT])}
        for head, column in zip(heads, counts.T[1:], strict=True)
    ]  # fmt: skip


def _over(spec: Lifecycle, days: Calendar, part: Part) -> Callable[[int, int], Counted]:
    look, breakdown = _look(spec, part), Breakdown(part, spec.by)
    periods = days.of(part.run)

    def counts(low: int, high: int) -> Counted:
        seen, events = look(low, high)
        groups, keys = _groups(breakdown, seen, events)
        check_cells(len(keys), _cells(days))
        out = np.zeros((len(keys) + 1, len(STATES), len(days)), np.int64)
        lifecycle(events, periods, frozen(groups), out)
        return dict(zip(keys, out, strict=False))

    return counts


def _look(spec: Lifecycle, part: Part) -> Callable[[int, int], tuple[Chunk, Events]]:
    """The events asked for, from the first ever on."""
    marker = Marker(part.run, [step(spec.event)], spec.where)
    when = Range(None, range_of(spec).last)

    def look(low: int, high: int) -> tuple[Chunk, Events]:
        seen = chunk(part, low, high, when)
        return seen, marker.mark(seen).events

    return look


def _groups(breakdown: Breakdown, seen: Chunk, events: Events) -> tuple[Int64s, list[Key]]:
    """The group of each unit, and the groups' keys; one more group is of units without events."""
    if not breakdown.columns:
        return np.zeros(len(events.begins), np.int64), [()]
    first = occurring(events).first
    active = np.flatnonzero(first >= 0)
    own, keys = groups_at(breakdown, seen, first[active])
    groups = np.full(len(first), len(keys))
    groups[active] = own
    return groups, keys


def _cells(days: Calendar) -> int:
    return len(STATES) * len(days)


def _calendar(spec: Lifecycle, scope: Scope) -> Calendar:
    """The intervals asked for, and one before them."""
    first, last = period_asked(range_of(spec), scope)
    shown = calendar(spec.interval, zone_of(spec), first, last)
    return calendar(spec.interval, zone_of(spec), int(shown.starts[0]) * SECOND - 1, last)


LIFECYCLE = Question(Lifecycle, names, ask, rows, Behind(Stand, people), counted=frozenset(STATES))
