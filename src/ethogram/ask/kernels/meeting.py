"""What units meet in a span of their events: each thing once per unit, whatever they are many."""

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.bits import ONE, lowest
from ethogram.ask.kernels.events import SECOND, Codes, Events, Int64s, first_at

FEW = 128
"""Up to so many things, two words of bits per unit beat a stamp per thing."""


@njit(nogil=True, cache=True)
def spans_after(
    events: Events, starts: Int64s, lengths: Int64s, begins: Int64s, ends: Int64s
) -> None:
    """Fill ``begins`` and ``ends``: the events after ``starts[j]``, and before its span's end.

    ``starts`` are events, ascending, of different units. A span leaves out the instant of its
    start, and ends before the instant ``lengths[j]`` microseconds later.
    """
    u = 0
    for j in range(len(starts)):
        while events.ends[u] <= starts[j]:
            u += 1
        zero = _instant(events, starts[j])
        i = starts[j] + 1
        while i < events.ends[u] and _instant(events, i) == zero:
            i += 1
        begins[j] = i
        ends[j] = first_at(events.seconds, events.micros, i, events.ends[u], zero + lengths[j])


@njit(nogil=True, cache=True)
def meet(
    symbols: Codes, begins: Int64s, ends: Int64s, rows: Int64s, out: npt.NDArray[np.int64]
) -> None:
    """Add 1 to ``out[rows[j], s]`` for every symbol s among ``symbols[begins[j]:ends[j]]``."""
    if out.shape[1] <= FEW:
        _meet_few(symbols, begins, ends, rows, out)
        return
    stamps = np.full(out.shape[1], -1, np.int64)
    for j in range(len(begins)):
        counts = out[rows[j]]
        for i in range(begins[j], ends[j]):
            symbol = symbols[i]
            counts[symbol] += stamps[symbol] != j
            stamps[symbol] = j


@njit(nogil=True, cache=True)
def _meet_few(
    symbols: Codes, begins: Int64s, ends: Int64s, rows: Int64s, out: npt.NDArray[np.int64]
) -> None:
    for j in range(len(begins)):
        counts = out[rows[j]]
        span = symbols[begins[j] : ends[j]]
        low = high = np.uint64(0)
        for i in range(len(span)):
            symbol = np.uint64(span[i])
            bit = ONE << (symbol & np.uint64(63))
            upper = np.uint64(0) - (symbol >> np.uint64(6))
            low |= bit & ~upper
            high |= bit & upper
        while low:
            counts[lowest(low)] += 1
            low &= low - ONE
        while high:
            counts[64 + lowest(high)] += 1
            high &= high - ONE


@njit(nogil=True, cache=True)
def _instant(events: Events, i: int) -> int:
    return np.int64(events.seconds[i]) * SECOND + events.micros[i]
