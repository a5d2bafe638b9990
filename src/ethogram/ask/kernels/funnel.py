"""How far each unit gets in a funnel of steps in order, with exclusions or strictly."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import Bytes, Events, Int64s
from ethogram.ask.kernels.gather import gather, room


class Rules(NamedTuple):
    """A funnel of ``steps`` steps, from 0.

    Bit k of ``serves[mark]`` says that an event of that mark can be step k, bit k of
    ``voids[mark]`` that it voids an attempt that stands at step k. Marks are numbered in the
    order in which events of one instant are taken. ``within`` is in microseconds from step 0,
    inclusive. ``strict``: a step counts only in the instant of the step before, or in the unit's
    next instant that has a marked event.
    """

    serves: Int64s
    voids: Int64s
    steps: int
    within: int
    strict: bool


class Levels(NamedTuple):
    """What comes out, per unit: how many steps it reached, and its attempt that counts.

    ``starts`` is the index of the attempt's first event (-1: none); ``gaps[u, k]`` the
    microseconds from its step k to step k + 1, as far as it got.
    """

    levels: Bytes
    starts: Int64s
    gaps: Int64s


@njit(nogil=True, cache=True)
def ordered(events: Events, rules: Rules, out: Levels) -> None:
    """Fill ``out``.

    Every step-0 event starts an attempt, which takes the earliest next step each time. The
    furthest attempt that nothing voided counts: of several the one that got there first, and of
    those the one that started last.
    """
    into = room(events)
    marks, times = into.marks, into.times
    instants = np.empty_like(times)
    steps, serves, voids = rules.steps, rules.serves, rules.voids
    next_step, next_void = np.empty(steps, np.int64), np.empty(steps, np.int64)
    path, best_path = np.empty(steps, np.int64), np.empty(steps, np.int64)
    for u in range(len(events.begins)):
        n = gather(events, u, into)
        _number_instants(times[:n], instants)
        next_step[:] = 0
        next_void[:] = 0
        best = 0
        arrival = -1
        for s in range(n):
            if not serves[marks[s]] & 1:
                continue
            if best == steps and s > arrival:
                break
            path[0] = s
            level = 1
            while level < steps:
                here = path[level - 1]
                # Attempts that start later are never behind, so searches need not go back.
                q = _seek(serves, level, marks[:n], max(next_step[level], here + 1))
                x = _seek(voids, level - 1, marks[:n], max(next_void[level - 1], here + 1))
                next_step[level] = q
                next_void[level - 1] = x
                deadline = times[s] + rules.within
                fits = q < n and times[q] <= deadline
                if rules.strict and fits:
                    fits = instants[q] <= instants[here] + 1
                if x < n and times[x] <= deadline and (x <= q or not fits):
                    level = 0
                    break
                if not fits:
                    break
                path[level] = q
                level += 1
            if level > best or (level == best > 0 and path[level - 1] == arrival):
                best = level
                arrival = path[level - 1]
                best_path[:level] = path[:level]
        out.levels[u] = best
        out.starts[u] = into.where[best_path[0]] if best else -1
        for k in range(best - 1):
            out.gaps[u, k] = times[best_path[k + 1]] - times[best_path[k]]


@njit(nogil=True, cache=True)
def _seek(bits: Int64s, bit: int, marks: Bytes, i: int) -> int:
    """The first index from ``i`` on whose mark has ``bit``, or ``len(marks)``."""
    while i < len(marks) and not (bits[marks[i]] >> bit) & 1:
        i += 1
    return i


@njit(nogil=True, cache=True)
def _number_instants(times: Int64s, instants: Int64s) -> None:
    instants[0] = 0
    for j in range(1, len(times)):
        instants[j] = instants[j - 1] + (times[j] != times[j - 1])
