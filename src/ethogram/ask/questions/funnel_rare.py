"""The quickest way for a plain funnel of rare steps: only their events are looked at."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ethogram.ask.kernels.bits import ties
from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.funnel import Rules
from ethogram.ask.kernels.funnel_bits import Climbed, Visits, climb, climbed
from ethogram.ask.kernels.postings import Merged, Postings, merged
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.unit_bits import living
from ethogram.ask.sequences.run import PADDING, Int64s, Part

RARE = 0.01
"""Up to this share of a run's events, looking them up beats passing over all of them."""


def rare(
    part: Part, codes: Int64s, within: int, *, each: bool
) -> Callable[[int, int], Climbed] | None:
    """The partial over ``part``; step k is the code ``codes[k]``. None where they are not rare."""
    facts, run = facts_of(part.run), part.run
    counts = [facts.counted(code) for code in codes.tolist()]
    if sum(counts) > RARE * run.events:
        return None
    lists = [facts.postings(code) for code in codes.tolist()]
    found = Postings(*(frozen(np.concatenate(columns)) for columns in zip(*lists, strict=True)))
    bounds = np.concatenate(([0], np.cumsum(counts)))
    dead, steps = frozen(part.dead), len(codes)
    bits = np.append(0, 1 << np.arange(steps))
    rules = Rules(frozen(bits), steps, within)
    names = frozen(np.arange(1, steps + 1, dtype=np.uint8))
    table = frozen(np.arange(steps + 1, dtype=np.uint8))

    def partial(low: int, high: int) -> Climbed:
        # Of the list's own type, or each search would first copy the list.
        ends = np.array([low, high], found.units.dtype)
        spans = np.array(
            [first + np.searchsorted(found.units[first:last], ends)
             for first, last in pairwise(bounds)]
        )  # fmt: skip
        room = int(np.diff(spans).sum()) + PADDING
        into = Merged(
            np.zeros(room, np.uint8), np.empty(room, np.int64), np.zeros(room, np.int32),
            np.zeros(room, np.int32), np.empty(room, np.int64),
        )  # fmt: skip
        _, n, others = merged(found, spans, dead, each, into)
        begins = into.begins[: n + 1]
        seconds, micros = frozen(into.seconds), frozen(into.micros)
        events = Events(frozen(into.marks), table, seconds, micros, begins[:-1], begins[1:])
        out = climbed(steps, n)
        visits = Visits(living(np.zeros(n, np.uint8)), ties(seconds, micros, frozen(begins)))
        climb(events, names, visits, rules, out)
        entered = out.counts[0]
        out.starts[:entered] = into.where[out.starts[:entered]] - run.offsets[low]
        out.counts[0] += others
        return out

    return partial
