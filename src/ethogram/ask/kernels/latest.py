"""The last event of each unit that says something of a property."""

from numba import njit

from ethogram.ask.kernels.events import Bytes, Int64s

MISSING = 0


@njit(nogil=True, cache=True)
def latest(tags: Bytes, begins: Int64s, ends: Int64s, out: Int64s) -> None:
    """Fill ``out[u]``: the last of the events ``begins[u]:ends[u]`` with a tag, or -1."""
    for u in range(len(begins)):
        i = ends[u] - 1
        while i >= begins[u] and tags[i] == MISSING:
            i -= 1
        out[u] = i if i >= begins[u] else -1


@njit(nogil=True, cache=True)
def carried(tags: Bytes, begins: Int64s, ends: Int64s, out: Int64s) -> None:
    """Fill ``out[i]``: the last of the unit's events up to ``i`` with a tag, or -1."""
    for u in range(len(begins)):
        held = -1
        for i in range(begins[u], ends[u]):
            if tags[i] != MISSING:
                held = i
            out[i] = held
