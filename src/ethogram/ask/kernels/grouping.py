"""The distinct values of a column at some events, where a narrow column holds them packed."""

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import Bytes, Int64s

TAGS = 6
"""A value's tag is below this."""


@njit(nogil=True, cache=True)
def packed(
    tags: Bytes, values: npt.NDArray[np.signedinteger], where: Int64s, low: int, least: int
) -> Int64s:
    """Of each event ``where`` its value above ``low``, times `TAGS`, and its tag.

    The tag alone where it is below ``least``: it has no value.
    """
    out = np.empty(len(where), np.int64)
    for j in range(len(where)):
        i = where[j]
        code = (np.int64(values[i]) - low) * TAGS + tags[i]
        out[j] = code if tags[i] >= least else np.int64(tags[i])
    return out


@njit(nogil=True, cache=True)
def renumber(codes: Int64s, top: int) -> Int64s:
    """The distinct ``codes``, all below ``top``, in order; each code becomes its place there."""
    places = np.zeros(top, np.int64)
    for j in range(len(codes)):
        places[codes[j]] = 1
    n = 0
    for code in range(top):
        n += places[code]
        places[code] *= n
    found = np.empty(n, np.int64)
    for code in range(top):
        if places[code]:
            found[places[code] - 1] = code
    for j in range(len(codes)):
        codes[j] = places[codes[j]] - 1
    return found
