"""The plain ordered funnel, 64 events at a time: the same answer as `funnel.ordered`, sooner."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.bits import ONE, Words, below, highest, lowest, mask
from ethogram.ask.kernels.events import SECOND, Bytes, Codes, Events, Int64s
from ethogram.ask.kernels.funnel import Rules, attempt, desk


class Climbed(NamedTuple):
    """``counts[k]`` units reached step k or more; of those, ``gaps[k - 1, :counts[k]]``.

    A gap is the microseconds from one step of the attempt that counts to the next; ``totals`` of
    those who reached the last step are from the first to it. The first ``counts[0]`` of ``levels``
    and ``starts`` are how many steps each unit reached that reached any, and its attempt's first
    event. What is beyond the counts means nothing.
    """

    counts: Int64s
    levels: Bytes
    starts: Int64s
    gaps: Int64s
    totals: Int64s


def climbed(steps: int, units: int) -> Climbed:
    """Room for so many units."""
    number = np.empty((steps + 1, units), np.int64)
    levels = np.empty(units, np.uint8)
    return Climbed(np.zeros(steps, np.int64), levels, number[0], number[1:-1], number[-1])


class Visits(NamedTuple):
    """Which units to look at, as bits: all of ``units``, with more care those in ``ties``."""

    units: Words
    ties: Words


class Group(NamedTuple):
    """64 units: their events as bits, word j the events from ``64 * j`` of them on, and more.

    ``begins`` are the first events of units, ``steps[k]`` those of step k, and ``moves[k]`` those
    of them that are the first since one that could move an attempt to step k - 1. No other need
    be looked at: an attempt that it could move to step k stands there already. Each unit reached
    ``levels[n]`` steps, and ``paths[n]`` are the events of its attempt that counts.
    """

    begins: Words
    steps: Words
    moves: Words
    levels: Bytes
    paths: Int64s


@njit(nogil=True, cache=True)
def climb(events: Events, codes: Codes, visits: Visits, rules: Rules, out: Climbed) -> None:
    """Add the units to visit to ``out``.

    ``codes[k]`` is the only symbol of step k, whose mark is k + 1. Symbols, seconds and micros
    may be read 64 beyond their end.
    """
    steps = len(codes)
    group = _group(events, steps)
    at = desk(events, steps)
    # 64 units at a time, since a call for each would take longer than its work.
    for w in range(len(visits.units)):
        units = visits.units[w]
        if not units:
            continue
        large = _see(events, w, codes, group)
        _reach(events, w, units & ~large, group, rules.within)
        _reach_large(events, w, units & large, group, rules.within)
        ties = units & visits.ties[w]
        while ties:
            n = lowest(ties)
            ties &= ties - ONE
            u = (w << 6) + n
            if _unsorted(events, u, codes):
                group.levels[n] = attempt(events, u, rules, at)
                for k in range(group.levels[n]):
                    group.paths[n, k] = at.into.where[at.best_path[k]]
        _add(events, units, group, out)


@njit(nogil=True, cache=True)
def _group(events: Events, steps: int) -> Group:
    """Room for any 64 units side by side."""
    most = 0
    for u in range(0, len(events.begins), 64):
        last = min(u + 64, len(events.begins)) - 1
        most = max(most, events.ends[last] - events.begins[u])
    words = ((most + 63) >> 6) + 1
    return Group(
        np.empty(words, np.uint64),
        np.empty((steps, words), np.uint64),
        np.empty((steps, words), np.uint64),
        np.empty(64, np.uint8),
        np.empty((64, steps), np.int64),
    )


@njit(nogil=True, cache=True)
def _see(events: Events, w: int, codes: Codes, group: Group) -> np.uint64:
    """Fill in the events of the units from ``64 * w`` on; those of over 64 events are returned."""
    low, high = w << 6, min((w + 1) << 6, len(events.begins))
    zero = events.begins[low]
    number = events.ends[high - 1] - zero
    words = (number + 63) >> 6
    large = np.uint64(0)
    group.begins[:words] = 0
    for u in range(low, high):
        large |= np.uint64(events.ends[u] - events.begins[u] > 64) << np.uint64(u - low)
        x = events.begins[u] - zero
        if x < number:
            group.begins[x >> 6] |= ONE << np.uint64(x & 63)
    for k in range(len(codes)):
        carry = np.uint64(0)
        for j in range(words):
            bits = mask(events.symbols, zero + (j << 6), codes[k])
            group.steps[k, j] = group.moves[k, j] = bits
            if k:
                before = group.moves[k - 1, j]
                group.moves[k, j], carry = _first_after(before, bits, group.begins[j], carry)
    return large


@njit(nogil=True, cache=True)
def _first_after(
    before: np.uint64, bits: np.uint64, begins: np.uint64, carry: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Of ``bits`` those that have one of ``before`` between them and the bit below.

    Nothing passes into one of ``begins``. ``carry`` is 1 where the word below left one of
    ``before`` with no bit after it; so is what is returned with the bits, for the word above.
    """
    passed = ~(before | bits | begins)
    seeds = ((before << ONE) | carry) & ~begins
    flooded = (seeds & passed) + passed
    reached = (seeds | (flooded & ~passed)) & bits & ~begins
    return reached, np.uint64(flooded < passed) | (before >> np.uint64(63))


