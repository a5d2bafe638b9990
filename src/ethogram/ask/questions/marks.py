"""Which of a question's picks each event is: the only thing most kernels know of an event.

A pick is an event's name and a predicate. Where no predicate is asked, an event's code says all,
and a table from code to mark is enough; otherwise the marks are computed for one chunk.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.events import Events
from ethogram.ask.questions.chunk import Chunk, frozen
from ethogram.ask.questions.columns import Test, holds
from ethogram.ask.questions.spec import Step
from ethogram.ask.sequences.run import Bytes, Int64s, Run
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

MOST_PICKS = 60
MOST_MARKS = 255


class Marked(NamedTuple):
    """A chunk's events with their marks; bit j of ``bits[mark]``: such an event is pick j.

    Mark 0 is no concern of the question. Marks are numbered by (lowest pick, picks).
    """

    events: Events
    bits: Int64s


class Marker:
    """Marks the events of one run by ``picks``, of those for which ``where`` holds.

    With ``others``, an event that is no pick has a mark too (its bits are 0).
    """

    def __init__(
        self, run: Run, picks: Sequence[Step], where: Predicate | None, *, others: bool = False
    ) -> None:
        if len(picks) > MOST_PICKS:
            raise Invalid("too_many_steps", f"A question takes at most {MOST_PICKS} steps.")
        self.others = others
        self.by_code = _picks_by_code(run, picks)
        self.where = None if where is None else holds(where, run)
        self.tests: list[tuple[int, Test]] = [
            (j, holds(pick.where, run)) for j, pick in enumerate(picks) if pick.where is not None
        ]
        self.named = None if self.where or self.tests else _numbered(self.by_code, others)

    @property
    def plain(self) -> bool:
        """Whether an event's code alone says what it is."""
        return self.named is not None

    def mark(self, chunk: Chunk) -> Marked:
        """A chunk's events and what they are."""
        if self.named is not None:
            symbols, (table, bits) = chunk.codes, self.named
        else:
            symbols, bits = _numbered(self._picked(chunk), self.others)
            table = frozen(np.arange(len(bits), dtype=np.uint8))
        clock = (chunk.seconds, chunk.micros)
        return Marked(Events(symbols, table, *clock, chunk.begins, chunk.ends), bits)

    def _picked(self, chunk: Chunk) -> Int64s:
        """Which picks each event is, as bits; -1 where the question's ``where`` hides it."""
        first, last = chunk.first, chunk.last
        picked = self.by_code[chunk.codes[: last - first]]
        for j, test in self.tests:
            picked &= ~((~test(first, last)).astype(np.int64) << j)
        if self.where is not None:
            picked[~self.where(first, last)] = -1
        return picked


def _picks_by_code(run: Run, picks: Sequence[Step]) -> Int64s:
    by_code = np.zeros(max(len(run.names), 1), np.int64)
    for j, pick in enumerate(picks):
        for code, name in enumerate(run.names):
            if pick.event in (None, name):
                by_code[code] |= 1 << j
    return by_code


def _numbered(picked: Int64s, others: bool) -> tuple[Bytes, Int64s]:
    """Each element's mark, and each mark's bits. -1 is an event that is not there."""
    found, inverse = _distinct(picked)
    seen = [int(bits) for bits in found if bits > 0 or (bits == 0 and others)]
    seen.sort(key=lambda bits: (bits & -bits, bits))
    if len(seen) > MOST_MARKS:
        raise Invalid(
            "too_many_overlaps",
            f"The steps overlap in {len(seen)} ways; at most {MOST_MARKS} can be told apart.",
            at="$.steps",
        )
    number = {bits: mark for mark, bits in enumerate(seen, 1)}
    table = np.array([number.get(int(bits), 0) for bits in found], np.uint8)
    return frozen(table[inverse]), frozen(np.array([0, *seen], np.int64))


def _distinct(picked: Int64s) -> tuple[Int64s, npt.NDArray[np.intp]]:
    """The distinct values and each element's place among them, without a sort where few."""
    top = int(picked.max(initial=0)) + 2
    if top > 1 << 16:
        return np.unique(picked, return_inverse=True)
    there = np.zeros(top, np.bool_)
    there[picked] = True
    place = np.cumsum(there) - 1
    values = np.flatnonzero(there)
    values[values == top - 1] = -1
    return values, place[picked]
