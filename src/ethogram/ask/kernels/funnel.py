"""How far each unit gets in a funnel of steps in order, with exclusions or strictly."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import Bytes, Events, Int64s
from ethogram.ask.kernels.gather import Gathered, gather, room


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


# Calls that hand arrays over count references to each; with a call per unit or per attempt that
# takes longer than the work, so what is called so often is inlined.


class Desk(NamedTuple):
    """Scratch arrays for one unit at a time: its events, and where searches and paths stand."""

    into: Gathered
    instants: Int64s
    next_step: Int64s
    next_void: Int64s
    path: Int64s
    best_path: Int64s


@njit(nogil=True, cache=True)
def desk(events: Events, steps: int) -> Desk:
    """A desk for the units of ``events``."""
    into = room(events)
    each = (np.empty(steps, np.int64), np.empty(steps, np.int64))
    paths = (np.empty(steps, np.int64), np.empty(steps, np.int64))
    return Desk(into, np.empty_like(into.times), each[0], each[1], paths[0], paths[1])


@njit(nogil=True, cache=True)
def ordered(events: Events, rules: Rules, out: Levels) -> None:
    """Fill ``out`` by `attempt`, unit by unit."""
    at = desk(events, rules.steps)
    for u in range(len(events.begins)):
        level = attempt(events, u, rules, at)
        path, times = at.best_path, at.into.times
        out.levels[u] = level
        out.starts[u] = at.into.where[path[0]] if level else -1
        for k in range(level - 1):
            out.gaps[u, k] = times[path[k + 1]] - times[path[k]]


@njit(nogil=True, cache=True, inline="always")
def attempt(events: Events, u: int, rules: Rules, at: Desk) -> int:
    """The level of unit ``u``'s attempt that counts; ``at.best_path`` are its steps.

    Every step-0 event starts an attempt, which takes the earliest next step each time. The
    furthest attempt that nothing voided counts: of several the one that got there first, and of
    those the one that started last.
    """
    n = gather(events, u, at.into)
    marks, times = at.into.marks[:n], at.into.times[:n]
    steps, serves = rules.steps, rules.serves
    if rules.strict:
        _number_instants(times, at.instants)
    at.next_step[:] = 0
    at.next_void[:] = 0
    best = 0
    arrival = -1
    for s in range(n):
        if not serves[marks[s]] & 1:
            continue
        if best == steps and s > arrival:
            break
        # Of starts side by side the last gets as far as any, unless something voids it that the
        # window of an earlier one does not reach.
        same = best > 0 and s + 1 < n and marks[s + 1] == marks[s]
        if same and serves[marks[s]] == 1 and not rules.voids.any():
            continue
        level = _climb(s, marks, times, rules, at)
        if level > best or (level == best > 0 and at.path[level - 1] == arrival):
            best = level
            arrival = at.path[level - 1]
            for k in range(level):
                at.best_path[k] = at.path[k]
    return best


@njit(nogil=True, cache=True, inline="always")
def _climb(s: int, marks: Bytes, times: Int64s, rules: Rules, at: Desk) -> int:
    """How far the attempt that starts at ``s`` gets, along ``at.path``; 0 if it is voided."""
    n, path = len(marks), at.path
    deadline = times[s] + rules.within
    path[0] = s
    for level in range(1, rules.steps):
        here = path[level - 1]
        # Attempts that start later are never behind, so searches need not go back.
        q = _seek(rules.serves, level, marks, max(at.next_step[level], here + 1))
        x = _seek(rules.voids, level - 1, marks, max(at.next_void[level - 1], here + 1))
        at.next_step[level] = q
        at.next_void[level - 1] = x
        fits = q < n and times[q] <= deadline
        if rules.strict and fits:
            fits = at.instants[q] <= at.instants[here] + 1
        if x < n and times[x] <= deadline and (x <= q or not fits):
            return 0
        if not fits:
            return level
        path[level] = q
    return rules.steps


@njit(nogil=True, cache=True, inline="always")
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
