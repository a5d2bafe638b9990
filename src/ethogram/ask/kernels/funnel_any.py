"""How many steps of a funnel each unit takes within one window, in whatever order."""

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import Events, Int64s
from ethogram.ask.kernels.funnel import Levels, Rules
from ethogram.ask.kernels.gather import gather, room


@njit(nogil=True, cache=True)
def unordered(events: Events, rules: Rules, needed: bool, closes: int, out: Levels) -> None:
    """Fill ``out``. With ``needed``, only windows that have an event of step 0 count.

    A window opens at any event that can be a step, before ``closes``. Its level is the most steps
    that its events can serve, each event one step. A unit's level is its best window's, the first
    of equals; ``gaps[u, k]`` is the time in which that window went from k + 1 steps to k + 2.
    """
    into = room(events)
    times, marks = into.times, into.marks
    serves, steps = rules.serves, rules.steps
    counts = np.zeros(len(serves), np.int64)
    owner = np.empty(steps, np.int64)
    for u in range(len(events.begins)):
        n = gather(events, u, into)
        counts[:] = 0
        right = 0
        best = 0
        best_start = 0
        for s in range(n):
            while right < n and times[right] <= times[s] + rules.within:
                counts[marks[right]] += 1
                right += 1
            fits = times[s] < closes and (not needed or _has_first(counts, serves))
            if fits and best < steps and _at_most(counts, serves, steps) > best:
                level = _level(counts, serves, owner)
                if level > best:
                    best, best_start = level, s
            counts[marks[s]] -= 1
        out.levels[u] = best
        out.starts[u] = into.where[best_start] if best else -1
        owner[:] = -1
        level = 0
        reached_at = times[best_start]
        j = best_start
        while level < best:
            if _seat(marks[j], owner, serves):
                if level:
                    out.gaps[u, level - 1] = times[j] - reached_at
                reached_at = times[j]
                level += 1
            j += 1


@njit(nogil=True, cache=True)
def _has_first(counts: Int64s, serves: Int64s) -> bool:
    found = False
    for mark in range(1, len(counts)):
        found |= bool(counts[mark] and serves[mark] & 1)
    return found


@njit(nogil=True, cache=True)
def _at_most(counts: Int64s, serves: Int64s, steps: int) -> int:
    """No fewer than the steps these events can serve: quick to compute."""
    total = 0
    for mark in range(1, len(counts)):
        if counts[mark]:
            room = 0
            for k in range(steps):
                room += (serves[mark] >> k) & 1
            total += min(counts[mark], room)
    return total


@njit(nogil=True, cache=True)
def _level(counts: Int64s, serves: Int64s, owner: Int64s) -> int:
    owner[:] = -1
    level = 0
    for mark in range(1, len(counts)):
        for _ in range(min(counts[mark], len(owner))):
            level += _seat(mark, owner, serves)
    return level


@njit(nogil=True, cache=True)
def _seat(mark: int, owner: Int64s, serves: Int64s) -> bool:
    """Give an event of ``mark`` a step, moving others where that helps; False if none is free.

    ``owner[k]`` is the mark that serves step k, or -1. An augmenting path of Kuhn's matching,
    breadth first.
    """
    steps = len(owner)
    came_from = np.full(steps, -2, np.int64)
    queue = np.empty(steps, np.int64)
    head = tail = 0
    mover = np.int64(mark)
    source = -1
    while True:
        for k in range(steps):
            if came_from[k] == -2 and (serves[mover] >> k) & 1:
                came_from[k] = source
                queue[tail] = k
                tail += 1
        if head == tail:
            return False
        source = queue[head]
        head += 1
        if owner[source] < 0:
            break
        mover = owner[source]
    while source != -1:
        before = came_from[source]
        owner[source] = mark if before == -1 else owner[before]
        source = before
    return True
