"""Which values the plan does not allow though their type is right; each word is judged once."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.sequences.run import Column, Int64s, Tag
from ethogram.events.plan import PlannedProperty, means_time
from ethogram.events.times import EARLIEST, LATEST, SECOND

Bools = npt.NDArray[np.bool_]


def strange(wanted: PlannedProperty, column: Column, rows: Int64s) -> Bools:
    """For each of ``rows``, whose values are of the right type, whether its value is not allowed.

    A value that should be a time and is none counts here too.
    """
    texts = column.tags[rows] == Tag.TEXT
    values = column.values[rows]
    found = np.zeros(len(rows), np.bool_)
    if texts.any():
        at = values[texts].astype(np.intp)
        bad = np.zeros(len(column.words), np.bool_)
        bad[at] = True
        used = np.flatnonzero(bad)
        bad[used] = ~_allowed_words(wanted, column.words.take(pa.array(used)))
        found[texts] = bad[at]
    found[~texts] = ~_allowed_numbers(wanted, values[~texts].astype(np.float64))
    return found


def _allowed_words(wanted: PlannedProperty, words: pa.StringArray) -> Bools:
    if wanted.type == "time":
        return _are_times(words)
    said = pa.array([value for value in wanted.values if isinstance(value, str)], pa.string())
    return np.asarray(pc.is_in(words, said))


def _are_times(words: pa.StringArray) -> Bools:
    """Which words are times; where all have one form that Arrow reads, it reads them."""
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            read = words.cast(kind).cast(pa.int64())
        except pa.ArrowInvalid:
            continue
        return (read.to_numpy() >= EARLIEST) & (read.to_numpy() < LATEST)
    return np.array([means_time(word) for word in words.to_pylist()], np.bool_)


def _allowed_numbers(wanted: PlannedProperty, values: npt.NDArray[np.float64]) -> Bools:
    if wanted.type != "time":
        return np.isin(values, [float(value) for value in wanted.values
                                if not isinstance(value, str)])  # fmt: skip
    size = np.abs(values)
    scale = np.where(size < 1e11, SECOND, np.where(size < 1e14, 1000, 1))
    instants = np.where(size < 1e18, np.rint(values * scale), LATEST)
    return (instants >= EARLIEST) & (instants < LATEST)
