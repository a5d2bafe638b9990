"""The group of each event by the word of its text, packed as the column packs it."""

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import Bytes, Int32s, Int64s


@njit(nogil=True, cache=True)
def words(
    where: Int64s, tags: Bytes, values: npt.NDArray[np.signedinteger], text: int, out: Int32s
) -> bool:
    """Write to ``out`` the number of each event's word, and 0 where it has none; words are from 1.

    ``text`` is the tag of texts, tags below it that are at most 1 are of what is not there.
    False, and ``out`` of no meaning, where an event has a value of another type.
    """
    other = False
    for j in range(len(where)):
        i = where[j]
        tag = tags[i]
        is_text = tag == text
        out[j] = np.int32(values[i]) + 1 if is_text else 0
        other |= (tag > 1) & (not is_text)
    return not other


@njit(nogil=True, cache=True)
def renumber(codes: Int32s, top: int) -> Int32s:
    """The distinct ``codes``, all below ``top``, in order; each code becomes its place there."""
    places = np.zeros(top, np.int32)
    for j in range(len(codes)):
        places[codes[j]] = 1
    n = 0
    found = np.empty(top, np.int32)
    for code in range(top):
        if places[code]:
            found[n] = code
            places[code] = n
            n += 1
    for j in range(len(codes)):
        codes[j] = places[codes[j]]
    return found[:n]
