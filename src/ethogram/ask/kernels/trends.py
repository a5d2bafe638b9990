"""How many events, and how many units, fall into each period."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.bits import FEW, ONE, lowest, marked, one_of
from ethogram.ask.kernels.events import Codes, Events, Int64s
from ethogram.ask.kernels.periods import Periods, period


class Counts(NamedTuple):
    """Events and units per row and period, both int64[rows, periods]."""

    events: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64]


class Groups(NamedTuple):
    """The group of each event that has a mark, in order, of ``width``; none where all are one."""

    of: Int64s
    width: int


@njit(nogil=True, cache=True)
def count(events: Events, codes: Codes, periods: Periods, groups: Groups, out: Counts) -> None:
    """Add every event with a mark to ``out``, and every unit once per row and period.

    ``codes`` are the symbols that have a mark; symbols may be read 64 beyond their end. An
    event's row is ``(mark - 1) * groups.width`` and its group.
    """
    units, n = len(events.begins), out.units.shape[1]
    if units == 0:
        return
    seen = np.full(len(out.units), -1, np.int64)
    grouped, few = len(groups.of) > 0, len(codes) <= FEW
    u = j = 0
    for i in range(events.begins[0], events.ends[units - 1], 64):
        symbols = events.symbols
        bits = one_of(symbols, i, codes) if few else marked(symbols, i, events.table)
        while bits:
            here = i + lowest(bits)
            bits &= bits - ONE
            while u < units and here >= events.ends[u]:
                u += 1
            if u == units:
                return
            if here < events.begins[u]:
                continue
            p = period(periods, events.seconds[here])
            row = np.int64(events.table[events.symbols[here]]) - 1
            if grouped:
                row = row * groups.width + groups.of[j]
                j += 1
            out.events[row, p] += 1
            # A unit's events come in time's order, so a row's last period is enough to know.
            stamp = u * n + p
            out.units[row, p] += seen[row] != stamp
            seen[row] = stamp


@njit(nogil=True, cache=True)
def select(events: Events, periods: Periods) -> tuple[Int64s, Int64s]:
    """The index and the period of every event with a mark."""
    room = 1
    for u in range(len(events.begins)):
        room += events.ends[u] - events.begins[u]
    where = np.empty(room, np.int64)
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u]):
            where[n] = i
            n += events.table[events.symbols[i]] != 0
    within = np.empty(n, np.int64)
    for j in range(n):
        i = int(where[j])
        within[j] = period(periods, events.seconds[i])
    return where[:n], within
