"""How many units have an event in each period, for periods that are few."""

import numpy as np
from numba import njit

from ethogram.ask.kernels.bits import ONE, Words, lowest
from ethogram.ask.kernels.events import Events, Int64s
from ethogram.ask.kernels.windows import WIDE, Among, Windows, periods_with


@njit(nogil=True, cache=True)
def people(events: Events, among: Among, visits: Words, of: Windows, out: Int64s) -> None:
    """Add to ``out[p]`` the units that have an event of ``among`` in period ``p``.

    ``visits`` are the units to look at, as bits. ``out`` has room for 64 periods a window.
    """
    for w in range(len(of.zeros)):
        counts = out[w * WIDE : (w + 1) * WIDE]
        for v in range(len(visits)):
            left = visits[v]
            while left:
                u = (v << 6) + lowest(left)
                left &= left - ONE
                span = (int(events.begins[u]), int(events.ends[u]))
                bits = periods_with(events, among, span, of, w)
                for x in range(WIDE):
                    counts[x] += np.int64((bits >> np.uint64(x)) & ONE)
