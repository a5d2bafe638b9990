"""Where a unit's events part into sessions."""

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import SECOND, Int32s, Int64s


@njit(nogil=True, cache=True)
def session_counts(seconds: Int32s, micros: Int32s, offsets: Int64s, gap: int, out: Int64s) -> None:
    """Fill ``out[u]``: how many sessions the events ``offsets[u]:offsets[u + 1]`` make.

    ``gap`` is in microseconds: an event that comes so long or longer after the one before begins
    a new session.
    """
    for u in range(len(offsets) - 1):
        n = np.int64(offsets[u + 1] > offsets[u])
        for i in range(offsets[u] + 1, offsets[u + 1]):
            n += _apart(seconds, micros, i) >= gap
        out[u] = n


@njit(nogil=True, cache=True)
def session_starts(seconds: Int32s, micros: Int32s, offsets: Int64s, gap: int, out: Int64s) -> None:
    """Fill ``out`` with the first event of every session, unit by unit."""
    n = 0
    for u in range(len(offsets) - 1):
        for i in range(offsets[u], offsets[u + 1]):
            if i == offsets[u] or _apart(seconds, micros, i) >= gap:
                out[n] = i
                n += 1


@njit(nogil=True, cache=True, inline="always")
def _apart(seconds: Int32s, micros: Int32s, i: int) -> int:
    return (np.int64(seconds[i]) - seconds[i - 1]) * SECOND + micros[i] - micros[i - 1]
