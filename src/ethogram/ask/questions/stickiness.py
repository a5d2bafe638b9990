"""Stickiness: in how many days, weeks or months of the range people are active."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from ethogram.ask.kernels.active import active
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
from ethogram.ask.questions.chunk import Chunk, chunk
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
from ethogram.ask.questions.spec import Spec, range_of, zone_of
from ethogram.ask.questions.step import Step, step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid

Counted: TypeAlias = dict[Key, Int64s]
"""Of each group: element n - 1 are the people active in exactly n intervals."""

RULES = {
    "people": "those active in exactly so many intervals of the calendar, not necessarily one "
    "after the other",
    "at_least": "those active in so many intervals or more",
    "share": "of the people active in at least one",
    "intervals": "the first and the last may be cut by from, to or now",
    "by": "the value at the person's first event in the range",
}


class Stickiness(Spec, frozen=True, forbid_unknown_fields=True, tag="stickiness"):
    """In how many days, weeks or months of the range each person is active.

    A person is active in an ``interval`` with an ``event`` in it; without one, with any.

    >>> Stickiness("login", interval="week").event.event
    'login'
    """

    event: Step | str = Step()
    interval: Literal["day", "week", "month"] = "day"

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "event", step(self.event))


def names(spec: Stickiness) -> Named:
    """What a stickiness names."""
    return Named([(step(spec.event), "$.event")])


def ask(spec: Stickiness, scope: Scope) -> Asked[Counted]:
    """The people per number of intervals."""
    days = _calendar(spec, scope)
    check_cells(1, len(days))
    return Asked(
        partial(_over, spec, days),
        partial(counted, len(days)),
        {},
        partial(finish, spec, len(days)),
    )


class Often(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those active in exactly ``intervals`` of them; with ``at_least``, in so many or more.

    ``by``: of one group, its values as the answer writes them.
    """

    intervals: int
    at_least: bool = False
    by: dict[str, Value] | None = None


def people(spec: Stickiness, scope: Scope, cell: Often) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    days, n = _calendar(spec, scope), cell.intervals
    chosen(spec.by, [], cell.by)
    if not 1 <= n <= len(days):
        raise Invalid("no_such_number", f"Nobody can be active in {n} intervals.", at="intervals",
                      hint=f"There are {len(days)}.")  # fmt: skip

    def over(part: Part) -> Callable[[int, int], Int64s]:
        look = _look(spec, days, part)

        def ids(low: int, high: int) -> Int64s:
            seen, units, often, groups, keys = look(low, high)
            enough = often >= n if cell.at_least else often == n
            return seen.units[units[enough & chosen(spec.by, keys, cell.by)[groups]]]

        return ids

    return listed(over)


def finish(spec: Stickiness, intervals: int, total: Counted) -> Found:
    """The people per number of intervals, and with ``by`` each group's."""
    everybody = _rows(sum(total.values(), np.zeros(intervals, np.int64)))
    if not spec.by:
        return Found({"stickiness": everybody}, RULES)
    groups: list[Row] = [
        {"by": shown(spec.by, key), "stickiness": _rows(total[key])} for key in in_order([*total])
    ]
    return Found({"stickiness": everybody, "groups": groups}, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """A row per number of intervals; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["stickiness"]
    return [{**group["by"], **row} for group in results["groups"] for row in group["stickiness"]]


def _rows(exactly: Int64s) -> list[Row]:
    people = int(exactly.sum())
    at_least = exactly[::-1].cumsum()[::-1].tolist()
    return [
        {"intervals": n, "people": own, "at_least": more, "share": own / people if people else None}
        for n, (own, more) in enumerate(zip(exactly.tolist(), at_least, strict=True), 1)
    ]


def _over(spec: Stickiness, days: Calendar, part: Part) -> Callable[[int, int], Counted]:
    look = _look(spec, days, part)

    def counts(low: int, high: int) -> Counted:
        _, _, often, groups, keys = look(low, high)
        check_cells(len(keys), len(days))
        cells = np.bincount(groups * len(days) + often - 1, minlength=len(keys) * len(days))
        return dict(zip(keys, cells.reshape(-1, len(days)), strict=True))

    return counts


def _look(
    spec: Stickiness, days: Calendar, part: Part
) -> Callable[[int, int], tuple[Chunk, Int64s, Int64s, Int64s, list[Key]]]:
    """Of each chunk the active units, in how many intervals, their group, and the groups' keys."""
    marker = Marker(part.run, [step(spec.event)], spec.where)
    breakdown = Breakdown(part, spec.by)
    when, periods = range_of(spec), days.of(part.run)

    def look(low: int, high: int) -> tuple[Chunk, Int64s, Int64s, Int64s, list[Key]]:
        seen = chunk(part, low, high, when)
        events, _ = marker.mark(seen)
        often = active(events, periods)
        units = np.flatnonzero(often)
        first = occurring(events).first[units] if spec.by else units
        groups, keys = groups_at(breakdown, seen, first)
        return seen, units, often[units], groups, keys

    return look


def _calendar(spec: Stickiness, scope: Scope) -> Calendar:
    first, last = period_asked(range_of(spec), scope)
    return calendar(spec.interval, zone_of(spec), first, last)


STICKINESS = Question(
    Stickiness,
    names,
    ask,
    rows,
    Behind(Often, people),
    counted=frozenset({"people", "at_least"}),
)