@njit(nogil=True, cache=True)
def _reach(events: Events, w: int, units: np.uint64, group: Group, within: int) -> None:
    """Fill ``out`` for ``units`` of at most 64 events, of those from ``64 * w`` on.

    The attempt that an event moves started latest if the latest move to each step below led to
    it; it is within the window or no other that the event moves is. So the furthest step is
    looked for first, and only there are times compared: of all units at once, then again of
    those whose attempt was too long.
    """
    zero, steps = events.begins[w << 6], len(group.steps)
    moves = np.empty((steps, 64), np.uint64)
    starts, arrivals = np.empty(64, np.int64), np.empty(64, np.int64)
    left = units
    while left:
        n = lowest(left)
        left &= left - ONE
        begin, end = events.begins[(w << 6) + n], events.ends[(w << 6) + n]
        level = 0
        for k in range(steps):
            moves[k, n] = _word(group.moves, k, begin - zero) & below(end - begin)
            level += moves[k, n] != 0
        group.levels[n] = level
        units ^= np.uint64(level == 0) << np.uint64(n)
    open_ = units
    while open_:
        left = open_
        while left:
            n = lowest(left)
            left &= left - ONE
            begin, k = events.begins[(w << 6) + n], group.levels[n] - 1
            x = lowest(moves[k, n])
            arrivals[n] = begin + x
            for earlier in range(k - 1, -1, -1):
                x = highest(moves[earlier, n] & below(x))
            starts[n] = begin + x
        left = open_
        while left:
            n = lowest(left)
            left &= left - ONE
            k = group.levels[n] - 1
            if _inside(events, starts[n], arrivals[n], within):
                open_ ^= ONE << np.uint64(n)
            else:
                moves[k, n] &= moves[k, n] - ONE
                group.levels[n] -= moves[k, n] == 0
    while units:
        n = lowest(units)
        units &= units - ONE
        last, i = group.levels[n] - 1, starts[n]
        group.paths[n, 0] = i
        for k in range(1, last):
            i += 1 + lowest(_word(group.steps, k, i + 1 - zero))
            group.paths[n, k] = i
        group.paths[n, last] = arrivals[n]


