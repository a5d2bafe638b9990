"""Which bucket an id belongs to: a good mix of its 64 bits, so that buckets fill evenly."""

import numpy as np
import numpy.typing as npt

BUCKETS = 64
"""The number of buckets in every run; runs written with another number cannot be joined."""


def mix(values: npt.NDArray[np.int64] | npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Every value's bits, well mixed: the finalizer of SplitMix64 (Steele and others, 2014)."""
    z = values.astype(np.uint64)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def bucket_of(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """The bucket of every id, below `BUCKETS`."""
    return (mix(ids) % np.uint64(BUCKETS)).astype(np.uint8)
