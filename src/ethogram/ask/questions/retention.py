"""Retention: of the people who start in a period, how many return in the periods after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import msgspec
import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.retention import Days, Returned, Returns, entries, follow
from ethogram.ask.kernels.windows import Among, among
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import Breakdown, Key, check_cells, in_order, shown
from ethogram.ask.questions.calendar import Calendar, calendar
from ethogram.ask.questions.chunk import chunk, frozen, relative
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.question import Asked, Found, Named, Question, Scope, period_asked
from ethogram.ask.questions.spec import Range, Spec, range_of, zone_of
from ethogram.ask.questions.step import Step, step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid

RULES = {
    "returned": "element k: people with a return event k periods after the one they started in, "
    "at the instant of their start event or later",
    "immature": "a cell is null if its period ends after to, or after now",
    "pooled": "of all cohorts mature at k, the sum of returned[k] by the sum of the sizes",
    "by": "the value at the start event",
}
MOST_PERIODS = 1000


class Retention(Spec, frozen=True, forbid_unknown_fields=True, tag="retention"):
    """Who comes back: people by the period of their start, and how many of them return later.

    ``start_mode``: a person's first start ever (and it must lie in the range), the first in the
    range, or the first in each period (recurring: one person in several cohorts). ``mode``:
    returned in that very period, or in that or a later one.

    >>> Retention("signup", "login", period="week").periods
    8
    """

    start: Step | str
    return_: Step | str = msgspec.field(name="return")
    period: Literal["day", "week", "month"] = "day"
    periods: int = 8
    mode: Literal["on", "on_or_after"] = "on"
    start_mode: Literal["first_ever", "first_in_range", "recurring"] = "first_in_range"

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "start", step(self.start))
        msgspec.structs.force_setattr(self, "return_", step(self.return_))


@dataclass(frozen=True)
class Cohorts:
    """Per group, ``sizes[c]`` and ``returned[c, k]``, as int64 arrays."""

    groups: dict[Key, Returned] = field(default_factory=dict[Key, Returned])


def names(spec: Retention) -> Named:
    """What a retention names; raises `Invalid` where its fields do not fit."""
    if not 0 <= spec.periods <= MOST_PERIODS:
        raise Invalid("bad_periods", f"From 0 to {MOST_PERIODS} periods can be asked.",
                      at="$.periods")  # fmt: skip
    return Named([(step(spec.start), "$.start"), (step(spec.return_), "$.return")])


def ask(spec: Retention, scope: Scope) -> Asked[Cohorts]:
    """The cohorts' sizes and returns."""
    days = _calendar(spec, scope)
    check_cells(1, _cells(spec, days))
    return Asked(
        partial(_over, spec, days),
        partial(merge, _cells(spec, days)),
        Cohorts(),
        partial(finish, spec, scope.now, days),
    )


def _cells(spec: Retention, days: Calendar) -> int:
    """Of a group: a cell for each cohort and period."""
    return (len(days) - spec.periods) * (spec.periods + 1)


def merge(cells: int, a: Cohorts, b: Cohorts) -> Cohorts:
    """The people of both, who are different people; a group has ``cells``."""
    groups = dict(a.groups)
    for key, more in b.groups.items():
        known = groups.get(key)
        groups[key] = Returned(known[0] + more[0], known[1] + more[1]) if known else more
    check_cells(len(groups), cells)
    return Cohorts(groups)


def finish(spec: Retention, now: int, days: Calendar, total: Cohorts) -> Found:
    """The cohorts and the pooled rates, and with ``by`` each group's."""
    shape = (len(days) - spec.periods, spec.periods + 1)
    overall = Returned(np.zeros(shape[0], np.int64), np.zeros(shape, np.int64))
    for group in total.groups.values():
        overall = Returned(overall.sizes + group.sizes, overall.returned + group.returned)
    known = _mature(spec, now, days, shape[0])
    cohorts, pooled = _table(overall, known, days)
    if not spec.by:
        return Found({"cohorts": cohorts, "pooled": pooled}, RULES)
    groups: list[Row] = []
    for key in in_order(list(total.groups)):
        own, own_pooled = _table(total.groups[key], known, days)
        groups.append({"by": shown(spec.by, key), "cohorts": own, "pooled": own_pooled})
    return Found({"cohorts": cohorts, "pooled": pooled, "groups": groups}, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The cohorts; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["cohorts"]
    return [{**group["by"], **cohort} for group in results["groups"] for cohort in group["cohorts"]]


def _over(spec: Retention, days: Calendar, part: Part) -> Callable[[int, int], Cohorts]:
    run, when = part.run, range_of(spec)
    each = Days(days.of(run), days.windows(run))
    marker = Marker(run, [step(spec.start), step(spec.return_)], spec.where)
    breakdown = Breakdown(part, spec.by)
    earliest = relative(run, when)[0]
    whole = Range(None, when.last) if spec.start_mode == "first_ever" else when

    def partial(low: int, high: int) -> Cohorts:
        seen = chunk(part, low, high, whole)
        events, bits = marker.mark(seen)
        starts = frozen(bits & 1)
        entered = entries(events, starts, each.periods, earliest, spec.start_mode == "recurring")
        n = len(entered.where)
        groups, keys = breakdown.groups(entered.where + seen.first, n)
        check_cells(len(keys), _cells(spec, days))
        cohorts = len(days) - spec.periods
        out = Returned(
            np.zeros((len(keys), cohorts), np.int64),
            np.zeros((len(keys), cohorts, spec.periods + 1), np.int64),
        )
        returns = Returns(_among(events, bits >> 1), spec.mode == "on_or_after")
        follow(events, each, entered._replace(groups=groups), returns, out)
        return Cohorts({key: Returned(out.sizes[g], out.returned[g]) for g, key in enumerate(keys)})

    return partial


def _among(events: Events, chosen: Int64s) -> Among:
    """The events whose mark is 1 in ``chosen``.

    They are side by side: a pick is one code, or every one; and the marks of each of two picks
    follow each other.
    """
    symbols = np.flatnonzero(chosen[events.table]).tolist()
    return (
        among(events.symbols, symbols[0], symbols[-1]) if symbols else among(events.symbols, 1, 0)
    )


def _table(found: Returned, known: Int64s, days: Calendar) -> tuple[list[Row], list[float | None]]:
    """The cohorts' rows, and the pooled rates; ``known[c]`` cells of cohort c are mature."""
    cohorts: list[Row] = [
        {
            "from": days.label(c),
            "size": int(found.sizes[c]),
            "returned": [
                int(count) if k < known[c] else None for k, count in enumerate(found.returned[c])
            ],
        }
        for c in range(len(known))
    ]
    pooled: list[float | None] = []
    for k in range(found.returned.shape[1]):
        mature = known > k
        size = int(found.sizes[mature].sum())
        pooled.append(int(found.returned[mature, k].sum()) / size if size else None)
    return cohorts, pooled


def _mature(spec: Retention, now: int, days: Calendar, cohorts: int) -> Int64s:
    """How many of each cohort's cells are mature: those whose period has ended by then."""
    last = range_of(spec).last
    until = now if last is None else min(last, now)
    ended = sum(days.end(p) <= until for p in range(len(days)))
    return np.clip(ended - np.arange(cohorts), 0, None)


def _calendar(spec: Retention, scope: Scope) -> Calendar:
    first, last = period_asked(range_of(spec), scope)
    return calendar(spec.period, zone_of(spec), first, last, beyond=spec.periods)


RETENTION = Question(Retention, names, ask, rows)
