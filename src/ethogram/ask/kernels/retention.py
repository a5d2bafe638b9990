"""Which units start in a period, and in which later periods of a calendar they return."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.bits import ONE, Words, below, between, lowest
from ethogram.ask.kernels.events import SECOND, Events, Int64s
from ethogram.ask.kernels.periods import Periods, period
from ethogram.ask.kernels.windows import WIDE, Among, Windows, opened, periods_with


class Entries(NamedTuple):
    """Units that start: the unit, the index of its start event, its period, its group.

    The entries of a unit and group stand in the order of time; ``rows`` says to which row of
    what comes out each adds.
    """

    units: Int64s
    where: Int64s
    cohorts: Int64s
    groups: Int64s
    rows: Int64s


class Days(NamedTuple):
    """The periods, by second and as words."""

    periods: Periods
    windows: Windows


@njit(nogil=True, cache=True)
def firsts(events: Events, starts: Among, periods: Periods, earliest: int) -> Entries:
    """The first event of ``starts`` of each unit; none if it lies before ``earliest``.

    ``earliest`` is in microseconds from the run's origin. All entries are of group and row 0.
    """
    units, where, cohorts = np.empty((3, len(events.begins)), np.int64)
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u], 64):
            bits = between(starts.symbols, i, starts.low, starts.high) & below(events.ends[u] - i)
            if not bits:
                continue
            at = i + lowest(bits)
            if np.int64(events.seconds[at]) * SECOND + events.micros[at] >= earliest:
                units[n], where[n], cohorts[n] = u, at, period(periods, events.seconds[at])
                n += 1
            break
    return entries(units[:n], where[:n], cohorts[:n])


@njit(nogil=True, cache=True)
def recurring(events: Events, starts: Among, periods: Periods) -> Entries:
    """The first event of ``starts`` of each unit in each period. All are of group and row 0."""
    room = 1
    for u in range(len(events.begins)):
        room += min(events.ends[u] - events.begins[u], len(periods.bounds))
    units, where, cohorts = np.empty((3, room), np.int64)
    n = 0
    for u in range(len(events.begins)):
        last = -1
        for i in range(events.begins[u], events.ends[u], 64):
            bits = between(starts.symbols, i, starts.low, starts.high) & below(events.ends[u] - i)
            while bits:
                at = i + lowest(bits)
                bits &= bits - ONE
                p = period(periods, events.seconds[at])
                units[n], where[n], cohorts[n] = u, at, p
                n += p != last
                last = p
    return entries(units[:n], where[:n], cohorts[:n])


@njit(nogil=True, cache=True)
def entries(units: Int64s, where: Int64s, cohorts: Int64s) -> Entries:
    """Entries of group and row 0."""
    return Entries(units, where, cohorts, np.zeros_like(units), np.zeros_like(units))


@njit(nogil=True, cache=True)
def follow(
    events: Events, days: Days, entered: Entries, among: Among, out: npt.NDArray[np.int64]
) -> None:
    """Add each entry to ``out[row, k]`` for each period k after its own with a return.

    A return is an event of ``among`` at the instant of the start or later. What a unit did is
    looked at once, however often it starts.
    """
    words = np.zeros(len(days.windows.zeros) + 1, np.uint64)
    unit, span, filled = -1, (0, 0), 0
    for e in range(len(entered.units)):
        u, c, row = entered.units[e], entered.cohorts[e], out[entered.rows[e]]
        own = u != unit
        if own:
            unit, filled = u, c // WIDE
            span = (instant(events, u, entered.where[e]), int(events.ends[u]))
        for w in range(filled, (c + len(row) - 1) // WIDE + 1):
            words[w] = periods_with(events, among, span, opened(days.windows, w))
            filled = w + 1
        for k in range(0, len(row), WIDE):
            bits = _ahead(words, c + k)
            # What lies in a later start's own period may lie before it.
            if k == 0 and not own and not _returns_in(events, days, among, u, entered.where[e]):
                bits &= ~ONE
            _count(bits, row[k : k + WIDE])


@njit(nogil=True, cache=True, inline="always")
def _ahead(words: Words, first: int) -> np.uint64:
    """The bits from bit ``first`` of ``words`` on."""
    w, shift = first // WIDE, np.uint64(first % WIDE)
    bits = words[w] >> shift
    return bits | (words[w + 1] << (np.uint64(WIDE) - shift)) if shift else bits


@njit(nogil=True, cache=True, inline="always")
def _count(bits: np.uint64, counts: Int64s) -> None:
    for x in range(len(counts)):
        counts[x] += np.int64((bits >> np.uint64(x)) & ONE)


@njit(nogil=True, cache=True, inline="always")
def _returns_in(events: Events, days: Days, among: Among, u: int, where: int) -> bool:
    """Whether the period of event ``where`` has one of ``among`` from that instant on."""
    end = days.periods.bounds[period(days.periods, events.seconds[where]) + 1]
    for i in range(instant(events, u, where), events.ends[u]):
        if events.seconds[i] >= end:
            return False
        if among.low <= among.symbols[i] <= among.high:
            return True
    return False


@njit(nogil=True, cache=True)
def follow_last(
    events: Events, days: Days, entered: Entries, among: Among, out: npt.NDArray[np.int64]
) -> None:
    """Add each entry that has a return to ``out[row, k]``, k being its last return's period.

    A last return after the last period counts there.
    """
    unit, last = -1, -1
    for e in range(len(entered.units)):
        u, c, row = entered.units[e], entered.cohorts[e], out[entered.rows[e]]
        start = instant(events, u, entered.where[e])
        if u != unit:
            unit, last = u, _last_of(among, (start, int(events.ends[u])))
        if last >= start:
            row[min(period(days.periods, events.seconds[last]) - c, len(row) - 1)] += 1


@njit(nogil=True, cache=True)
def _last_of(among: Among, span: tuple[int, int]) -> int:
    """The last event of ``among`` in the span, or -1."""
    for i in range(span[1] - 1, span[0] - 1, -1):
        if among.low <= among.symbols[i] <= among.high:
            return i
    return -1


@njit(nogil=True, cache=True, inline="always")
def instant(events: Events, u: int, i: int) -> int:
    """The first of the unit's events at the instant of event ``i``."""
    while (
        i > events.begins[u]
        and events.seconds[i - 1] == events.seconds[i]
        and events.micros[i - 1] == events.micros[i]
    ):
        i -= 1
    return i
