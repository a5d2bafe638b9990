"""How often each unit has a marked event, and when first and last."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.bits import FEW, below, between, highest, lowest, marked, one_of
from ethogram.ask.kernels.events import Codes, Events, Int64s


class Occurrences(NamedTuple):
    """Per unit: its marked events, and the index of the first and of the last (-1: none)."""

    counts: Int64s
    first: Int64s
    last: Int64s


@njit(nogil=True, cache=True)
def occurrences(events: Events, codes: Codes, out: Occurrences) -> None:
    """Fill ``out``.

    ``codes`` are the symbols that have a mark; symbols may be read 64 beyond their end.
    """
    symbols, few = events.symbols, len(codes) <= FEW
    if len(codes) == 0:
        out.counts[:], out.first[:], out.last[:] = 0, -1, -1
        return
    low, high = codes[0], codes[-1]
    together = np.int64(high) - np.int64(low) + 1 == len(codes)
    for u in range(len(events.begins)):
        count, first, last = 0, -1, -1
        for i in range(events.begins[u], events.ends[u], 64):
            if together:
                bits = between(symbols, i, low, high)
            else:
                bits = one_of(symbols, i, codes) if few else marked(symbols, i, events.table)
            bits &= below(events.ends[u] - i)
            if bits:
                count += _ones(bits)
                first = i + lowest(bits) if first < 0 else first
                last = i + highest(bits)
        out.counts[u], out.first[u], out.last[u] = count, first, last


@njit(nogil=True, cache=True)
def _ones(bits: np.uint64) -> int:
    """How many bits are set: in pairs, in fours, in bytes, and the bytes' sum."""
    bits -= (bits >> np.uint64(1)) & np.uint64(0x5555555555555555)
    fours = np.uint64(0x3333333333333333)
    bits = (bits & fours) + ((bits >> np.uint64(2)) & fours)
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))
