"""The marks of events, from their codes and from what holds for each of them."""

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import Bytes, Codes


@njit(nogil=True, cache=True)
def mark_codes(codes: Codes, table: Bytes, marks: Bytes) -> None:
    """Write to ``marks`` what ``table`` holds for each code."""
    for i in range(len(codes)):
        marks[i] = table[codes[i]]


@njit(nogil=True, cache=True)
def mark_again(holds: npt.NDArray[np.bool_], table: Bytes, marks: Bytes) -> None:
    """Replace the marks of events for which something does not hold by what ``table`` says."""
    for i in range(len(holds)):
        other = table[marks[i]]
        marks[i] = marks[i] if holds[i] else other
