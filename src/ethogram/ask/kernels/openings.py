"""Which units start, where more than the start itself decides: other events, or values."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import SECOND, Events, Int64s
from ethogram.ask.kernels.periods import Periods, period
from ethogram.ask.kernels.retention import Entries

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


@njit(nogil=True, cache=True)
def openings(events: Events, periods: Periods, opening: Opening) -> Entries:
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
