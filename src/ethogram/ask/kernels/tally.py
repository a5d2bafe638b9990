"""How many events fall into each quarter of an hour: what totals in any time zone add up from."""

import numpy as np
from numba import njit

from ethogram.ask.kernels.bits import ONE, below, between, lowest
from ethogram.ask.kernels.events import Events, Int64s
from ethogram.ask.kernels.windows import QUARTER, Among


@njit(nogil=True, cache=True)
def tally(events: Events, among: Among, zero: int, out: Int64s) -> None:
    """Add to ``out[q]`` the events of ``among`` in the q-th quarter of an hour from ``zero`` on.

    ``zero`` is in seconds from the run's origin, and no event lies before it.
    """
    seconds = events.seconds
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u], 64):
            bits = between(among.symbols, i, among.low, among.high)
            bits &= below(events.ends[u] - i)
            while bits:
                x = lowest(bits)
                bits &= bits - ONE
                out[np.uint32(seconds[i + x] - zero) // np.uint32(QUARTER)] += 1
