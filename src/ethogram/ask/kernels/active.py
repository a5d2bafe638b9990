"""In how many periods each unit is active."""

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import Events, Int64s
from ethogram.ask.kernels.periods import Periods, period


@njit(nogil=True, cache=True)
def active(events: Events, periods: Periods) -> Int64s:
    """In how many of the periods each unit has an event with a mark; all lie within them."""
    counts = np.zeros(len(events.begins), np.int64)
    for u in range(len(events.begins)):
        last = -1
        for i in range(events.begins[u], events.ends[u]):
            if events.table[events.symbols[i]]:
                # A unit's events come in time's order, so the last period is enough to know.
                p = period(periods, events.seconds[i])
                counts[u] += p != last
                last = p
    return counts
