"""The quick way for a plain funnel: steps in order, each one event of its own, no predicates."""

from collections.abc import Callable

import numpy as np

from ethogram.ask.kernels.bits import Words
from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.funnel import Rules
from ethogram.ask.kernels.funnel_bits import Climbed, Visits, climb
from ethogram.ask.questions.chunk import chunk, frozen
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.spec import Range
from ethogram.ask.sequences.run import Bytes, Part


def plain(
    part: Part, marker: Marker, when: Range, within: int
) -> Callable[[int, int], Climbed] | None:
    """The partial over ``part`` where every pick is one code that is no other pick's, or None."""
    if marker.named is None:
        return None
    table, bits = marker.named
    steps = len(bits) - 1
    if steps < 2 or bits.tolist() != [0, *(1 << k for k in range(steps))]:
        return None
    places = [np.flatnonzero(marker.by_code == 1 << k) for k in range(steps)]
    if any(len(place) != 1 for place in places) or steps != marker.picks:
        return None
    run, facts = part.run, facts_of(part.run)
    codes = frozen(np.concatenate(places).astype(run.codes.dtype))
    entered, second = facts.presence(int(codes[0])), facts.presence(int(codes[1]))
    rules = Rules(bits, frozen(np.zeros_like(bits)), steps, within, False)
    ranged = when != Range(None, None)

    def partial(low: int, high: int) -> Climbed:
        seen = chunk(part, low, high, when)
        first = _bits(entered, low, high) & _alive(part.dead[low:high])
        # A range may hide a person's first step or later ones, so all who have it are visited.
        visit = first if ranged else first & _bits(second, low, high)
        most = int(np.bitwise_count(visit).sum())
        gaps, before = np.empty((2, steps - 1, most), np.int64)
        out = Climbed(np.zeros(steps, np.int64), gaps, before)
        events = Events(seen.codes, table, seen.seconds, seen.micros, seen.begins, seen.ends)
        climb(events, codes, Visits(visit, _bits(facts.ties(), low, high)), rules, out)
        if not ranged:
            out.counts[0] = np.bitwise_count(first).sum()
        return out

    return partial


def _bits(words: Words, low: int, high: int) -> Words:
    """The bits ``low:high`` of ``words``, from bit 0 on."""
    taken = np.append(words[low >> 6 : (high + 63) >> 6], np.uint64(0))
    shift = np.uint64(low & 63)
    moved = taken[:-1] >> shift
    if shift:
        moved |= taken[1:] << (np.uint64(64) - shift)
    return moved[: (high - low + 63) >> 6]


def _alive(dead: Bytes) -> Words:
    """A set bit for every unit that is not dead."""
    room = np.zeros(((len(dead) + 63) >> 6) * 8, np.uint8)
    packed = np.packbits(dead == 0, bitorder="little")
    room[: len(packed)] = packed
    return room.view(np.uint64)
