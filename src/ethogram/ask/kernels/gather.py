"""The events of one unit that matter, side by side, in the order in which they are taken."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import SECOND, Bytes, Events, Int64s


class Gathered(NamedTuple):
    """Room for one unit's events: their index, mark and time (microseconds from the origin)."""

    where: Int64s
    marks: Bytes
    times: Int64s


@njit(nogil=True, cache=True)
def room(events: Events) -> Gathered:
    """Room enough for any of the units."""
    most = 1
    for u in range(len(events.begins)):
        most = max(most, events.ends[u] - events.begins[u] + 1)
    return Gathered(np.empty(most, np.int64), np.empty(most, np.uint8), np.empty(most, np.int64))


@njit(nogil=True, cache=True, inline="always")
def gather(events: Events, u: int, into: Gathered) -> int:
    """Copy unit ``u``'s events that have a mark, by (time, mark); return how many there are."""
    n = 0
    for i in range(events.begins[u], events.ends[u]):
        mark = events.table[events.symbols[i]]
        into.where[n] = i
        into.marks[n] = mark
        n += mark != 0
    for j in range(n):
        i = into.where[j]
        into.times[j] = np.int64(events.seconds[i]) * SECOND + events.micros[i]
    order_ties(into, n)
    return n


@njit(nogil=True, cache=True, inline="always")
def order_ties(into: Gathered, n: int) -> None:
    """Bring the first ``n`` events, sorted by time, in the order of (time, mark)."""
    start = 0
    for j in range(1, n + 1):
        if j == n or into.times[j] != into.times[start]:
            if j - start > 1:
                _order(into.where[start:j], into.marks[start:j])
            start = j


@njit(nogil=True, cache=True)
def _order(where: Int64s, marks: Bytes) -> None:
    """Sort one instant's events by mark, keeping the order of equals."""
    for j in range(1, len(marks)):
        if marks[j - 1] > marks[j]:
            order = np.argsort(marks, kind="mergesort")
            where[:] = where[order]
            marks[:] = marks[order]
            return
