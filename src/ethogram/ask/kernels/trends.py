"""Which events have a mark, and how many of them, and of their units, fall into each period."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.bits import FEW, ONE, lowest, marked, one_of
from ethogram.ask.kernels.events import Bytes, Codes, Events, Int32s, Int64s
from ethogram.ask.kernels.periods import Periods, period


class Selected(NamedTuple):
    """Some events in order: where they are, their unit (from 0), period and mark."""

    where: Int64s
    units: Int32s
    within: Int32s
    marks: Bytes


class Counts(NamedTuple):
    """Events and units per row and period, both int64[rows, periods]."""

    events: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64]


@njit(nogil=True, cache=True)
def select(events: Events, codes: Codes) -> tuple[Int64s, Int32s]:
    """Every event with a mark, and its unit.

    ``codes`` are the symbols that have a mark; symbols may be read 64 beyond their end.
    """
    n = len(events.begins)
    room = int(events.ends[n - 1] - events.begins[0]) if n else 0
    where, units = np.empty(room, np.int64), np.empty(room, np.int32)
    few = len(codes) <= FEW
    u = j = 0
    for i in range(events.begins[0] if n else 0, events.ends[n - 1] if n else 0, 64):
        symbols = events.symbols
        bits = one_of(symbols, i, codes) if few else marked(symbols, i, events.table)
        while bits:
            here = i + lowest(bits)
            bits &= bits - ONE
            while u < n and here >= events.ends[u]:
                u += 1
            if u == n:
                break
            if here >= events.begins[u]:
                where[j], units[j] = here, u
                j += 1
    return where[:j], units[:j]


@njit(nogil=True, cache=True)
def place(events: Events, where: Int64s, units: Int32s, periods: Periods) -> Selected:
    """The events ``where``, with their periods, in which all of them lie, and their marks."""
    within, marks = np.empty(len(where), np.int32), np.empty(len(where), np.uint8)
    for j in range(len(where)):
        i = int(where[j])
        within[j] = period(periods, events.seconds[i])
        marks[j] = events.table[events.symbols[i]]
    return Selected(where, units, within, marks)


@njit(nogil=True, cache=True)
def count(of: Selected, rows: Int64s, out: Counts) -> None:
    """Add every event to its row, and every unit once per row and period."""
    n = out.units.shape[1]
    seen = np.full(len(out.units), -1, np.int64)
    for j in range(len(of.where)):
        row, p = rows[j], of.within[j]
        out.events[row, p] += 1
        # A unit's events come in time's order, so a row's last period is enough to know.
        stamp = np.int64(of.units[j]) * n + p
        out.units[row, p] += seen[row] != stamp
        seen[row] = stamp


@njit(nogil=True, cache=True)
def count_all(events: Events, codes: Codes, periods: Periods, out: Counts) -> None:
    """`select`, `place` and `count` at once, the row of an event being its mark less 1."""
    units, n = len(events.begins), out.units.shape[1]
    seen = np.full(len(out.units), -1, np.int64)
    few = len(codes) <= FEW
    u = 0
    for i in range(events.begins[0] if units else 0, events.ends[units - 1] if units else 0, 64):
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
            out.events[row, p] += 1
            stamp = u * n + p
            out.units[row, p] += seen[row] != stamp
            seen[row] = stamp


@njit(nogil=True, cache=True)
def spread(of: Selected, rows: Int64s, until: Int32s, out: npt.NDArray[np.int64]) -> None:
    """Add every unit once per row to each period from an event's own to ``until``.

    ``out`` is int64[rows, periods + 1] and holds differences: the sum of those up to a period is
    its number. No ``until`` is less than the one before of the same unit.
    """
    n = out.shape[1]
    reached = np.full(len(out), -1, np.int64)
    for j in range(len(of.where)):
        row, zero = rows[j], np.int64(of.units[j]) * n
        first = max(np.int64(of.within[j]), reached[row] - zero + 1)
        if first <= until[j]:
            out[row, first] += 1
            out[row, until[j] + 1] -= 1
            reached[row] = zero + until[j]


@njit(nogil=True, cache=True)
def assigned(units: Int32s, groups: Int64s, last: bool) -> Int64s:
    """For each event the group of its unit's first event, or of its ``last``."""
    n = len(units)
    out = np.empty(n, np.int64)
    for k in range(n):
        j = n - 1 - k if last else k
        beside = j + 1 if last else j - 1
        out[j] = out[beside] if k and units[beside] == units[j] else groups[j]
    return out
