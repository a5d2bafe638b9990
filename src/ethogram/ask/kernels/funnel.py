"""How far each unit gets in a plain funnel: steps in order, within a window."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import Bytes, Events, Int64s
from ethogram.ask.kernels.gather import Gathered, gather, room


class Rules(NamedTuple):
    """A funnel of ``steps`` steps, from 0.

    Bit k of ``serves[mark]`` says that an event of that mark can be step k. Marks are numbered in
    the order in which events of one instant are taken. ``within`` is in microseconds from step 0,
    inclusive.
    """

    serves: Int64s
    steps: int
    within: int


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
    next_step: Int64s
    path: Int64s
    best_path: Int64s


@njit(nogil=True, cache=True)
def desk(events: Events, steps: int) -> Desk:
    """A desk for the units of ``events``."""
    paths = (np.empty(steps, np.int64), np.empty(steps, np.int64))
    return Desk(room(events), np.empty(steps, np.int64), paths[0], paths[1])


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
    furthest attempt counts: of several the one that got there first, and of those the one that
    started last.
    """
    n = gather(events, u, at.into)
    marks, times = at.into.marks[:n], at.into.times[:n]
    steps, serves = rules.steps, rules.serves
    at.next_step[:] = 0
    best = 0
    arrival = -1
    for s in range(n):
        if not serves[marks[s]] & 1:
            continue
        if best == steps and s > arrival:
            break
        # Of starts side by side the last gets as far as any.
        same = best > 0 and s + 1 < n and marks[s + 1] == marks[s]
        if same and serves[marks[s]] == 1:
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
    """How far the attempt that starts at ``s`` gets, along ``at.path``."""
    n, path = len(marks), at.path
    deadline = times[s] + rules.within
    path[0] = s
    for level in range(1, rules.steps):
        here = path[level - 1]
        # Attempts that start later are never behind, so searches need not go back.
        q = _seek(rules.serves, level, marks, max(at.next_step[level], here + 1))
        at.next_step[level] = q
        if q == n or times[q] > deadline:
            return level
        path[level] = q
    return rules.steps


@njit(nogil=True, cache=True, inline="always")
def _seek(bits: Int64s, bit: int, marks: Bytes, i: int) -> int:
    """The first index from ``i`` on whose mark has ``bit``, or ``len(marks)``."""
    while i < len(marks) and not (bits[marks[i]] >> bit) & 1:
        i += 1
    return i
