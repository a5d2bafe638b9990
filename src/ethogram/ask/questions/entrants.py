"""Who began a funnel, whether they came to its end, and what they did in between."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from ethogram.ask.kernels.funnel import Levels, Rules, ordered
from ethogram.ask.kernels.meeting import spans_after
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.funnel_plain import plain
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import Range
from ethogram.ask.sequences.run import Int64s, Part, Run


class Entrants(NamedTuple):
    """Of a chunk, one entry per unit that began: its attempt's first event, if it ``converted``.

    The events ``begins:ends`` lie after the start's instant, and before the conversion's or at
    most so long after the start as the funnel lasts. Events count from the chunk's first.
    """

    seen: Chunk
    starts: Int64s
    converted: Bools
    begins: Int64s
    ends: Int64s


Find: TypeAlias = Callable[[int, int], Entrants]
Attempts: TypeAlias = Callable[[int, int], tuple[Int64s, Int64s]]
"""Of each unit that began: its first event, and the time it took to convert (-1: it did not)."""


def entrants(part: Part, marker: Marker, when: Range, steps: int, within: int) -> Find:
    """Finds those of a range of units who began to take ``steps`` in order ``within`` a time."""
    attempt = attempts(part, marker, when, steps, within)

    def find(low: int, high: int) -> Entrants:
        starts, took = attempt(low, high)
        seen = chunk(part, low, high, when)
        begins, ends = np.empty((2, len(starts)), np.int64)
        lengths = np.where(took < 0, within + 1, took)
        events, _ = marker.mark(seen)
        spans_after(events, frozen(starts), lengths, begins, ends)
        return Entrants(seen, starts, took >= 0, begins, ends)

    return find


def units_of(run: Run, low: int, starts: Int64s) -> Int64s:
    """The units whose events are ``starts``, counted from the first event of unit ``low``."""
    return np.searchsorted(run.offsets, starts + run.offsets[low], side="right") - 1


def attempts(part: Part, marker: Marker, when: Range, steps: int, within: int) -> Attempts:
    """The attempts that count, of those of a range of units who began; the funnel says which."""
    quick = plain(part, marker, when, within, each=True)
    if quick is None:
        return _slowly(part, marker, when, steps, within)

    def attempt(low: int, high: int) -> tuple[Int64s, Int64s]:
        found = quick(low, high)
        n, arrived = found.counts[0], found.counts[-1]
        took = np.full(n, -1, np.int64)
        took[found.levels[:n] == steps] = found.totals[:arrived]
        return found.starts[:n], took

    return attempt


def _slowly(part: Part, marker: Marker, when: Range, steps: int, within: int) -> Attempts:
    def attempt(low: int, high: int) -> tuple[Int64s, Int64s]:
        events, bits = marker.mark(chunk(part, low, high, when))
        n = high - low
        gaps = np.empty((n, steps - 1), np.int64)
        out = Levels(np.empty(n, np.uint8), np.empty(n, np.int64), gaps)
        rules = Rules(frozen(bits), steps, within)
        ordered(events, rules, out)
        entered = out.levels > 0
        took = np.where(out.levels == steps, gaps.sum(1), -1)
        return out.starts[entered], took[entered]

    return attempt
