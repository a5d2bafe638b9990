"""Who is new in a period, who was there in the one before, who came back, and who stayed away."""

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import Bytes, Events, Int64s
from ethogram.ask.kernels.periods import Periods, period

NEW, RETURNING, RESURRECTED, DORMANT = range(4)
NONE = -2
"""No period; -1 stands for all the time before the first one."""


@njit(nogil=True, cache=True)
def lifecycle(events: Events, periods: Periods, groups: Int64s, out: npt.NDArray[np.int64]) -> None:
    """Add to ``out[g, s, p]`` the units of group ``g`` that are in state ``s`` in period ``p``.

    ``groups`` holds each unit's group. Events may lie before the periods, not after them.
    """
    for u in range(len(events.begins)):
        row = out[groups[u]]
        last = NONE
        for i in range(events.begins[u], events.ends[u]):
            if not events.table[events.symbols[i]]:
                continue
            second = events.seconds[i]
            p = -1 if second < periods.bounds[0] else period(periods, second)
            if p == last:
                continue
            if last != NONE and p > last + 1:
                row[DORMANT, last + 1] += 1
            if p >= 0:
                known = RETURNING if p == last + 1 else RESURRECTED
                row[NEW if last == NONE else known, p] += 1
            last = p
        if last != NONE and last + 1 < row.shape[1]:
            row[DORMANT, last + 1] += 1


@njit(nogil=True, cache=True)
def standing(events: Events, bounds: tuple[int, int, int]) -> Bytes:
    """The state of each unit, plus one, in the period ``bounds[1]:bounds[2]``; 0 is none.

    The period before it begins at ``bounds[0]``; all are seconds from the run's origin.
    """
    states = np.zeros(len(events.begins), np.uint8)
    for u in range(len(events.begins)):
        ever = before = now = False
        for i in range(events.begins[u], events.ends[u]):
            if events.table[events.symbols[i]]:
                second = events.seconds[i]
                ever |= second < bounds[0]
                before |= bounds[0] <= second < bounds[1]
                now |= bounds[1] <= second < bounds[2]
        if now:
            states[u] = 1 + (RETURNING if before else RESURRECTED if ever else NEW)
        elif before:
            states[u] = 1 + DORMANT
    return states
