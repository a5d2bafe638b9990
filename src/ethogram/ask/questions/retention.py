"""Retention: of the people who start in a period, how many return in the periods after."""

from collections.abc import Mapping
from functools import partial, reduce
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import check_cells, in_order, shown
from ethogram.ask.questions.question import Asked, Behind, Found, Question, Scope
from ethogram.ask.questions.retention_clock import Clock
from ethogram.ask.questions.retention_counts import Cohorts, Counted, added, merge, over
from ethogram.ask.questions.retention_people import Cell, people
from ethogram.ask.questions.retention_spec import (
    Retention,
    clock_of,
    matched,
    names,
    settled,
    until_of,
)
from ethogram.ask.questions.survival import survival
from ethogram.ask.sequences.run import Int64s
from ethogram.events.event import Instant

RULES = {
    "returned": "element k: people with a return event k periods after the one they started in, "
    "at the instant of their start event or later; the start event itself counts where it fits",
    "brackets": "element 0 is the period of the start, each later one the next so many periods",
    "mode": "on: returned in that very element; on_or_after: in it or later, also after the last "
    "one; on_or_before: in it or earlier; streak: in each element from the first after the start",
    "at_least": "so many return events within one element; after the last one, within a period",
    "start_mode": "first_ever: the first event that fits start, if it lies in the range; "
    "first_event_ever: the first event of start's name, if it fits start and lies in the range; "
    "first_in_range: the first that fits in the range; recurring: the first in each period",
    "clock": "calendar: periods as the zone has them; rolling: 1, 7 or 30 times 24 hours from the "
    "start event; floored: rolling, counted from the hour of the start, for weeks and months its "
    "day, of the zone",
    "cohort": "the calendar's period of the start event, whatever the clock",
    "immature": "a cell is null if it ends, for anyone who can be in the cohort, after to or now",
    "period_zero": "returned: as any other element; everyone: the cohort's size",
    "pooled": "of all cohorts mature at k, the sum of returned[k] by the sum of the sizes",
    "mean": "of all cohorts mature at k that have people, the mean of returned[k] by the size",
    "by": "the value at the start event; with by_must_match, each value as if there were no "
    "events of others: one person can be in several groups, and everyone is asked without by",
    "survival": "a person is active at the start and at each return event, and gone once silent "
    "passes without one, for good; active: the share not gone by period k, one whose last active "
    "period is k - 1 being gone by k; only periods that ended silent before to and now are known, "
    "and who is not known for longer is censored (Kaplan-Meier); error is Greenwood's, low and "
    "high are the 95 % interval by log(-log), null where nobody is gone",
}


def ask(spec: Retention, scope: Scope) -> Asked[Cohorts]:
    """The cohorts' sizes and returns."""
    clock, until = clock_of(spec, scope), until_of(spec, scope)
    cells = clock.size * len(clock.ends)
    check_cells(1, cells)
    return Asked(
        partial(over, spec, clock, until),
        partial(merge, cells),
        Cohorts(),
        partial(finish, spec, clock, until),
    )


def finish(spec: Retention, clock: Clock, until: Instant, total: Cohorts) -> Found:
    """The cohorts, the pooled and the mean rates, and with ``by`` each group's."""
    groups = {key: group for key, group in total.groups.items() if key}
    width = clock.ends[-1] + 1 if spec.silent else 0
    nobody = Counted(
        np.zeros(clock.size, np.int64),
        np.zeros((clock.size, len(clock.ends)), np.int64),
        *np.zeros((2, width), np.int64),
    )
    known = clock.mature(until)
    apart = spec.by and not matched(spec)
    everyone = reduce(added, groups.values(), nobody) if apart else total.groups.get((), nobody)
    results = _table(spec, clock, known, everyone)
    if spec.by:
        results["groups"] = [
            {"by": shown(spec.by, key), **_table(spec, clock, known, groups[key])}
            for key in in_order(list(groups))
        ]
    return Found(results, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The cohorts; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["cohorts"]
    return [{**group["by"], **cohort} for group in results["groups"] for cohort in group["cohorts"]]


def _table(
    spec: Retention, clock: Clock, known: npt.NDArray[np.bool_], found: Counted
) -> dict[str, Any]:
    """The cohorts' rows and the rates over them; ``known[c, k]``: that cell is mature."""
    sizes, returned = found.sizes, found.returned
    if spec.period_zero == "everyone":
        returned = np.concatenate([sizes[:, None], returned[:, 1:]], 1)
    results: dict[str, Any] = {
        "cohorts": [
            {
                "from": clock.cohorts.label(c),
                "size": int(sizes[c]),
                "returned": [
                    count if there else None
                    for count, there in zip(returned[c].tolist(), known[c].tolist(), strict=True)
                ],
            }
            for c in range(clock.size)
        ]
    }
    with_people = known & (sizes > 0)[:, None]
    shares = [_shares(sizes[rows], returned[rows, k]) for k, rows in enumerate(with_people.T)]
    results["pooled"] = [pooled for pooled, _ in shares]
    results["mean"] = [mean for _, mean in shares]
    if spec.silent is not None:
        results["survival"] = survival(found.gone, found.left)
    return results


def _shares(sizes: Int64s, returned: Int64s) -> tuple[float | None, float | None]:
    """Of some cohorts with people: the share of all people, and the mean of the shares."""
    if not len(sizes):
        return None, None
    pooled = int(returned.sum()) / int(sizes.sum())
    return pooled, fsum((returned / sizes).tolist()) / len(sizes)


RETENTION = Question(
    Retention,
    names,
    ask,
    rows,
    Behind(Cell, people),
    settled,
    frozenset({"size", "returned", "at_risk", "gone"}),
)
