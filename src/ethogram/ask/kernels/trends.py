"""How many events, and how many units, fall into each period."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import Events, Int64s
from ethogram.ask.kernels.periods import Periods, period


class Counts(NamedTuple):
    """Events and units per row and period, both int64[rows, periods]."""

    events: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64]


@njit(nogil=True, cache=True)
def count(events: Events, periods: Periods, groups: Int64s, width: int, out: Counts) -> None:
    """Add every event with a mark to ``out``, and every unit once per row and period.

    An event's row is ``(mark - 1) * width + groups[i]``; empty ``groups`` stand for zeros.
    """
    n = out.units.shape[1]
    seen = np.full(len(out.units), -1, np.int64)
    grouped = len(groups) > 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u]):
            mark = events.table[events.symbols[i]]
            if mark == 0:
                continue
            p = period(periods, events.seconds[i])
            row = (mark - 1) * width
            if grouped:
                row += groups[i]
            out.events[row, p] += 1
            # A unit's events come in time's order, so a row's last period is enough to know.
            if seen[row] != u * n + p:
                seen[row] = u * n + p
                out.units[row, p] += 1


@njit(nogil=True, cache=True)
def select(events: Events, periods: Periods) -> tuple[Int64s, Int64s]:
    """The index and the period of every event with a mark."""
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u]):
            n += events.table[events.symbols[i]] != 0
    where, within = np.empty(n, np.int64), np.empty(n, np.int64)
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u]):
            if events.table[events.symbols[i]]:
                where[n] = i
                within[n] = period(periods, events.seconds[i])
                n += 1
    return where, within
