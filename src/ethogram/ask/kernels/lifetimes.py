"""For how many periods a unit stays active, as far as that can be known."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import SECOND, Events, Int64s
from ethogram.ask.kernels.periods import period
from ethogram.ask.kernels.retention import Entries, instant
from ethogram.ask.kernels.returns import Clock, is_return
from ethogram.ask.kernels.windows import Among


class Silence(NamedTuple):
    """A unit is gone once nothing of ``among`` happens for ``silent`` microseconds.

    ``of``: as `Returns.of`. Only what had begun by ``until`` (microseconds from the run's origin)
    is known to be a silence; so many ``whole`` cells of the clock's grid had ended by then.
    """

    among: Among
    of: Int64s
    silent: int
    until: int
    whole: int


class Lives(NamedTuple):
    """Per row and period from 0: units ``gone`` by then, active in the period before it; and
    units ``left``: active, as far as they are known, and not known beyond.
    """

    gone: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]


@njit(nogil=True, cache=True)
def live(events: Events, clock: Clock, entered: Entries, silence: Silence, out: Lives) -> None:
    """Add each entry to ``out``: once, in its row.

    A unit whose period k has not ended by ``until`` is not known beyond period k.
    """
    periods = out.gone.shape[1] - 1
    for e in range(len(entered.units)):
        row, start = entered.rows[e], _place(events, clock, entered.where[e])
        step = clock.length or clock.each
        known = (silence.until if clock.length else silence.whole) - start
        known = min(max(known, 0) // step, periods)
        last = _place(events, clock, _last_active(events, entered, e, silence))
        gone = (last - start) // step + 1
        if gone <= known:
            out.gone[row, gone] += 1
        else:
            out.left[row, known] += 1


@njit(nogil=True, cache=True, inline="always")
def _last_active(events: Events, entered: Entries, e: int, silence: Silence) -> int:
    """The last event before the first silence: the start, or a return."""
    u, last, group = entered.units[e], entered.where[e], entered.groups[e]
    before = np.int64(events.seconds[last]) * SECOND + events.micros[last]
    for i in range(instant(events, u, last), events.ends[u]):
        if not is_return(silence.among, silence.of, group, i):
            continue
        now = np.int64(events.seconds[i]) * SECOND + events.micros[i]
        if now - before >= silence.silent:
            break
        last, before = i, now
    return last


@njit(nogil=True, cache=True, inline="always")
def _place(events: Events, clock: Clock, i: int) -> int:
    """Where the clock has event ``i``: a microsecond from the run's origin, or a cell of its grid.

    A period is ``length`` of the one, or ``each`` of the other.
    """
    if clock.length:
        return int(np.int64(events.seconds[i]) * SECOND + events.micros[i])
    return period(clock.grid, events.seconds[i])
