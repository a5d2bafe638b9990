"""How much of a run's files stays in a process's memory while it is asked."""

from collections.abc import Iterator

import numpy as np

from ethogram.ask.sequences.mapped import leave
from ethogram.ask.sequences.run import Run

LARGE = 1 << 28
"""Of a run with more events, only the pieces at work stay: their pages would fill the memory."""
PIECE = 1 << 24
"""Events in a piece."""


def leave_events(run: Run, low: int, high: int) -> None:
    """Let the events of the units ``low:high`` no longer count as resident, if the run is large."""
    if run.events <= LARGE:
        return
    first, last = int(run.offsets[low]), int(run.offsets[high])
    columns = run.properties.values()
    arrays = [run.codes, run.seconds, run.micros, run.positions]
    arrays += [array for column in columns for array in (column.tags, column.values)]
    for array in arrays:
        leave(array, first, last)


def pieces(run: Run) -> Iterator[tuple[int, int]]:
    """The units of ``run`` in ranges of about `PIECE` events, beginning at multiples of 64.

    What was looked at is left (`leave_events`) when the next is asked for.
    """
    low, units = 0, len(run.units)
    while low < units:
        high = int(np.searchsorted(run.offsets, run.offsets[low] + PIECE, side="right")) - 1
        high = min(max(high & ~63, low + 64), units)
        yield low, high
        leave_events(run, low, high)
        low = high
