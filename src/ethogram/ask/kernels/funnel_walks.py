"""Attempts at a funnel, with everything that may be asked of one: who takes which step when."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import SECOND, Bytes, Events, Int64s
from ethogram.ask.kernels.gather import gather, order_ties, room
from ethogram.ask.kernels.periods import Periods, period


class Course(NamedTuple):
    """A funnel of ``steps`` required steps, from 0. Times are in microseconds.

    Bit k of ``serves[mark]`` says that an event of that mark can be step k, bit k of
    ``voids[mark]`` that it ends an attempt that stands at step k: it ``stops`` there, or counts
    for nothing. ``within`` is from step 0, inclusive; step k comes at least ``after[k]`` and at
    most ``upto[k]`` after the one before. Where ``after`` is negative, it may come so long
    before. ``stepwise``: any of these two says something. Times are floored to whole ``grain``
    since 1970; ``origin`` is the run's.

    ``strict``: a step lies in the instant of the one before or the next that has a mark;
    ``apart``: never in the same. ``first_only``: only the first event of step 0 is an attempt;
    ``every``: every attempt counts, each beginning after the one before has ended.
    ``earliest``: of attempts that got there at once, the one that began first.

    An attempt begins from ``opens`` on and before ``closes``, from the run's origin.

    Optional step j is bit j of ``options[mark]`` and comes after required step ``places[j]``.
    """

    serves: Int64s
    voids: Int64s
    options: Int64s
    places: Int64s
    after: Int64s
    upto: Int64s
    steps: int
    within: int
    opens: int
    closes: int
    grain: int
    origin: int
    stepwise: bool
    strict: bool
    apart: bool
    stops: bool
    first_only: bool
    every: bool
    earliest: bool


class Taken(NamedTuple):
    """What comes out: row r is an attempt of unit ``units[r]``, and ``filled[0]`` are there.

    ``path[r, k]`` is the event that was its step k (-1: none), the optional ones after the
    required; it began in period ``periods[r]``, and its value is ``values[r]``.
    """

    filled: Int64s
    units: Int64s
    periods: Int64s
    values: Int64s
    path: Int64s


class Whose(NamedTuple):
    """The unit whose attempts are looked for, how many of its events, and their value."""

    unit: int
    events: int
    value: int


class Desk(NamedTuple):
    """Scratch for one unit: its events with their instants' numbers, and where searches stand."""

    where: Int64s
    marks: Bytes
    times: Int64s
    instants: Int64s
    next_step: Int64s
    next_void: Int64s
    parents: Int64s
    path: Int64s
    best: Int64s


@njit(nogil=True, cache=True)
def starts(events: Events, serves: Int64s) -> int:
    """How many events can be step 0: no more attempts can there be."""
    n = 0
    for u in range(len(events.begins)):
        for i in range(events.begins[u], events.ends[u]):
            n += np.int64(serves[events.table[events.symbols[i]]] & 1)
    return int(n)


@njit(nogil=True, cache=True)
def walks(events: Events, values: Int64s, course: Course, days: Periods, out: Taken) -> None:
    """Fill ``out``: of each unit the attempt that counts, one for each period it has any in.

    Only attempts that begin in one of ``days`` count. With ``values``, one for each event, an
    attempt's steps have one value, which is not 0, and each value has its own. The furthest
    attempt counts; of several the one that got there first, and of those the one that began last.
    """
    into = room(events)
    most, steps = len(into.times), course.steps
    at = _desk(most, steps, steps * most if course.stepwise else 0)
    for u in range(len(events.begins)):
        n = gather(events, u, into)
        if course.grain > 1:
            for j in range(n):
                into.times[j] -= (into.times[j] + course.origin) % course.grain
            order_ties(into, n)
        if not len(values):
            _take(into.where[:n], into.marks[:n], into.times[:n], at)
            _unit(Whose(u, n, 0), course, days, at, out)
            continue
        own = values[into.where[:n]]
        for value in np.unique(own):
            if value:
                of_value = (own == value) | (course.serves[into.marks[:n]] == 0)
                m = int(of_value.sum())
                where, marks = into.where[:n][of_value], into.marks[:n][of_value]
                _take(where, marks, into.times[:n][of_value], at)
                _unit(Whose(u, m, value), course, days, at, out)


