"""What kernels see of a chunk: arrays side by side, one entry per event or per unit."""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

Int64s: TypeAlias = npt.NDArray[np.int64]
Int32s: TypeAlias = npt.NDArray[np.int32]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Codes: TypeAlias = npt.NDArray[np.uint8 | np.uint16]

SECOND = 1_000_000


class Events(NamedTuple):
    """The events of some units, each unit's sorted by time.

    Event ``i`` happened ``seconds[i]`` seconds and ``micros[i]`` microseconds after the run's
    origin and has the mark ``table[symbols[i]]``; mark 0 is of no concern. Unit ``u`` owns the
    events ``begins[u]:ends[u]``. All arrays but the last two are read-only.
    """

    symbols: Codes
    table: Bytes
    seconds: Int32s
    micros: Int32s
    begins: Int64s
    ends: Int64s


@njit(nogil=True, cache=True)
def spans(
    seconds: Int32s, micros: Int32s, offsets: Int64s, dead: Bytes, when: tuple[int, int]
) -> tuple[Int64s, Int64s]:
    """The ``begins`` and ``ends`` of the units whose events lie at ``offsets`` (int64[n + 1]).

    ``when`` is a range (inclusive, exclusive) in microseconds from the run's origin. A dead unit
    (1 in ``dead``) owns nothing.
    """
    n = len(dead)
    begins, ends = np.empty(n, np.int64), np.empty(n, np.int64)
    for u in range(n):
        begins[u] = ends[u] = offsets[u]
        if not dead[u]:
            begins[u] = first_at(seconds, micros, offsets[u], offsets[u + 1], when[0])
            ends[u] = first_at(seconds, micros, begins[u], offsets[u + 1], when[1])
    return begins, ends


@njit(nogil=True, cache=True)
def first_at(seconds: Int32s, micros: Int32s, low: int, high: int, instant: int) -> int:
    """The first of the events ``low:high`` at ``instant`` (microseconds) or later, or ``high``."""
    while low < high:
        middle = (low + high) >> 1
        if np.int64(seconds[middle]) * SECOND + micros[middle] < instant:
            low = middle + 1
        else:
            high = middle
    return low
