"""Copying units' events from one set of columns into another.

``where`` are three arrays, an entry a range: its first event in the source, its length, its
place in the target. Every function is serial, releases the GIL and writes into ``target`` only.
Loops run over slices from 0, which is what lets LLVM vectorise them.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

Array: TypeAlias = npt.NDArray[Any]
Int64s: TypeAlias = npt.NDArray[np.int64]
Ranges: TypeAlias = tuple[Int64s, Int64s, Int64s]

TEXT = 4
"""The first tag whose value is the index of a word (`ethogram.ask.sequences.run.Tag`)."""


@njit(cache=True, nogil=True)
def copy_ranges(source: Array, target: Array, where: Ranges) -> None:
    """Copy every range as it is."""
    starts, lengths, places = where
    for r in range(len(starts)):
        length = lengths[r]
        into = target[places[r] : places[r] + length]
        out = source[starts[r] : starts[r] + length]
        for i in range(length):
            into[i] = out[i]


@njit(cache=True, nogil=True)
def copy_shifted(source: Array, shift: int, target: Array, where: Ranges) -> None:
    """Copy every range with ``shift`` added to each entry."""
    starts, lengths, places = where
    for r in range(len(starts)):
        length = lengths[r]
        into = target[places[r] : places[r] + length]
        out = source[starts[r] : starts[r] + length]
        for i in range(length):
            into[i] = out[i] + shift


@njit(cache=True, nogil=True)
def copy_mapped(source: Array, table: Int64s, target: Array, where: Ranges) -> None:
    """Copy every range with each entry replaced by what ``table`` holds for it."""
    starts, lengths, places = where
    for r in range(len(starts)):
        length = lengths[r]
        into = target[places[r] : places[r] + length]
        out = source[starts[r] : starts[r] + length]
        for i in range(length):
            into[i] = table[out[i]]


@njit(cache=True, nogil=True)
def copy_values(tags: Array, source: Array, table: Int64s, target: Array, where: Ranges) -> None:
    """Copy every range of property values; indices of words are replaced by ``table``."""
    starts, lengths, places = where
    for r in range(len(starts)):
        length = lengths[r]
        into = target[places[r] : places[r] + length]
        out = source[starts[r] : starts[r] + length]
        kinds = tags[starts[r] : starts[r] + length]
        for i in range(length):
            into[i] = table[int(out[i])] if kinds[i] >= TEXT else out[i]


@njit(cache=True, nogil=True)
def fill_ranges(values: Array, target: Array, where: Ranges) -> None:
    """Fill every range with its own entry of ``values``."""
    _, lengths, places = where
    for r in range(len(lengths)):
        target[places[r] : places[r] + lengths[r]] = values[r]


@njit(cache=True, nogil=True)
def mark_words(tags: Array, values: Array, starts: Int64s, lengths: Int64s, used: Array) -> None:
    """Set ``used`` to 1 at the index of every word that stands in a range of the source."""
    for r in range(len(starts)):
        start = starts[r]
        for i in range(start, start + lengths[r]):
            if tags[i] >= TEXT:
                used[int(values[i])] = 1
