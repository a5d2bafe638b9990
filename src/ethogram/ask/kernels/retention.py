"""Which units start in a period, and in which later periods they return."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.bits import ONE
from ethogram.ask.kernels.events import SECOND, Events, Int64s
from ethogram.ask.kernels.periods import Periods, period
from ethogram.ask.kernels.windows import WIDE, Among, Windows, opened, periods_with


class Entries(NamedTuple):
    """Units that start: the unit, the index of its start event, its period, and its group."""

    units: Int64s
    where: Int64s
    cohorts: Int64s
    groups: Int64s


class Returns(NamedTuple):
    """What is a return: an event of ``among``.

    ``or_after``: a return counts for its period and every one between it and the start.
    """

    among: Among
    or_after: bool


class Days(NamedTuple):
    """The periods, by second and as words."""

    periods: Periods
    windows: Windows


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
def follow(events: Events, days: Days, entered: Entries, returns: Returns, out: Returned) -> None:
    """Add each entry to ``out``, with its unit's returns from the instant of the start on."""
    for e in range(len(entered.units)):
        u, c = entered.units[e], entered.cohorts[e]
        out.sizes[entered.groups[e], c] += 1
        row = out.returned[entered.groups[e], c]
        span = (_instant(events, u, entered.where[e]), int(events.ends[u]))
        if returns.or_after:
            last = _last_of(returns.among, span)
            if last >= 0:
                k = period(days.periods, events.seconds[last]) - c
                row[: k + 1] += 1
            continue
        for w in range(c // WIDE, (c + len(row) - 1) // WIDE + 1):
            bits = periods_with(events, returns.among, span, opened(days.windows, w))
            k = max(w * WIDE - c, 0)
            bits >>= np.uint64(max(c - w * WIDE, 0))
            for x in range(min(WIDE, len(row) - k)):
                row[k + x] += np.int64((bits >> np.uint64(x)) & ONE)


@njit(nogil=True, cache=True)
def _last_of(among: Among, span: tuple[int, int]) -> int:
    """The last event of ``among`` in the span, or -1."""
    for i in range(span[1] - 1, span[0] - 1, -1):
        if among.low <= among.symbols[i] <= among.high:
            return i
    return -1


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
