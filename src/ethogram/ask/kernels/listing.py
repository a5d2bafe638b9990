"""Every event with a mark, and the unit it is of."""

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import Events, Int64s


@njit(nogil=True, cache=True)
def listing(events: Events) -> tuple[Int64s, Int64s]:
    """The index and the unit of every event with a mark, in order."""
    room = 1
    for u in range(len(events.begins)):
        room += events.ends[u] - events.begins[u]
    where, units = np.empty(room, np.int64), np.empty(room, np.int64)
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u]):
            where[n], units[n] = i, u
            n += events.table[events.symbols[i]] != 0
    return where[:n], units[:n]
