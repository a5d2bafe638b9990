"""How many units have an event in each period, for periods that are few."""

from typing import TypeAlias

import numpy as np
from numba import njit

from ethogram.ask.kernels.bits import ONE, Words, lowest
from ethogram.ask.kernels.events import Events, Int64s
from ethogram.ask.kernels.windows import WIDE, Among, Windows, opened, periods_with

FULL = 15
"""So many words' bits are counted in four planes before a count might overflow."""

Planes: TypeAlias = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


@njit(nogil=True, cache=True)
def people(events: Events, among: Among, visits: Words, of: Windows, out: Int64s) -> None:
    """Add to ``out[p]`` the units that have an event of ``among`` in period ``p``.

    ``visits`` are the units to look at, as bits. ``out`` has room for 64 periods a window.
    """
    planes = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    for w in range(len(of.zeros)):
        window, counts = opened(of, w), out[w * WIDE : (w + 1) * WIDE]
        held = 0
        for v in range(len(visits)):
            left = visits[v]
            while left:
                u = (v << 6) + lowest(left)
                left &= left - ONE
                span = (int(events.begins[u]), int(events.ends[u]))
                planes = _added(planes, periods_with(events, among, span, window))
                held += 1
                if held == FULL:
                    planes, held = _emptied(planes, counts), 0
        planes = _emptied(planes, counts)


@njit(nogil=True, cache=True, inline="always")
def _added(planes: Planes, bits: np.uint64) -> Planes:
    """The planes, plane k holding bit k of 64 counts, with each of ``bits`` counted."""
    a, b, c, d = planes
    to_b = a & bits
    to_c = b & to_b
    return a ^ bits, b ^ to_b, c ^ to_c, d ^ (c & to_c)


@njit(nogil=True, cache=True)
def _emptied(planes: Planes, counts: Int64s) -> Planes:
    """Add the counts of the planes to ``counts``; what comes back are empty ones."""
    for k in range(4):
        for x in range(WIDE):
            counts[x] += np.int64(((planes[k] >> np.uint64(x)) & ONE) << np.uint64(k))
    return (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
