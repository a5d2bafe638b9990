"""The events that a trend's series look at, with their periods and groups."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.events import Codes, Events, Int32s
from ethogram.ask.kernels.grouping import renumber
from ethogram.ask.kernels.periods import Periods
from ethogram.ask.kernels.trends import Selected, assigned, place, select
from ethogram.ask.questions.breakdown import Breakdown, Key, other
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.marks import Marked, Marker
from ethogram.ask.questions.trends_plan import Look, Plan
from ethogram.ask.sequences.run import Int64s, Part


class Seen(NamedTuple):
    """Events of a chunk that have a mark, by the ``codes`` of their symbols.

    ``series[mark - 1]`` are the series that an event with this mark belongs to.
    """

    chunk: Chunk
    events: Events
    codes: Codes
    periods: Periods
    series: list[list[int]]


class Grouped(NamedTuple):
    """Where these events are, their units, the group of each, and the groups' keys."""

    seen: Seen
    where: Int64s
    units: Int32s
    groups: Int64s
    keys: list[Key]


class Located(NamedTuple):
    """The same with the events' periods."""

    seen: Seen
    of: Selected
    groups: Int64s
    keys: list[Key]

    def some(self, chosen: npt.NDArray[Any]) -> "Located":
        """Those of the events that ``chosen`` says, as a mask or as places."""
        where, units, within, marks = self.of
        of = Selected(where[chosen], units[chosen], within[chosen], marks[chosen])
        return self._replace(of=of, groups=self.groups[chosen])


def seen(plan: Plan, part: Part, look: Look) -> Callable[[int, int], Iterator[Seen]]:
    """The events of a look among the units ``low:high``: all at once, or pick after pick."""
    series = plan.alike(look.series)
    picks = [plan.picks[same[0]] for same in series]
    marker, periods = Marker(part.run, picks, plan.spec.where), look.bounds.of(part.run)

    def partial(low: int, high: int) -> Iterator[Seen]:
        whole = chunk(part, low, high, look.when)
        for events, marked in _passes(marker.mark(whole), len(picks), plan.spec.assign != "every"):
            codes = frozen(np.flatnonzero(events.table).astype(events.symbols.dtype))
            yield Seen(whole, events, codes, periods, [series[pick] for pick in marked])

    return partial


def grouped(plan: Plan, breakdown: Breakdown, seen: Seen) -> Grouped:
    """Where the events are, and their groups."""
    where, units = select(seen.events, seen.codes)
    return Grouped(seen, where, units, *_groups(plan, breakdown, where + seen.chunk.first, units))


def located(look: Look, found: Grouped) -> Located:
    """In which period of the answer each event counts first."""
    of = place(found.seen.events, found.where, found.units, found.seen.periods)
    if look.since is not None:
        of = of._replace(within=np.maximum(of.within - np.int32(1), np.int32(0)))
    return Located(found.seen, of, found.groups, found.keys)


def last_periods(look: Look, found: Located) -> Int32s:
    """The last period that each event counts in."""
    last = np.int32(len(look.span.days) - 1)
    if look.since is None:
        return np.full(len(found.of.where), last)
    chunk = found.seen.chunk
    seconds = chunk.seconds[found.of.where]
    until = np.searchsorted(look.since - chunk.run.origin, seconds, side="right") - 1
    return np.minimum(until.astype(np.int32), last)


def _groups(
    plan: Plan, breakdown: Breakdown, events: Int64s, units: Int32s
) -> tuple[Int64s, list[Key]]:
    """The group of each event, and the keys of the groups."""
    if not plan.spec.by:
        return np.zeros(len(events), np.int64), [()]
    groups, keys = breakdown.groups(events, len(events))
    if plan.spec.assign != "every":
        groups = assigned(units, groups, plan.spec.assign == "last")
        keys = [keys[g] for g in renumber(groups, len(keys)).tolist()]
    if plan.chosen is None:
        return groups, keys
    places = {key: g for g, key in enumerate(plan.chosen)}
    table = np.array([places.get(key, len(places)) for key in keys], np.int64)
    return table[groups], [*plan.chosen, other(plan.spec.by)]


def _passes(marked: Marked, picks: int, alone: bool) -> Iterator[tuple[Events, list[int]]]:
    """The events marked by pick: all picks at once where no event is two of them, or ``alone``."""
    each = [int(bits).bit_length() - 1 for bits in marked.bits[1:]]
    apart = all(bits == 1 << k for bits, k in zip(marked.bits[1:].tolist(), each, strict=True))
    if apart and not (alone and picks > 1):
        yield marked.events, each
        return
    for pick in range(picks):
        chosen = ((marked.bits >> pick) & 1).astype(np.uint8)
        yield marked.events._replace(table=frozen(chosen[marked.events.table])), [pick]
