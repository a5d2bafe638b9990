"""What a property of a profile holds after each instant, or at the end: a fold over changes.

The changes of one instant are made together, in the order of their turns, so that no answer
depends on which of them came first.
"""

from math import floor, log10
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import Bytes, Int32s, Int64s

Floats = npt.NDArray[np.float64]
MISSING, NULL, NUMBER = 0, 1, 3
DIGITS = 15
"""So many digits of a sum are those of the decimal numbers that were added."""


class Changes(NamedTuple):
    """What each event changes; ``said`` is 0 where that is nothing.

    ``empties`` is 1 where all is cleared (before the rest) and 2 where the property is unset
    (after it); then tags and values of what is set, set once and added. Tags are 0 where nothing
    is said, 1 for null, 3 for a number; others are but passed on.
    """

    seconds: Int32s
    micros: Int32s
    turns: Int64s
    said: Bytes
    empties: Bytes
    set_tags: Bytes
    set_values: Floats
    once_tags: Bytes
    once_values: Floats
    add_tags: Bytes
    added: Floats


class Held(NamedTuple):
    """A value: its tag, the number, what rounding took off it, and the largest it had been.

    ``most`` is 0 where nothing was added.
    """

    tag: np.int64
    value: float
    rest: float
    most: float


@njit(nogil=True, cache=True)
def last(changes: Changes, begins: Int64s, ends: Int64s, tags: Bytes, values: Floats) -> None:
    """Fill ``tags[u]`` and ``values[u]``: what unit ``u`` holds after ``begins[u]:ends[u]``."""
    said = changes.said
    for u in range(len(begins)):
        held = Held(np.int64(MISSING), 0.0, 0.0, 0.0)
        i = begins[u]
        while i < ends[u]:
            if said[i]:
                end = _instant(changes.seconds, changes.micros, i, ends[u])
                held = _changed(changes, i, end, held)
                i = end
            else:
                i += 1
        tags[u], values[u] = held.tag, _rounded(held)


@njit(nogil=True, cache=True)
def each(changes: Changes, begins: Int64s, ends: Int64s, tags: Bytes, values: Floats) -> None:
    """Fill ``tags[i]`` and ``values[i]``: what event ``i``'s unit holds after its instant."""
    said, seconds, micros = changes.said, changes.seconds, changes.micros
    for u in range(len(begins)):
        held, value = Held(np.int64(MISSING), 0.0, 0.0, 0.0), 0.0
        i = begins[u]
        while i < ends[u]:
            start = end = i + 1
            if said[i]:
                end = _instant(seconds, micros, i, ends[u])
                held = _changed(changes, i, end, held)
                value = _rounded(held)
                while start > begins[u] and _together(seconds, micros, start - 1, i):
                    start -= 1
            else:
                start = i
            for j in range(start, end):
                tags[j], values[j] = held.tag, value
            i = end


@njit(nogil=True, cache=True, inline="always")
def _together(seconds: Int32s, micros: Int32s, i: int, j: int) -> bool:
    """Whether two events happened at one instant."""
    return seconds[i] == seconds[j] and micros[i] == micros[j]


@njit(nogil=True, cache=True, inline="always")
def _instant(seconds: Int32s, micros: Int32s, i: int, end: int) -> int:
    """The end of the events that happened when event ``i`` did."""
    j = i + 1
    while j < end and _together(seconds, micros, i, j):
        j += 1
    return j


@njit(nogil=True, cache=True)
def _changed(changes: Changes, begin: int, end: int, held: Held) -> Held:
    """``held`` after the events of one instant."""
    if end == begin + 1:
        return _applied(changes, begin, held)
    order = np.argsort(changes.turns[begin:end], kind="mergesort")
    for place in order:
        held = _applied(changes, begin + place, held)
    return held


@njit(nogil=True, cache=True)
def _applied(changes: Changes, i: int, held: Held) -> Held:
    """``held`` after event ``i``."""
    if changes.empties[i] & 1:
        held = Held(np.int64(MISSING), 0.0, 0.0, 0.0)
    if changes.set_tags[i] != MISSING:
        held = Held(np.int64(changes.set_tags[i]), changes.set_values[i], 0.0, 0.0)
    if changes.once_tags[i] != MISSING and held.tag <= NULL:
        held = Held(np.int64(changes.once_tags[i]), changes.once_values[i], 0.0, 0.0)
    if changes.add_tags[i] == NUMBER and held.tag in (MISSING, NULL, NUMBER):
        held = _added(held, changes.added[i])
    if changes.empties[i] & 2:
        held = Held(np.int64(MISSING), 0.0, 0.0, 0.0)
    return held


@njit(nogil=True, cache=True)
def _added(held: Held, more: float) -> Held:
    """The sum; what it loses is kept (Neumaier 1974)."""
    before = held.value if held.tag == NUMBER else 0.0
    total = before + more
    large, small = (before, more) if abs(before) >= abs(more) else (more, before)
    lost = (large - total) + small
    most = max(held.most, abs(before), abs(more), abs(total))
    return Held(np.int64(NUMBER), total, held.rest + lost, most)


@njit(nogil=True, cache=True)
def _rounded(held: Held) -> float:
    """The value; a sum without the digits that only binary numbers have."""
    total = held.value + held.rest
    if held.most == 0.0 or not np.isfinite(total):
        return held.value
    places = DIGITS - 1 - floor(log10(held.most))
    if places > 22 or places < 1:
        return total
    shift = 10.0**places
    return round(total * shift) / shift