@njit(nogil=True, cache=True)
def _desk(most: int, steps: int, ways: int) -> Desk:
    whole = (np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64))
    each = (np.empty(steps, np.int64), np.empty(steps, np.int64))
    paths = (np.empty(steps, np.int64), np.empty(steps, np.int64))
    marks, parents = np.empty(most, np.uint8), np.empty(ways, np.int64)
    return Desk(whole[0], marks, whole[1], whole[2], each[0], each[1], parents, paths[0], paths[1])


@njit(nogil=True, cache=True)
def _take(where: Int64s, marks: Bytes, times: Int64s, at: Desk) -> None:
    n = len(where)
    at.where[:n], at.marks[:n], at.times[:n] = where, marks, times
    number = 0
    for j in range(n):
        number += j > 0 and times[j] != times[j - 1]
        at.instants[j] = number


@njit(nogil=True, cache=True)
def _unit(of: Whose, course: Course, days: Periods, at: Desk, out: Taken) -> None:
    """The attempts among the events on the desk."""
    n = of.events
    at.next_step[:] = 0
    at.next_void[:] = 0
    best, here, free = 0, -1, 0
    for s in range(n):
        if not course.serves[at.marks[s]] & 1 or s < free:
            continue
        if at.times[s] < course.opens or at.times[s] >= course.closes:
            continue
        day = _period(days, at.times[s])
        if day != here or course.every:
            _keep(of, (best, here), course, at, out)
            best, here = 0, day
        if day >= 0 and not (best == course.steps and s > at.best[best - 1]):
            level, free = _climb(s, n, course, at)
            arrival = -1 if level == 0 else at.path[level - 1]
            further = level > best or (
                level == best > 0 and arrival == at.best[best - 1] and not course.earliest
            )
            if further:
                best = level
                at.best[:level] = at.path[:level]
        if not course.every:
            free = 0
        if course.first_only:
            break
    _keep(of, (best, here), course, at, out)


@njit(nogil=True, cache=True, inline="always")
def _period(days: Periods, time: int) -> int:
    """The period of a time, or -1."""
    second = time // SECOND
    inside = days.bounds[0] <= second < days.bounds[-1]
    return period(days, second) if inside else -1


@njit(nogil=True, cache=True)
def _keep(of: Whose, best: tuple[int, int], course: Course, at: Desk, out: Taken) -> None:
    """Write down the best attempt, its (level, period), if there is one, with optional steps."""
    level, day = best
    n = of.events
    if level == 0:
        return
    row = out.filled[0]
    out.filled[0] += 1
    out.units[row], out.periods[row], out.values[row] = of.unit, day, of.value
    out.path[row, :] = -1
    for k in range(level):
        out.path[row, k] = at.where[at.best[k]]
    deadline = at.times[at.best[0]] + course.within
    j = at.best[0]
    for option in range(len(course.places)):
        before = course.places[option]
        if before >= level:
            continue
        j = max(j, at.best[before])
        end = at.best[before + 1] if before + 1 < level else n
        i = j + 1
        while i < end and at.times[i] <= deadline and not course.options[at.marks[i]] >> option & 1:
            i += 1
        if i < end and at.times[i] <= deadline:
            out.path[row, course.steps + option] = at.where[i]
            j = i


@njit(nogil=True, cache=True)
def _climb(s: int, n: int, course: Course, at: Desk) -> tuple[int, int]:
    """How far the attempt that begins at ``s`` gets along ``at.path``, 0 if it is for nothing;
    and the event from which on another may begin."""
    if course.stepwise:
        return _search(s, n, course, at)
    deadline = at.times[s] + course.within
    at.path[0] = s
    for level in range(1, course.steps):
        here = at.path[level - 1]
        # Attempts that begin later are never behind, so searches need not go back.
        q = _seek(course.serves, level, at.marks[:n], max(at.next_step[level], here + 1))
        while course.apart and q < n and at.times[q] == at.times[here]:
            q = _seek(course.serves, level, at.marks[:n], q + 1)
        x = _seek(course.voids, level - 1, at.marks[:n], max(at.next_void[level - 1], here + 1))
        at.next_step[level], at.next_void[level - 1] = q, x
        fits = q < n and at.times[q] <= deadline
        if course.strict and fits:
            fits = at.instants[q] <= at.instants[here] + 1
        if x < n and at.times[x] <= deadline and (x <= q or not fits):
            return level if course.stops else 0, x + 1
        if not fits:
            free = here + 1 if course.strict else _beyond(deadline, here, n, at.times)
            return level, free
        at.path[level] = q
    return course.steps, at.path[course.steps - 1] + 1


