"""The quick way for a plain funnel: steps in order, and no event can be two of them."""

from collections.abc import Callable

import numpy as np

from ethogram.ask.kernels.bits import Words
from ethogram.ask.kernels.funnel import Rules
from ethogram.ask.kernels.funnel_bits import Climbed, Visits, climb, climbed
from ethogram.ask.questions.chunk import chunk, frozen
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.funnel_rare import rare
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.spec import Range
from ethogram.ask.questions.unit_bits import bits_of, living
from ethogram.ask.sequences.run import Int64s, Part


def plain(
    part: Part, marker: Marker, when: Range, within: int, *, each: bool
) -> Callable[[int, int], Climbed] | None:
    """The partial over ``part``, or None where an event can be two steps or a step none.

    ``each``: every unit's level and start are asked for, not only how many reached a step.
    """
    if not marker.apart or marker.numbering is None or len(marker.numbering.bits) < 3:
        return None
    bits, facts = marker.numbering.bits, facts_of(part.run)
    steps = len(bits) - 1
    if marker.plain and when == Range(None, None):
        quickest = rare(part, _codes(marker, steps), within, each=each)
        if quickest is not None:
            return quickest
    rules = Rules(bits, steps, within)
    entered = _entered(part, marker) if marker.plain and when == Range(None, None) else None
    codes = frozen(np.arange(1, steps + 1, dtype=np.uint8))
    if marker.plain:
        codes = frozen(_codes(marker, steps).astype(part.run.codes.dtype))

    def partial(low: int, high: int) -> Climbed:
        events, _ = marker.mark(chunk(part, low, high, when))
        visit = first = living(part.dead[low:high])
        if entered is not None:
            first = visit & bits_of(entered[0], low, high)
            visit = first if each else first & bits_of(entered[1], low, high)
        most = int(np.bitwise_count(visit).sum())
        out = climbed(steps, most)
        climb(events, codes, Visits(visit, bits_of(facts.ties(), low, high)), rules, out)
        if entered is not None:
            out.counts[0] = np.bitwise_count(first).sum()
        return out

    return partial


def _codes(marker: Marker, steps: int) -> Int64s:
    """The code of each step."""
    return np.array([np.flatnonzero(marker.by_code == 1 << k)[0] for k in range(steps)])


def _entered(part: Part, marker: Marker) -> tuple[Words, Words]:
    """Which units have the first step's event, and which the second's.

    Only who has both is visited; without a range, who has the first has reached it.
    """
    facts = facts_of(part.run)
    first, second = _codes(marker, 2).tolist()
    return facts.presence(first), facts.presence(second)
