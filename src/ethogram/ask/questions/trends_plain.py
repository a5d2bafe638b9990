"""The quick way for plain trends: totals from what is kept, people 64 periods at a time."""

from collections.abc import Callable, Mapping

import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.people import people
from ethogram.ask.kernels.tally import tally
from ethogram.ask.kernels.trends import Counts
from ethogram.ask.kernels.windows import QUARTER, WIDE, Among, among
from ethogram.ask.questions.calendar import Calendar
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.spec import Range
from ethogram.ask.questions.unit_bits import bits_of, living
from ethogram.ask.sequences.run import Int64s, Part

Partial = Callable[[int, int], dict[int, Int64s]]
MOST = 2 * WIDE
"""Up to so many periods, looking at every event once a window beats one event after the other."""
ALL = Range(None, None)


def plain(
    part: Part, marker: Marker, wanted: Mapping[str, set[int]], days: Calendar
) -> Callable[[int, int], dict[int, Counts]] | None:
    """The partial over ``part``: the counts of each pick that has any; what was not asked is 0.

    ``wanted["total"]`` are the picks whose events are to be counted, ``wanted["people"]`` those
    whose people. None where periods do not begin with a quarter of an hour.
    """
    if np.any(days.starts[1:-1] % QUARTER):
        return None
    codes = {pick: _codes(marker, pick) for pick in wanted["total"] | wanted["people"]}
    totals = _totals(part, {pick: codes[pick] for pick in wanted["total"]}, days)
    units = _people(part, {pick: codes[pick] for pick in wanted["people"]}, days)

    def partial(low: int, high: int) -> dict[int, Counts]:
        nothing = np.zeros(len(days), np.int64)
        events, persons = totals(low, high), units(low, high)
        return {
            pick: Counts(events.get(pick, nothing), persons.get(pick, nothing))
            for pick in events.keys() | persons.keys()
        }

    return partial


def _codes(marker: Marker, pick: int) -> tuple[int, int]:
    """The first and the last code of a pick's events: one code, or every one, or none."""
    codes = np.flatnonzero(marker.by_code >> pick & 1).tolist()
    return (codes[0], codes[-1]) if codes else (1, 0)


def _totals(part: Part, codes: Mapping[int, tuple[int, int]], days: Calendar) -> Partial:
    """What is kept of the whole run, less what its dead units hold; or else what the others do.

    The whole is added with the first unit, so that ranges of units add up.
    """
    facts = facts_of(part.run)
    dead, offsets = np.flatnonzero(part.dead), part.run.offsets
    kept = 2 * int((offsets[dead + 1] - offsets[dead]).sum()) <= part.run.events
    counted = Part(part.run, 1 - part.dead) if kept else part
    known = {pick: facts.tally(*own) for pick, own in codes.items()} if kept else {}
    quarters = facts.quarters()

    def partial(low: int, high: int) -> dict[int, Int64s]:
        found = dict(known) if low == 0 else {}
        if codes and not counted.dead[low:high].all():
            seen = chunk(counted, low, high, ALL)
            for pick, own in codes.items():
                row = np.zeros(len(quarters), np.int64)
                tally(*_seen(seen, own), quarters.start * QUARTER - part.run.origin, row)
                found[pick] = found.get(pick, 0) + (-row if kept else row)
        return {pick: _by_period(row, quarters, days) for pick, row in found.items()}

    return partial


def _people(part: Part, codes: Mapping[int, tuple[int, int]], days: Calendar) -> Partial:
    """The units of each pick that have an event in a period; only who may have one is visited."""
    facts, windows = facts_of(part.run), days.windows(part.run)
    having = {pick: facts.presence(own[0]) for pick, own in codes.items() if own[0] == own[1]}

    def partial(low: int, high: int) -> dict[int, Int64s]:
        if not codes:
            return {}
        seen, alive = chunk(part, low, high, ALL), living(part.dead[low:high])
        found: dict[int, Int64s] = {}
        for pick, own in codes.items():
            visits = alive & bits_of(having[pick], low, high) if pick in having else alive
            out = np.zeros(len(windows.zeros) * WIDE, np.int64)
            people(*_seen(seen, own), visits, windows, out)
            found[pick] = out[: len(days)]
        return found

    return partial


def _seen(seen: Chunk, codes: tuple[int, int]) -> tuple[Events, Among]:
    """A chunk's events, and those of them that have one of ``codes``, first to last."""
    clock = (seen.seconds, seen.micros, seen.begins, seen.ends)
    return Events(seen.codes, frozen(np.empty(0, np.uint8)), *clock), among(seen.codes, *codes)


def _by_period(row: Int64s, quarters: range, days: Calendar) -> Int64s:
    """The sums of ``row``, which has a number for each of ``quarters``, over each period."""
    edges = days.starts // QUARTER
    edges[-1] = -(-days.starts[-1] // QUARTER)
    below = np.concatenate([[0], np.cumsum(row)])
    return np.diff(below[np.clip(edges, quarters.start, quarters.stop) - quarters.start])