@njit(nogil=True, cache=True)
def _search(s: int, n: int, course: Course, at: Desk) -> tuple[int, int]:
    """`_climb` where steps have times of their own: every way is tried, level by level.

    The order is not strict then, and where steps are never of one instant, ``after`` says so.

    ``parents[k * most + q]`` is one more than the event that was step k - 1 where event q can be
    step k: the last before q that fits, since it leaves the most room behind and before it.
    """
    most = len(at.times)
    deadline = at.times[s] + course.within
    begin, end = s, _beyond(deadline, s, n, at.times)
    earliest = at.times[s] + (course.steps - 1) * min(course.after.min(), 0)
    while begin and at.times[begin - 1] >= earliest:
        begin -= 1
    at.parents[begin:end] = 0
    at.parents[s] = s + 1
    level, first = 1, s
    while level < course.steps:
        q = _reach(level, begin, end, course, at)
        x = first + 1
        while x < end and not course.voids[at.marks[x]] >> (level - 1) & 1:
            x += 1
        if q < 0:
            free = x + 1 if x < end else end
            stands = x == end or course.stops
            return _retrace(level, first, most, at) if stands else 0, free
        level, first = level + 1, q
    return _retrace(level, first, most, at), first + 1


@njit(nogil=True, cache=True)
def _reach(level: int, begin: int, end: int, course: Course, at: Desk) -> int:
    """Note which of the events ``begin:end`` can be step ``level``; the first of them, or -1."""
    most, after, upto = len(at.times), course.after[level], course.upto[level]
    low, here = (level - 1) * most, level * most
    found, last, second, void = -1, -1, -1, -1
    p = begin
    for q in range(begin, end):
        at.parents[here + q] = 0
        while p < end and (p < q if after == 0 else at.times[p] + after <= at.times[q]):
            if at.parents[low + p]:
                last, second = p, last
            p += 1
        if course.voids[at.marks[q]] >> (level - 1) & 1:
            void = q
        i = second if last == q else last
        if i < 0 or not course.serves[at.marks[q]] >> level & 1 or at.times[q] - at.times[i] > upto:
            continue
        if void > i or (after < 0 and _used(q, i, level - 1, at)):
            continue
        at.parents[here + q] = i + 1
        found = q if found < 0 else found
    return found


@njit(nogil=True, cache=True)
def _used(q: int, i: int, level: int, at: Desk) -> bool:
    """Whether event ``q`` is a step on the way to ``i``, which is step ``level``."""
    for k in range(level, -1, -1):
        if i == q:
            return True
        i = at.parents[k * len(at.times) + i] - 1
    return False


@njit(nogil=True, cache=True)
def _retrace(level: int, last: int, most: int, at: Desk) -> int:
    """Fill ``at.path`` back from step ``level - 1``, which is ``last``."""
    for k in range(level - 1, -1, -1):
        at.path[k] = last
        last = at.parents[k * most + last] - 1
    return level


@njit(nogil=True, cache=True)
def _beyond(deadline: int, i: int, n: int, times: Int64s) -> int:
    while i < n and times[i] <= deadline:
        i += 1
    return i


@njit(nogil=True, cache=True, inline="always")
def _seek(bits: Int64s, bit: int, marks: Bytes, i: int) -> int:
    """The first index from ``i`` on whose mark has ``bit``, or ``len(marks)``."""
    while i < len(marks) and not (bits[marks[i]] >> bit) & 1:
        i += 1
    return i
