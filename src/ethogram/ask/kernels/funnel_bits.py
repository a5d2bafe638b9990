"""The plain ordered funnel, 64 events at a time: the same answer as `funnel.ordered`, sooner."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.bits import ONE, Words, below, highest, lowest, mask
from ethogram.ask.kernels.events import SECOND, Bytes, Codes, Events, Int64s
from ethogram.ask.kernels.funnel import Rules, attempt, desk


class Climbed(NamedTuple):
    """``counts[k]`` units reached step k or more; of those, ``gaps[k - 1, :counts[k]]``.

    A gap is the microseconds from one step of the attempt that counts to the next. ``before``
    is scratch of the same shape. The first ``counts[0]`` of ``levels`` and ``starts`` are how many
    steps each unit reached that reached any, and its attempt's first event; further levels stay as
    they were.
    """

    counts: Int64s
    levels: Bytes
    starts: Int64s
    gaps: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]


class Visits(NamedTuple):
    """Which units to look at, as bits: all of ``units``, with more care those in ``ties``."""

    units: Words
    ties: Words


class Held(NamedTuple):
    """Per step, the start of the latest attempt that stands there: its event and second.

    ``open[k]`` is 1 where an event that could move an attempt to step k - 1 has none of step k
    after it yet.
    """

    starts: Int64s
    seconds: Int64s
    open: Words


@njit(nogil=True, cache=True)
def climb(events: Events, codes: Codes, visits: Visits, rules: Rules, out: Climbed) -> None:
    """Add the units to visit to ``out``.

    ``codes[k]`` is the only symbol of step k, whose mark is k + 1. Symbols, seconds and micros
    may be read 64 beyond their end.
    """
    steps = len(codes)
    held = Held(np.empty(steps, np.int64), np.empty(steps, np.int64), np.empty(steps, np.uint64))
    path = np.empty(steps, np.int64)
    at = desk(events, steps)
    for w in range(len(visits.units)):
        word = visits.units[w]
        while word:
            bit = word & (~word + ONE)
            word ^= bit
            u = (w << 6) + lowest(bit)
            if visits.ties[w] & bit and _unsorted(events, u, codes):
                level = attempt(events, u, rules, at)
                for k in range(level):
                    path[k] = at.into.where[at.best_path[k]]
            else:
                level, path[0], arrival = _level(events, u, codes, rules.within, held)
                _retrace(events, level, arrival, path)
            if level:
                out.levels[out.counts[0]] = level
                out.starts[out.counts[0]] = path[0]
            for k in range(level):
                if k:
                    out.before[k - 1, out.counts[k]] = path[k - 1]
                    out.gaps[k - 1, out.counts[k]] = path[k]
                out.counts[k] += 1
    # Times are looked up in a loop of their own, so that the memory's latencies overlap.
    for k in range(1, steps):
        for j in range(out.counts[k]):
            out.gaps[k - 1, j] = _apart(events, out.before[k - 1, j], out.gaps[k - 1, j])


@njit(nogil=True, cache=True)
def _level(events: Events, u: int, codes: Codes, within: int, held: Held) -> tuple[int, int, int]:
    """How far unit ``u`` gets, and the first and last event of the attempt that counts.

    Only events that can move an attempt are visited: those of step k that are the first after
    one that could move it to step k - 1. The start that matters is the nearest first step below.
    """
    steps, symbols, seconds = len(codes), events.symbols, events.seconds
    held.starts[:] = -1
    held.open[:] = 0
    best = 0
    start = -1
    arrival = -1
    end = events.ends[u]
    for i in range(events.begins[u], end, 64):
        inside = below(end - i)
        firsts = mask(symbols, i, codes[0]) & inside
        later = np.uint64(0)
        moving = firsts
        for k in range(1, steps):
            if moving == 0 and held.open[k] == 0:
                continue
            bits = mask(symbols, i, codes[k]) & inside
            moving, held.open[k] = _first_after(moving, bits, held.open[k])
            later |= moving
        while later:
            x = lowest(later)
            later &= later - ONE
            here = i + x
            k = int(events.table[symbols[here]]) - 1
            if k == 1:
                earlier = firsts & below(x)
                if earlier:
                    held.starts[0] = i + highest(earlier)
            began = int(held.starts[k - 1])
            if began < 0 or began == held.starts[k]:
                continue
            second = int(seconds[began]) if k == 1 else held.seconds[k - 1]
            apart = seconds[here] - second
            if (apart + 1) * SECOND > within and _apart(events, began, here) > within:
                continue
            held.starts[k] = began
            held.seconds[k] = second
            if k >= best:
                best, start, arrival = k + 1, began, here
                if best == steps:
                    return best, start, arrival
        if firsts:
            held.starts[0] = i + highest(firsts)
            if best == 0:
                best, start, arrival = 1, i + lowest(firsts), i + lowest(firsts)
    return best, start, arrival


@njit(nogil=True, cache=True)
def _first_after(
    before: np.uint64, bits: np.uint64, carry: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Of ``bits`` those that have one of ``before`` between them and the bit below.

    ``carry`` is 1 where the word below left one of ``before`` with no bit after it; so is what
    is returned with the bits, for the word above.
    """
    neither = ~(before | bits)
    seeds = (before << ONE) | carry
    flooded = (seeds & neither) + neither
    reached = (seeds | (flooded & ~neither)) & bits
    return reached, np.uint64(flooded < neither) | (before >> np.uint64(63))


@njit(nogil=True, cache=True)
def _unsorted(events: Events, u: int, codes: Codes) -> bool:
    """Whether steps of unit ``u`` may share an instant: then they must be sorted first.

    True, to be careful, for two steps side by side, any three events, or an event that ends a
    word; all are rare.
    """
    last = ONE << np.uint64(63)
    for i in range(events.begins[u], events.ends[u], 64):
        seconds, micros = events.seconds[i : i + 65], events.micros[i : i + 65]
        same = np.uint64(0)
        for x in range(63):
            equal = (seconds[x] == seconds[x + 1]) & (micros[x] == micros[x + 1])
            same |= np.uint64(equal) << np.uint64(x)
        if i + 64 < events.ends[u] and _apart(events, i + 63, i + 64) == 0:
            same |= last
        same &= below(events.ends[u] - i - 1)
        if same:
            steps = np.uint64(0)
            for k in range(len(codes)):
                steps |= mask(events.symbols, i, codes[k])
            if same & ((steps & (steps >> ONE)) | (same >> ONE) | last):
                return True
    return False


@njit(nogil=True, cache=True)
def _retrace(events: Events, level: int, arrival: int, path: Int64s) -> None:
    """Fill ``path`` between its first event and ``arrival``: each the earliest next step."""
    i = path[0]
    for k in range(1, level - 1):
        i += 1
        while events.table[events.symbols[i]] != k + 1:
            i += 1
        path[k] = i
    if level > 1:
        path[level - 1] = arrival


@njit(nogil=True, cache=True)
def _tied(events: Events, a: int, b: int) -> bool:
    return events.seconds[a] == events.seconds[b] and events.micros[a] == events.micros[b]


@njit(nogil=True, cache=True)
def _apart(events: Events, a: int, b: int) -> int:
    seconds = np.int64(events.seconds[b]) - events.seconds[a]
    return seconds * SECOND + events.micros[b] - events.micros[a]
