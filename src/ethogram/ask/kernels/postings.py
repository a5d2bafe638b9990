"""The events of one code: for a code that is rare, all that need be looked at."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.bits import ONE, below, lowest, mask
from ethogram.ask.kernels.events import Bytes, Codes, Events, Int32s, Int64s


class Postings(NamedTuple):
    """The events of some codes, each code's in order: where they are, whose, and when."""

    where: Int64s
    units: Int32s
    seconds: Int32s
    micros: Int32s


class Merged(NamedTuple):
    """Events of several codes in order, with the mark of each; unit by unit, where each begins."""

    marks: Bytes
    where: Int64s
    seconds: Int32s
    micros: Int32s
    begins: Int64s


@njit(nogil=True, cache=True)
def counted(codes: Codes, events: int, code: int) -> int:
    """How many of the first ``events`` codes are ``code``."""
    n = 0
    for i in range(0, events, 4096):
        ahead = codes[i : min(i + 4096, events)]
        found = 0
        for x in range(len(ahead)):
            found += ahead[x] == code
        n += found
    return n


@njit(nogil=True, cache=True)
def located(events: Events, code: int, out: Postings) -> None:
    """Fill ``out`` with the events of ``code``; symbols may be read 64 beyond their end."""
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u], 64):
            bits = mask(events.symbols, i, code) & below(events.ends[u] - i)
            while bits:
                here = i + lowest(bits)
                out.where[n], out.units[n] = here, np.int32(u)
                out.seconds[n], out.micros[n] = events.seconds[here], events.micros[here]
                bits &= bits - ONE
                n += 1


@njit(nogil=True, cache=True)
def merged(
    of: Postings, spans: Int64s, dead: Bytes, each: bool, out: Merged
) -> tuple[int, int, int]:
    """Bring the events of some codes in order, unit by unit, into ``out``.

    Code k's are ``spans[k, 0]:spans[k, 1]`` of the postings. Units that are dead, or lack the
    first code, are left out; unless ``each``, those that lack the second too, and they are only
    counted. What comes back are the events and units in ``out``, and the units counted.
    """
    at, ends = spans[:, 0].copy(), spans[:, 1]
    codes, n, units, others = len(at), 0, 0, 0
    while at[0] < ends[0]:
        u = of.units[at[0]]
        for k in range(1, codes):
            while at[k] < ends[k] and of.units[at[k]] < u:
                at[k] += 1
        alone = codes > 1 and not (at[1] < ends[1] and of.units[at[1]] == u)
        if dead[u] or (alone and not each):
            others += not dead[u]
            while at[0] < ends[0] and of.units[at[0]] == u:
                at[0] += 1
            continue
        out.begins[units] = n
        units += 1
        while True:
            next_code = -1
            for k in range(codes):
                here = at[k] < ends[k] and of.units[at[k]] == u
                if here and (next_code < 0 or of.where[at[k]] < of.where[at[next_code]]):
                    next_code = k
            if next_code < 0:
                break
            i = at[next_code]
            out.marks[n], out.where[n] = next_code + 1, of.where[i]
            out.seconds[n], out.micros[n] = of.seconds[i], of.micros[i]
            at[next_code] += 1
            n += 1
    out.begins[units] = n
    return n, units, others
