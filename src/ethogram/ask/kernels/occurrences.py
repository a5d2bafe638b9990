"""How often each unit has a marked event, and when first and last."""

from typing import NamedTuple

from numba import njit

from ethogram.ask.kernels.events import Events, Int64s


class Occurrences(NamedTuple):
    """Per unit: its marked events, and the index of the first and of the last (-1: none)."""

    counts: Int64s
    first: Int64s
    last: Int64s


@njit(nogil=True, cache=True)
def occurrences(events: Events, out: Occurrences) -> None:
    """Fill ``out``."""
    for u in range(len(events.begins)):
        count, first, last = 0, -1, -1
        for i in range(events.begins[u], events.ends[u]):
            if events.table[events.symbols[i]]:
                if count == 0:
                    first = i
                last = i
                count += 1
        out.counts[u], out.first[u], out.last[u] = count, first, last
