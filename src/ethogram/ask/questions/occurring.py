"""How often units do what is asked, and the groups they are in by one of those events."""

import numpy as np

from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.occurrences import Occurrences, occurrences
from ethogram.ask.questions.breakdown import Breakdown, Key
from ethogram.ask.questions.chunk import Chunk
from ethogram.ask.sequences.run import Int64s


def occurring(events: Events) -> Occurrences:
    """Of each unit: how many events have a mark, and which are the first and the last."""
    room = np.empty((3, len(events.begins)), np.int64)
    found = Occurrences(room[0], room[1], room[2])
    occurrences(events, found)
    return found


def groups_at(breakdown: Breakdown, seen: Chunk, where: Int64s) -> tuple[Int64s, list[Key]]:
    """The groups by the values at the events ``where`` of a chunk, and the groups' keys."""
    return breakdown.groups(where + seen.first, len(where))
