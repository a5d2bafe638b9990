"""In which periods a unit has events: a bit a period, 64 periods at a time."""

from math import gcd
from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.bits import Words
from ethogram.ask.kernels.events import Codes, Events, Int64s

QUARTER = 900
"""Seconds of a quarter of an hour: every time zone's offset is a multiple of it since 1979."""
WIDE = 64


class Windows(NamedTuple):
    """Periods, 64 to a window, and a word for each step of some seconds.

    Window ``w`` holds the periods from ``64 * w`` on and begins ``zeros[w]`` seconds from the
    run's origin. Its steps are ``words[firsts[w]:firsts[w + 1]]``: each has the bit of the period
    that it lies in; the last is 0 and stands for all that lies outside. ``n`` seconds are
    ``(n >> halves) * factor >> shift`` steps.
    """

    words: Words
    firsts: Int64s
    zeros: Int64s
    halves: int
    factor: int
    shift: int


class Among(NamedTuple):
    """Events whose symbol is one from ``low`` to ``high``."""

    symbols: Codes
    low: np.integer
    high: np.integer


def among(symbols: Codes, low: int, high: int) -> Among:
    """The symbols from ``low`` to ``high``, numbers of the symbols' own type."""
    return Among(symbols, symbols.dtype.type(low), symbols.dtype.type(high))


def windows(bounds: Int64s) -> Windows:
    """Period ``p`` is ``bounds[p]:bounds[p + 1]``, ascending seconds from the run's origin.

    A step is as long as can be. The first period may be seen as beginning a second earlier, so
    that its length is even.
    """
    zero = int(bounds[0] - (bounds[1] - bounds[0]) % 2)
    bounds = np.append(zero, bounds[1:])
    width = gcd(*np.diff(bounds).tolist()) or QUARTER
    edges = (bounds - zero) // width
    words, firsts, zeros = [np.empty(0, np.uint64)], [0], []
    for p in range(0, len(bounds) - 1, WIDE):
        own = edges[p : p + WIDE + 1]
        bits = np.uint64(1) << np.arange(len(own) - 1, dtype=np.uint64)
        words += [np.repeat(bits, np.diff(own)), np.zeros(1, np.uint64)]
        firsts.append(firsts[-1] + int(own[-1] - own[0]) + 1)
        zeros.append(zero + int(own[0]) * width)
    return Windows(np.concatenate(words), np.array(firsts), np.array(zeros), *reciprocal(width))


def reciprocal(width: int) -> tuple[int, int, int]:
    """``halves``, ``factor`` and ``shift`` for an even ``width``, exact below 2³² seconds.

    After Granlund and Montgomery, Division by Invariant Integers using Multiplication (1994);
    the factor has 32 bits, so that vectors of it can be multiplied.
    """
    halves = (width & -width).bit_length() - 1
    odd = width >> halves
    shift = 32 - halves + (odd - 1).bit_length()
    return halves, -(-(1 << shift) // odd), shift


class Window(NamedTuple):
    """One of the windows, ready for the loop: numbers of the widths that vectors are made of."""

    words: Words
    zero: np.int32
    halves: np.uint32
    factor: np.uint64
    shift: np.uint64


@njit(nogil=True, cache=True, inline="always")
def opened(of: Windows, w: int) -> Window:
    """Window ``w``."""
    factor = np.uint64(np.uint32(of.factor))
    words = of.words[of.firsts[w] : of.firsts[w + 1]]
    return Window(words, np.int32(of.zeros[w]), np.uint32(of.halves), factor, np.uint64(of.shift))


@njit(nogil=True, cache=True, inline="always")
def periods_with(events: Events, among: Among, span: tuple[int, int], window: Window) -> np.uint64:
    """Bit x: of the events ``span``, first to last, one of ``among`` is in the x-th period.

    Symbols and seconds may be read 32 beyond the span.
    """
    words, zero, halves, factor, shift = window
    outside = np.uint64(len(words) - 1)
    low, high = among.low, among.high
    begin, end = span
    bits = np.uint64(0)
    # Of a slice and a constant count LLVM makes vectors.
    for i in range(begin, end, 32):
        symbols, seconds = among.symbols[i : i + 32], events.seconds[i : i + 32]
        left = np.int32(min(end - i, 32))
        found = np.uint64(0)
        for x in range(32):
            ahead = np.uint32(np.uint32(np.int32(seconds[x] - zero)) >> halves)
            word = words[min((np.uint64(ahead) * factor) >> shift, outside)]
            hit = (symbols[x] >= low) & (symbols[x] <= high) & (np.int32(x) < left)
            found |= word if hit else np.uint64(0)
        bits |= found
    return bits
