"""How long it takes from one event to the next one of another kind."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import SECOND, Events, Int64s


class Gaps(NamedTuple):
    """Per start, in order: its index, its unit, and the microseconds to the next end (-1: none)."""

    where: Int64s
    units: Int64s
    lengths: Int64s


@njit(nogil=True, cache=True)
def gaps(events: Events, starts: Int64s, ends: Int64s) -> Gaps:
    """From each event with ``starts[mark]`` to the next other one of its unit with ``ends[mark]``.

    Of events at one instant each is next to every other, in whatever order they stand.
    """
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u]):
            n += starts[events.table[events.symbols[i]]]
    out = Gaps(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64))
    for u in range(len(events.begins) - 1, -1, -1):
        ended, after = False, 0
        i = events.ends[u] - 1
        while i >= events.begins[u]:
            now, here, first = _time(events, i), 0, i
            while first >= events.begins[u] and _time(events, first) == now:
                here += ends[events.table[events.symbols[first]]]
                first -= 1
            for k in range(i, first, -1):
                mark = events.table[events.symbols[k]]
                if starts[mark]:
                    n -= 1
                    out.where[n], out.units[n] = k, u
                    later = after - now if ended else -1
                    out.lengths[n] = 0 if here > ends[mark] else later
            if here:
                ended, after = True, now
            i = first
    return out


@njit(nogil=True, cache=True, inline="always")
def _time(events: Events, i: int) -> int:
    return np.int64(events.seconds[i]) * SECOND + events.micros[i]
