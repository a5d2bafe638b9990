"""What a person's events had said of a property, or have said by now: values carried along."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.latest import carried, latest
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.sequences.run import Column, Int64s, Run
from ethogram.events.predicate import Whose

Bools: TypeAlias = npt.NDArray[np.bool_]
Test: TypeAlias = Callable[[int, int], Bools]
"""Whether a predicate holds for each of the events ``first:last`` of the run it was made for."""


def said_at(run: Run, column: Column, events: Int64s, of: Whose) -> Column:
    """The values of ``column`` for each of ``events``: those that the person's events had given
    last ``then``, or have given last ``now``."""
    offsets = persons(run)
    person = np.searchsorted(offsets, events, side="right") - 1
    ends = events + 1 if of == "then" else offsets[person + 1]
    return said_last(column, offsets[person], ends)


def said_last(column: Column, begins: Int64s, ends: Int64s) -> Column:
    """Of each of the ranges of events ``begins:ends`` the value that was said last."""
    found = np.empty(len(begins), np.int64)
    latest(frozen(column.tags), frozen(begins), frozen(ends), found)
    said = found >= 0
    values = np.where(said, column.values[found], column.values.dtype.type(0))
    return Column(column.tags[found] * said, values, column.words)


def held_by(run: Run, column: Column, holds: Test, of: Whose) -> Test:
    """Of a test for the events' own values of ``column``, the one for their persons' values."""
    offsets, tags = persons(run), column.tags

    def test(first: int, last: int) -> Bools:
        low, high = np.searchsorted(offsets, (first, last - 1), side="right")
        begin, end = int(offsets[low - 1]), int(offsets[high])
        bounds = frozen(offsets[low - 1 : high + 1] - begin)
        found = np.empty(end - begin, np.int64)
        if of == "then":
            carried(frozen(tags[begin:end]), bounds[:-1], bounds[1:], found)
        else:
            of_person = np.empty(len(bounds) - 1, np.int64)
            latest(frozen(tags[begin:end]), bounds[:-1], bounds[1:], of_person)
            found = np.repeat(of_person, np.diff(bounds))
        own = np.append(holds(begin, end), False)
        return own[found[first - begin : last - begin]]

    return test


def persons(run: Run) -> Int64s:
    """The offsets of whole persons, also where units are parts of them."""
    return run.offsets if run.whole is None else run.whole
