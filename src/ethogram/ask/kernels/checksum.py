"""Sums over events that do not depend on their order."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.buckets import BUCKETS

Int64s: TypeAlias = npt.NDArray[np.int64]
UInt64s: TypeAlias = npt.NDArray[np.uint64]


@njit(cache=True, nogil=True)
def _mix(z: np.uint64) -> np.uint64:
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def add_events(
    sums: UInt64s, positions: Int64s, owners: Int64s, instants: Int64s, names: UInt64s
) -> None:
    """Add every event to its bucket's sum and count: ``sums`` has a row (sum, count) a bucket.

    ``names`` holds a hash of each event's name. The four are mixed one into the next, so that
    no two of them can be exchanged; the sum is modulo 2⁶⁴.
    """
    step = np.uint64(0x9E3779B97F4A7C15)
    for i in range(len(positions)):
        owner = _mix(np.uint64(owners[i]))
        z = _mix(np.uint64(positions[i]) + step)
        z = _mix((z ^ owner) + step)
        z = _mix((z ^ np.uint64(instants[i])) + step)
        z = _mix((z ^ names[i]) + step)
        bucket = owner % np.uint64(BUCKETS)
        sums[bucket, 0] += z
        sums[bucket, 1] += np.uint64(1)
