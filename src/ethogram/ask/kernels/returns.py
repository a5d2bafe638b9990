"""In which periods a unit that started returns, by any clock: one event after the other."""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.events import SECOND, Events, Int64s
from ethogram.ask.kernels.periods import Periods, period
from ethogram.ask.kernels.retention import Entries, instant
from ethogram.ask.kernels.windows import Among

ON, LAST, FIRST, STREAK = range(4)

Entry: TypeAlias = tuple[int, int, int]
"""A unit, the index of its start, its group."""


class Clock(NamedTuple):
    """How many periods lie between two events.

    ``length`` microseconds are one, or where it is 0, ``each`` of the cells of ``grid``.
    """

    grid: Periods
    each: int
    length: int


class Returns(NamedTuple):
    """What is a return, and what is counted of them.

    An event of ``among``, and where ``of`` is not empty, of the entry's group. Period k belongs
    to cell ``cells[k]``; a period beyond is a cell of its own. A cell is hit by its
    ``at_least``-th return. ``mode``: every cell that is hit, the last one, the first one, or
    each up to the first that is not, from cell 1 on.
    """

    among: Among
    of: Int64s
    cells: Int64s
    at_least: int
    mode: int


@njit(nogil=True, cache=True)
def trace(
    events: Events, clock: Clock, entered: Entries, returns: Returns, out: npt.NDArray[np.int64]
) -> None:
    """Add each entry to ``out[row, cell]`` for each cell of its unit that counts.

    Returns lie at the instant of the start or later. A last cell beyond ``out`` counts as its
    last one.
    """
    for e in range(len(entered.units)):
        row, entry = out[entered.rows[e]], (entered.units[e], entered.where[e], entered.groups[e])
        if returns.mode == LAST:
            cell = _last_cell(events, clock, entry, returns)
            if cell >= 0:
                row[min(cell, len(row) - 1)] += 1
        else:
            _forward(events, clock, entry, returns, row)


@njit(nogil=True, cache=True, inline="always")
def _last_cell(events: Events, clock: Clock, entry: Entry, returns: Returns) -> int:
    """The last cell that is hit, or -1."""
    u, where, group = entry
    cell = last = -1
    left = 0
    for i in range(events.ends[u] - 1, instant(events, u, where) - 1, -1):
        if not is_return(returns.among, returns.of, group, i):
            continue
        here = _cell(returns, len(returns.cells), since(events, clock, where, i))
        if here != cell:
            cell, left = here, returns.at_least
        left -= 1
        if not left:
            last = here
            break
    return last


@njit(nogil=True, cache=True, inline="always")
def _forward(events: Events, clock: Clock, entry: Entry, returns: Returns, row: Int64s) -> None:
    u, where, group = entry
    cell, left, due = -1, 0, 1
    for i in range(instant(events, u, where), events.ends[u]):
        if not is_return(returns.among, returns.of, group, i):
            continue
        here = _cell(returns, len(returns.cells), since(events, clock, where, i))
        if here >= len(row):
            break
        if here != cell:
            cell, left = here, returns.at_least
        left -= 1
        if left:
            continue
        if returns.mode == STREAK and here > due:
            break
        due = here + 1
        row[here] += 1
        if returns.mode == FIRST:
            break


@njit(nogil=True, cache=True, inline="always")
def _cell(returns: Returns, known: int, k: int) -> int:
    """The cell of period ``k``; the ``known`` periods make the cells that there are."""
    if k < known:
        return int(returns.cells[k])
    return int(returns.cells[known - 1]) + 1 + k - known


@njit(nogil=True, cache=True, inline="always")
def is_return(among: Among, of: Int64s, group: int, i: int) -> bool:
    """Whether event ``i`` is of ``among``, and of ``group`` where ``of`` says the groups."""
    fits = among.low <= among.symbols[i] <= among.high
    return fits and (len(of) == 0 or of[i] == group)


@njit(nogil=True, cache=True, inline="always")
def since(events: Events, clock: Clock, start: int, i: int) -> int:
    """The periods from event ``start`` to event ``i``, which is not earlier."""
    if clock.length:
        passed = np.int64(events.seconds[i]) - np.int64(events.seconds[start])
        rest = np.int64(events.micros[i]) - np.int64(events.micros[start])
        return int((passed * SECOND + rest) // clock.length)
    first = period(clock.grid, events.seconds[start])
    return (period(clock.grid, events.seconds[i]) - first) // clock.each
