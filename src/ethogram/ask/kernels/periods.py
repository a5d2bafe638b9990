"""In which period of a calendar a second lies."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import Int32s, Int64s


class Periods(NamedTuple):
    """Period ``p`` holds the seconds ``bounds[p]:bounds[p + 1]`` from the run's origin.

    ``cells[c]`` is the period of the first second of the c-th cell of ``2 ** shift`` seconds from
    ``bounds[0]`` on; no cell holds more than one bound besides its first second.
    """

    bounds: Int64s
    cells: Int32s
    shift: int


def periods(bounds: Int64s) -> Periods:
    """The periods between ascending ``bounds`` (seconds from the run's origin)."""
    shortest = int(np.diff(bounds).min()) if len(bounds) > 1 else 1
    shift = shortest.bit_length() - 1
    cells = np.arange(((bounds[-1] - bounds[0]) >> shift) + 1, dtype=np.int64) << shift
    within = np.searchsorted(bounds, cells + bounds[0], side="right") - 1
    return Periods(bounds, within.astype(np.int32), shift)


@njit(nogil=True, cache=True, inline="always")
def period(of: Periods, second: int) -> int:
    """The period that holds ``second``, which lies within the bounds."""
    p = int(of.cells[(second - of.bounds[0]) >> of.shift])
    return p + (second >= of.bounds[p + 1])