@njit(nogil=True, cache=True)
def _reach_large(events: Events, w: int, units: np.uint64, group: Group, within: int) -> None:
    """Fill ``out`` as `_reach` does, for units of more than 64 events."""
    zero, steps = events.begins[w << 6], len(group.steps)
    while units:
        n = lowest(units)
        units &= units - ONE
        begin, end = events.begins[(w << 6) + n] - zero, events.ends[(w << 6) + n] - zero
        first, last = begin >> 6, (end - 1) >> 6
        group.levels[n] = 0
        for k in range(steps - 1, -1, -1):
            for j in range(first, last + 1):
                bits = group.moves[k, j]
                if j == first:
                    bits &= ~below(begin & 63)
                if j == last:
                    bits &= below(end - (last << 6))
                while bits and not group.levels[n]:
                    arrival = x = (j << 6) + lowest(bits)
                    bits &= bits - ONE
                    for earlier in range(k - 1, -1, -1):
                        x = _last_before(group.moves, earlier, x)
                    if _inside(events, zero + x, zero + arrival, within):
                        group.levels[n] = k + 1
                        group.paths[n, 0] = zero + x
                        for later in range(1, k):
                            x = _first_from(group.steps, later, x + 1)
                            group.paths[n, later] = zero + x
                        group.paths[n, k] = zero + arrival
                if group.levels[n]:
                    break
            if group.levels[n]:
                break


@njit(nogil=True, cache=True)
def _add(events: Events, units: np.uint64, group: Group, out: Climbed) -> None:
    """Append to ``out`` the ``units`` of those ``reached``."""
    paths, rows = group.paths, np.empty(64, np.int64)
    number = 0
    while units:
        rows[number] = lowest(units)
        units &= units - ONE
        number += 1
    for k in range(len(out.counts)):
        # Those that got so far, without a branch, which processors would guess wrong.
        found = 0
        for i in range(number):
            rows[found] = rows[i]
            found += group.levels[rows[i]] > k
        number = found
        first = out.counts[k]
        out.counts[k] += number
        if k == 0:
            for i in range(number):
                out.levels[first + i] = group.levels[rows[i]]
                out.starts[first + i] = paths[rows[i], 0]
        else:
            for i in range(number):
                out.gaps[k - 1, first + i] = _apart(
                    events, paths[rows[i], k - 1], paths[rows[i], k]
                )
    for i in range(number):
        out.totals[out.counts[-1] - number + i] = _apart(
            events, paths[rows[i], 0], paths[rows[i], -1]
        )


@njit(nogil=True, cache=True)
def _word(words: Words, k: int, x: int) -> np.uint64:
    """The 64 bits of ``words[k]`` from bit ``x`` on."""
    j, shift = x >> 6, np.uint64(x & 63)
    return (words[k, j] >> shift) | ((words[k, j + 1] << ONE) << (np.uint64(63) - shift))


@njit(nogil=True, cache=True, inline="always")
def _last_before(words: Words, k: int, x: int) -> int:
    """The last bit of ``words[k]`` set below ``x``; there is one."""
    j = x >> 6
    bits = words[k, j] & below(x & 63)
    while bits == 0:
        j -= 1
        bits = words[k, j]
    return (j << 6) + highest(bits)


@njit(nogil=True, cache=True, inline="always")
def _first_from(words: Words, k: int, x: int) -> int:
    """The first bit of ``words[k]`` set from ``x`` on; there is one."""
    j = x >> 6
    bits = words[k, j] & ~below(x & 63)
    while bits == 0:
        j += 1
        bits = words[k, j]
    return (j << 6) + lowest(bits)


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


@njit(nogil=True, cache=True, inline="always")
def _inside(events: Events, a: int, b: int, within: int) -> bool:
    """Whether event ``b`` is at most ``within`` after ``a``; micros only where need be."""
    seconds = np.int64(events.seconds[b]) - events.seconds[a]
    if (seconds + 1) * SECOND <= within:
        return True
    return (seconds - 1) * SECOND <= within and _apart(events, a, b) <= within


@njit(nogil=True, cache=True, inline="always")
def _apart(events: Events, a: int, b: int) -> int:
    seconds = np.int64(events.seconds[b]) - events.seconds[a]
    return seconds * SECOND + events.micros[b] - events.micros[a]
