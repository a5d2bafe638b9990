"""How often units do what is asked, and the groups they are in by one of those events."""

from itertools import pairwise

import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.occurrences import Occurrences, occurrences
from ethogram.ask.questions.breakdown import Breakdown, Key
from ethogram.ask.questions.chunk import Chunk, frozen
from ethogram.ask.sequences.run import Int64s


def occurring(events: Events) -> Occurrences:
    """Of each unit: how many events have a mark, and which are the first and the last."""
    codes = frozen(np.flatnonzero(events.table).astype(events.symbols.dtype))
    out = Occurrences(*np.empty((3, len(events.begins)), np.int64))
    occurrences(events, codes, out)
    return out


def groups_at(breakdown: Breakdown, seen: Chunk, where: Int64s) -> tuple[Int64s, list[Key]]:
    """The groups by the values at the events ``where`` of a chunk, and the groups' keys."""
    return breakdown.groups(where + seen.first, len(where))


def places_of(groups: Int64s, n: int) -> list[Int64s]:
    """For each of ``n`` groups where it stands in ``groups``, in order: all in one sort."""
    order = np.argsort(groups, kind="stable")
    ends = np.bincount(groups, minlength=n).cumsum().tolist()
    return [order[low:high] for low, high in pairwise([0, *ends])]
