"""The people behind a number of a retention."""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from ethogram.ask.questions.breakdown import Value, chosen
from ethogram.ask.questions.question import Asked, Scope, listed
from ethogram.ask.questions.retention_clock import Clock
from ethogram.ask.questions.retention_counts import Counting, Starts
from ethogram.ask.questions.retention_spec import Retention, clock_of, until_of
from ethogram.ask.questions.said import Bools
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant

AT_ONCE = 1 << 20
"""So many numbers are made at once for people who might be listed."""


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those of the ``cohort``, as its ``from`` says it, who returned in element ``period``.

    ``returned=False``: who did not; without ``period``: all of them. ``by``: the values of their
    group; without it, everyone.
    """

    cohort: str
    period: int | None = None
    by: dict[str, Value] | None = None
    returned: bool = True


def people(spec: Retention, scope: Scope, cell: Cell) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    clock, until = clock_of(spec, scope), until_of(spec, scope)
    cohort = _cohort(spec, clock, until, cell)

    def over(part: Part) -> Callable[[int, int], Int64s]:
        counting = Counting(spec, clock, until, part)

        def ids(low: int, high: int) -> Int64s:
            starts = counting.starts(low, high, everyone=cell.by is None)
            fits = chosen(spec.by, starts.keys, cell.by)
            meant = (starts.entered.cohorts == cohort) & fits[starts.places]
            found = [_fitting(counting, some, cell) for some in _parts(starts, meant, clock)]
            return np.concatenate([np.empty(0, np.int64), *found])

        return ids

    return listed(over)


def _fitting(counting: Counting, starts: Starts, cell: Cell) -> Int64s:
    """The ids of those among ``starts`` who returned as the cell says."""
    n = len(starts.entered.units)
    back = np.ones(n, np.bool_)
    everyone = cell.period == 0 and counting.spec.period_zero == "everyone"
    if cell.period is not None and not everyone:
        back = counting.returned(starts, np.arange(n), n)[:, cell.period] > 0
    return starts.units[starts.entered.units[back == cell.returned]]


def _parts(starts: Starts, meant: Bools, clock: Clock) -> Iterator[Starts]:
    """The starts that are meant, some at a time."""
    where = np.flatnonzero(meant)
    step = AT_ONCE // len(clock.ends)
    for i in range(0, len(where), step):
        some = where[i : i + step]
        fields = {name: column[some] for name, column in starts.entered._asdict().items()}
        yield starts._replace(entered=starts.entered._replace(**fields))


def _cohort(spec: Retention, clock: Clock, until: Instant, cell: Cell) -> int:
    """Which cohort the cell is of. Raises `Invalid` where the answer has no such cell."""
    labels = {clock.cohorts.label(c): c for c in range(clock.size)}
    if cell.cohort not in labels:
        raise Invalid("no_such_cohort", f"There is no cohort {cell.cohort[:64]!r}.", at="cohort",
                      hint=f"The first is {clock.cohorts.label(0)}.")  # fmt: skip
    chosen(spec.by, [], cell.by)
    cohort = labels[cell.cohort]
    if cell.period is None:
        return cohort
    if not 0 <= cell.period < len(clock.ends):
        raise Invalid("no_such_period", f"There is no period {cell.period}.", at="period",
                      hint=f"Periods here go from 0 to {len(clock.ends) - 1}.")  # fmt: skip
    if not clock.mature(until)[cohort, cell.period]:
        raise Invalid("immature_cell", "That period has not ended for everyone.", at="period")
    return cohort
