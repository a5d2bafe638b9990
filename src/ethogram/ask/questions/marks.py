"""Which of a question's picks each event is: the only thing most kernels know of an event.

A pick is an event's name and a predicate. Where no predicate is asked, an event's code says all,
and a table from code to mark is enough; otherwise the marks are computed for one chunk.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.marking import mark_again, mark_codes
from ethogram.ask.questions.chunk import Chunk, frozen
from ethogram.ask.questions.columns import holds
from ethogram.ask.questions.said import Test
from ethogram.ask.questions.step import MOST_PICKS, Step
from ethogram.ask.sequences.run import PADDING, Bytes, Codes, Int64s, Run
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

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
            raise Invalid(
                "too_many_steps",
                f"A question looks for at most {MOST_PICKS} events at once; here are {len(picks)}.",
                at="$",
                hint="Its steps, exclusions or series count together: ask for fewer, or twice.",
            )
        self.others = others
        self.by_code = _picks_by_code(run, picks)
        self.where = None if where is None else holds(where, run)
        self.tests: list[tuple[int, Test]] = [
            (j, holds(pick.where, run)) for j, pick in enumerate(picks) if pick.where is not None
        ]
        self.plain = self.where is None and not self.tests
        self.numbering = _numbering(_closed(self.by_code, [j for j, _ in self.tests]), others)
        self.table = self.numbering and frozen(self.numbering.marks(self.by_code))
        self.apart = self.numbering is not None and self.numbering.bits.tolist() == [
            0, *(1 << k for k in range(len(picks)))
        ]  # fmt: skip
        """Whether every pick can be met and no event can be two: pick k has the mark k + 1."""

    def mark(self, chunk: Chunk) -> Marked:
        """A chunk's events and what they are."""
        clock = (chunk.seconds, chunk.micros, chunk.begins, chunk.ends)
        if self.plain and self.numbering and self.table is not None:
            return Marked(Events(chunk.codes, self.table, *clock), self.numbering.bits)
        symbols = np.zeros(chunk.last - chunk.first + PADDING, np.uint8)
        bits = self._mark(chunk, symbols[:-PADDING])
        table = frozen(np.arange(len(bits), dtype=np.uint8))
        return Marked(Events(frozen(symbols), table, *clock), bits)

    def _mark(self, chunk: Chunk, marks: Bytes) -> Int64s:
        """Fill ``marks``, one per event; what comes back are the picks of each mark."""
        first, last = chunk.first, chunk.last
        codes = frozen(chunk.codes[: last - first])
        if self.numbering is None or self.table is None:
            marks[:], bits = self._marks_of_many(first, last, codes)
            return bits
        mark_codes(codes, self.table, marks)
        for j, test in self.tests:
            mark_again(frozen(test(first, last)), frozen(self.numbering.without(j)), marks)
        if self.where is not None:
            marks *= self.where(first, last)
        return self.numbering.bits

    def _marks_of_many(self, first: int, last: int, codes: Codes) -> tuple[Bytes, Int64s]:
        """Where picks could overlap in too many ways to number beforehand: as they do."""
        picked = self.by_code[codes]
        for j, test in self.tests:
            picked &= ~((~test(first, last)).astype(np.int64) << j)
        seen = np.ones(len(codes), np.bool_) if self.where is None else self.where(first, last)
        found, place = np.unique(picked, return_inverse=True)
        numbering = _numbering(found.tolist(), self.others)
        if numbering is None:
            raise Invalid(
                "too_many_overlaps",
                f"The steps overlap in {len(found)} ways; {MOST_MARKS} can be told apart.",
                at="$.steps",
            )
        return numbering.marks(found)[place] * seen, numbering.bits


@dataclass(frozen=True)
class Numbering:
    """Which picks a mark stands for (``bits``), and the mark of each set of picks."""

    bits: Int64s
    number: dict[int, int]

    def marks(self, picked: Int64s) -> Bytes:
        """The marks of some sets of picks."""
        return np.array([self.number.get(int(bits), 0) for bits in picked], np.uint8)

    def without(self, pick: int) -> Bytes:
        """Each mark's mark when its events are not ``pick`` after all."""
        return self.marks(self.bits & ~(1 << pick))


def _numbering(combinations: Iterable[int], others: bool) -> Numbering | None:
    """Numbers sets of picks by (lowest pick, picks), from 1; None if there are too many."""
    some = [bits for bits in {*combinations} if bits or others]
    if len(some) > MOST_MARKS:
        return None
    some.sort(key=lambda bits: (bits & -bits, bits))
    number = {bits: mark for mark, bits in enumerate(some, 1)}
    return Numbering(frozen(np.array([0, *some], np.int64)), number)


def _closed(by_code: Int64s, tested: list[int]) -> set[int]:
    """Every set of picks that an event can be, whichever of the ``tested`` picks it is not."""
    found = {0, *by_code.tolist()}
    for j in tested:
        found |= {bits & ~(1 << j) for bits in found}
        if len(found) > MOST_MARKS + 1:
            break
    return found


def _picks_by_code(run: Run, picks: Sequence[Step]) -> Int64s:
    by_code = np.zeros(max(len(run.names), 1), np.int64)
    for j, pick in enumerate(picks):
        for code, name in enumerate(run.names):
            if pick.event in (None, name):
                by_code[code] |= 1 << j
    return by_code
