"""Which units start in a period, and in which later periods of a calendar they return."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.bits import ONE
from ethogram.ask.kernels.events import SECOND, Events, Int64s
from ethogram.ask.kernels.periods import Periods, period
from ethogram.ask.kernels.windows import WIDE, Among, Windows, opened, periods_with

STARTS, NAMED = 1, 2
"""The role of an event that starts, and of one that shares its name and does not start."""
OVER = -2
NEVER = 2**62


class Opening(NamedTuple):
    """What starts, and when: ``roles[mark]`` is `STARTS`, `NAMED` or 0.

    ``earliest`` is in microseconds from the run's origin. ``each``: the first start of each
    period, not only of all. ``of`` is empty, or a group for each event, of ``groups``: then the
    events of each group are looked at as if there were no others.
    """

    roles: Int64s
    earliest: int
    each: bool
    of: Int64s
    groups: int


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
def entries(events: Events, periods: Periods, opening: Opening) -> Entries:
    """The first start of each unit (and group), or its first of each period.

    There is none where it lies before ``earliest``, or after a `NAMED` event of the unit.
    """
    split = len(opening.of) > 0
    units, where, cohorts, groups = _room(events, opening, len(periods.bounds))
    owner = np.full(opening.groups, -1, np.int64)
    last = np.empty(opening.groups, np.int64)
    named = np.empty(opening.groups, np.int64)
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u]):
            role = opening.roles[events.table[events.symbols[i]]]
            if not role:
                continue
            g = opening.of[i] if split else np.int64(0)
            if owner[g] != u:
                owner[g], last[g], named[g] = u, -1, NEVER
            if last[g] == OVER:
                continue
            at = np.int64(events.seconds[i]) * SECOND + events.micros[i]
            if role == NAMED:
                named[g] = min(named[g], at)
                continue
            p = OVER
            if opening.earliest <= at <= named[g]:
                p = period(periods, events.seconds[i])
                if p != last[g]:
                    units[n], where[n], cohorts[n], groups[n] = u, i, p, g
                    n += 1
            last[g] = p if opening.each else OVER
            if last[g] == OVER and not split:
                break
    return Entries(units[:n], where[:n], cohorts[:n], groups[:n], np.zeros(n, np.int64))


@njit(nogil=True, cache=True)
def _room(events: Events, opening: Opening, periods: int) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    room = 0
    for u in range(len(events.begins)):
        most = events.ends[u] - events.begins[u]
        if not len(opening.of):
            most = min(most, periods if opening.each else 1)
        room += most
    return (np.empty(room, np.int64), np.empty(room, np.int64),
            np.empty(room, np.int64), np.empty(room, np.int64))  # fmt: skip


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
            w, shift = (c + k) // WIDE, np.uint64((c + k) % WIDE)
            bits = words[w] >> shift
            if shift:
                bits |= words[w + 1] << (np.uint64(WIDE) - shift)
            if k == 0 and not own:
                bits &= ~ONE
                if _returns_within(
                    events, among, u, entered.where[e], int(days.periods.bounds[c + 1])
                ):
                    bits |= ONE
            _count(np.uint64(bits), row[k : k + WIDE])


@njit(nogil=True, cache=True, inline="always")
def _count(bits: np.uint64, counts: Int64s) -> None:
    for x in range(len(counts)):
        counts[x] += np.int64((bits >> np.uint64(x)) & ONE)


@njit(nogil=True, cache=True, inline="always")
def _returns_within(events: Events, among: Among, u: int, where: int, end: int) -> bool:
    """Whether an event of ``among`` lies from the instant of event ``where`` to second ``end``."""
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
