"""The people behind a point of a trend."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec
import numpy as np

from ethogram.ask.questions.breakdown import Breakdown, Key, Value, chosen, other
from ethogram.ask.questions.question import Asked, Found, Scope, listed
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import range_between, zone_of
from ethogram.ask.questions.trends_cells import values
from ethogram.ask.questions.trends_events import Located, grouped, last_periods, located, seen
from ethogram.ask.questions.trends_over import Drawn, merge, over
from ethogram.ask.questions.trends_plan import Look, Plan, Span, plan
from ethogram.ask.questions.trends_points import largest
from ethogram.ask.questions.trends_spec import Trends
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid
from ethogram.events.times import SECOND


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those who count in a point of a ``series`` (from 1): people with events, or with values.

    ``period`` is the point's time, as the answer says it, or any in it; without it, all points.
    ``by`` are the values of a group; ``others``, of the groups without lines of their own.
    ``compared``: in the points compared with.
    """

    series: int = 1
    period: str | None = None
    by: dict[str, Value] | None = None
    others: bool = False
    compared: bool = False


def people(spec: Trends, scope: Scope, point: Point) -> Asked[Any]:
    """The ids of those whom ``point`` means."""
    ready = plan(spec, scope)
    if not 1 <= point.series <= len(ready.series):
        raise _none(f"There is no series {point.series}.", "series",
                    f"Series here go from 1 to {len(ready.series)}.")  # fmt: skip
    if point.compared and len(ready.spans) == 1:
        raise _none("This trend is compared with nothing.", "compared", 'Say "compare".')
    where = Where(point.series - 1, ready.spans[point.compared], _period(ready, point, spec))
    if not point.others:
        return _listed(ready, where, lambda keys: chosen(spec.by, keys, point.by))

    def again(total: Drawn) -> Asked[Int64s]:
        if not ready.too_many(len(total.totals)):
            raise _none("Every group has a line of its own.", "others", "")
        others = other(spec.by)
        ready_now = ready.with_groups(largest(ready, total))
        return _listed(ready_now, where, lambda keys: np.array([key == others for key in keys]))

    return Asked(partial(over, ready), partial(merge, ready), Drawn(), _nobody, again)


class Where(NamedTuple):
    """A point: a series (from 0), a span of the plan and one of its periods, or any."""

    series: int
    span: Span
    period: int | None


def _listed(plan: Plan, where: Where, mine: Callable[[list[Key]], Bools]) -> Asked[Int64s]:
    (look,) = (look for look in plan.looks(where.span, set()) if where.series in look.series)
    look = look._replace(series=[where.series])

    def over(part: Part) -> Callable[[int, int], Int64s]:
        events_of, breakdown = seen(plan, part, look), Breakdown(part, plan.spec.by)

        def ids(low: int, high: int) -> Int64s:
            found = located(look, grouped(plan, breakdown, next(events_of(low, high))))
            own = found.some(mine(found.keys)[found.groups])
            own = own.some(_counting(plan, look, where, own))
            return own.seen.chunk.units[np.unique(own.of.units)]

        return ids

    return listed(over)


def _counting(plan: Plan, look: Look, where: Where, own: Located) -> Bools:
    """Which events count in the point."""
    series, within = plan.series[where.series], own.of.within
    if series.measure == "people" and not plan.counted(where.series):
        until = last_periods(look, own)
    else:
        until = np.full_like(within, len(look.span.days)) if plan.spec.cumulative else within
    if where.period is None:
        there = within <= until
    else:
        there = (within <= where.period) & (where.period <= until)
    if series.measure not in ("total", "people"):
        here, _, _ = values(series, own)
        there &= np.isin(np.arange(len(there)), here)
    return there


def _period(plan: Plan, point: Point, spec: Trends) -> int | None:
    if point.period is None:
        return None
    days = plan.spans[point.compared].days
    first, _ = range_between(point.period, None, zone_of(spec), "period")
    period = int(np.searchsorted(days.starts, (first or 0) // SECOND, side="right")) - 1
    if 0 <= period < len(days):
        return period
    raise _none("There is no point of that time.", "period",
                f"They go from {days.label(0)} to {days.label(len(days) - 1)}.")  # fmt: skip


def _nobody(_total: Drawn) -> Found:
    return Found({"people": np.empty(0, np.int64)}, {})


def _none(message: str, at: str, hint: str) -> Invalid:
    return Invalid("no_such_point", message, at=at, hint=hint)
