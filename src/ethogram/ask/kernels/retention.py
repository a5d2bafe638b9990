"""Which units start in a period, and in which later periods they return."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import SECOND, Events, Int64s
from ethogram.ask.kernels.periods import Periods, period


class Entries(NamedTuple):
    """Units that start: the unit, the index of its start event, its period, and its group."""

    units: Int64s
    where: Int64s
    cohorts: Int64s
    groups: Int64s


class Returns(NamedTuple):
    """What is a return: events with ``marks[mark]`` set.

    ``or_after``: a return counts for its period and every one between it and the start.
    """

    marks: Int64s
    or_after: bool


class Returned(NamedTuple):
    """Per group and cohort: ``sizes`` [g, c], and ``returned`` [g, c, k] after k periods."""

    sizes: npt.NDArray[np.int64]
    returned: npt.NDArray[np.int64]


@njit(nogil=True, cache=True)
def entries(events: Events, starts: Int64s, periods: Periods, earliest: int, each: bool) -> Entries:
    """The first event of each unit with ``starts[mark]`` set; with ``each``, of each period.

    A unit whose first one lies before ``earliest`` (microseconds from the origin) has none. All
    entries are of group 0.
    """
    room = 0
    for u in range(len(events.begins)):
        most = events.ends[u] - events.begins[u]
        room += min(most, len(periods.bounds) if each else 1)
    units, where = np.empty(room, np.int64), np.empty(room, np.int64)
    cohorts = np.empty(room, np.int64)
    n = 0
    for u in range(len(events.begins)):
        last = -1
        for i in range(events.begins[u], events.ends[u]):
            if not starts[events.table[events.symbols[i]]]:
                continue
            if np.int64(events.seconds[i]) * SECOND + events.micros[i] < earliest:
                break
            p = period(periods, events.seconds[i])
            if p != last:
                units[n], where[n], cohorts[n] = u, i, p
                n += 1
                last = p
            if not each:
                break
    return Entries(units[:n], where[:n], cohorts[:n], np.zeros(n, np.int64))


@njit(nogil=True, cache=True)
def follow(
    events: Events, periods: Periods, entered: Entries, returns: Returns, out: Returned
) -> None:
    """Add each entry to ``out``, with its unit's returns from the instant of the start on."""
    most = out.returned.shape[2] - 1
    for e in range(len(entered.units)):
        u, g, c = entered.units[e], entered.groups[e], entered.cohorts[e]
        out.sizes[g, c] += 1
        last = -1
        for i in range(_instant(events, u, entered.where[e]), events.ends[u]):
            if not returns.marks[events.table[events.symbols[i]]]:
                continue
            k = period(periods, events.seconds[i]) - c
            if k > most and not returns.or_after:
                break
            k = min(k, most)
            if k == last:
                continue
            for reached in range(last + 1 if returns.or_after else k, k + 1):
                out.returned[g, c, reached] += 1
            last = k
            if returns.or_after and k == most:
                break


@njit(nogil=True, cache=True)
def _instant(events: Events, u: int, i: int) -> int:
    """The first of the unit's events at the instant of event ``i``."""
    while (
        i > events.begins[u]
        and events.seconds[i - 1] == events.seconds[i]
        and events.micros[i - 1] == events.micros[i]
    ):
        i -= 1
    return i
