"""Putting events in order: by unit, and within a unit by (time, position)."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

Int64s: TypeAlias = npt.NDArray[np.int64]
Int32s: TypeAlias = npt.NDArray[np.int32]


@njit(cache=True, nogil=True)
def group_rows(ranks: Int64s, offsets: Int64s) -> Int64s:
    """Row numbers by rank, rows of one rank in the order in which they came.

    ``offsets[r]`` is how many rows have a rank below ``r``.
    """
    places = offsets[:-1].copy()
    order = np.empty(len(ranks), np.int64)
    for i in range(len(ranks)):
        rank = ranks[i]
        order[places[rank]] = i
        places[rank] += 1
    return order


@njit(cache=True, nogil=True)
def unsorted_units(offsets: Int64s, seconds: Int32s, micros: Int32s, positions: Int64s) -> Int64s:
    """The units whose events are not yet in the order of (time, position)."""
    found = np.empty(len(offsets) - 1, np.int64)
    count = 0
    for u in range(len(offsets) - 1):
        for i in range(offsets[u] + 1, offsets[u + 1]):
            if seconds[i] > seconds[i - 1]:
                continue
            if seconds[i] == seconds[i - 1] and (
                micros[i] > micros[i - 1]
                or (micros[i] == micros[i - 1] and positions[i] >= positions[i - 1])
            ):
                continue
            found[count] = u
            count += 1
            break
    return found[:count]


@njit(cache=True, nogil=True)
def sort_units(
    units: Int64s, offsets: Int64s, seconds: Int32s, micros: Int32s, positions: Int64s
) -> Int64s:
    """For the events of ``units``, side by side: where in the columns each should come from."""
    total = 0
    for u in units:
        total += offsets[u + 1] - offsets[u]
    order = np.empty(total, np.int64)
    done = 0
    for u in units:
        start, end = offsets[u], offsets[u + 1]
        by_position = np.argsort(positions[start:end], kind="mergesort")
        times = np.empty(end - start, np.int64)
        for i in range(end - start):
            k = start + by_position[i]
            times[i] = np.int64(seconds[k]) * 1_000_000 + micros[k]
        by_time = np.argsort(times, kind="mergesort")
        for i in range(end - start):
            order[done + i] = start + by_position[by_time[i]]
        done += end - start
    return order


@njit(cache=True, nogil=True)
def find_units(
    units: Int64s, buckets: Int64s, ids: Int64s, id_buckets: npt.NDArray[np.uint8]
) -> Int64s:
    """The slot of every id in a run, or -1; the run's units are sorted by (bucket, id)."""
    slots = np.empty(len(ids), np.int64)
    for i in range(len(ids)):
        low, end = buckets[id_buckets[i]], buckets[id_buckets[i] + 1]
        high = end
        while low < high:
            middle = (low + high) // 2
            if units[middle] < ids[i]:
                low = middle + 1
            else:
                high = middle
        slots[i] = low if low < end and units[low] == ids[i] else -1
    return slots
