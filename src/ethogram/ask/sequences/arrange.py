"""Events in any order become a run: grouped by unit, each unit's sorted by (time, position)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ethogram.ask.kernels.buckets import BUCKETS, bucket_of
from ethogram.ask.kernels.sorting import group_rows, sort_units, unsorted_units
from ethogram.ask.sequences.run import PADDING, Codes, Column, Int32s, Int64s, Run

ORIGIN = 2**31
"""The origin of runs made here. With it int32 seconds reach from 1970, negative, to 2106."""

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Rows:
    """Events as columns in any order and without padding; what they mean is as in `Run`."""

    codes: Codes
    seconds: Int32s
    micros: Int32s
    positions: Int64s
    origin: int
    names: tuple[str, ...]
    properties: Mapping[str, Column]

    def take(self, order: Int64s) -> "Rows":
        """The rows whose numbers ``order`` holds, in that order."""
        return Rows(
            self.codes[order],
            self.seconds[order],
            self.micros[order],
            self.positions[order],
            self.origin,
            self.names,
            {
                name: Column(column.tags[order], column.values[order], column.words)
                for name, column in self.properties.items()
            },
        )


def rows_of(run: Run) -> Rows:
    """The events of a run, unit by unit."""
    count = run.events
    return Rows(
        run.codes[:count],
        run.seconds[:count],
        run.micros[:count],
        run.positions,
        run.origin,
        run.names,
        run.properties,
    )


def arrange(rows: Rows, owners: Int64s, nodes: Int64s | None = None) -> Run:
    """The run in which each row belongs to the unit that ``owners`` says.

    ``nodes`` are the ids that the rows were recorded under, where they are not the owners.
    """
    units, ranks = _rank(owners)
    counts = np.bincount(ranks, minlength=len(units))
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    order = group_rows(ranks, offsets)
    times = rows.seconds[order], rows.micros[order], rows.positions[order]
    wrong = unsorted_units(offsets, *times)
    moved = sort_units(wrong, offsets, *times)
    order[ranges(offsets[wrong], np.diff(offsets)[wrong])] = order[moved]
    if nodes is not None:
        nodes = None if np.array_equal(nodes, owners) else nodes[order]
    return _sealed(rows.take(order), units, offsets, nodes)


def _rank(owners: Int64s) -> tuple[Int64s, Int64s]:
    """The different owners sorted by (bucket, id), and for each row its owner's place there."""
    encoded = pa.array(owners).dictionary_encode()
    found = encoded.dictionary.to_numpy(zero_copy_only=False)
    order = by_bucket(found)
    rank = np.empty(len(found), np.int64)
    rank[order] = np.arange(len(found))
    return found[order], rank[encoded.indices.to_numpy()]


def by_bucket(ids: Int64s) -> Int64s:
    """The order that sorts ``ids`` by (bucket, id), equal ids as they come."""
    order = np.argsort(ids, kind="stable")
    return order[np.argsort(bucket_of(ids[order]), kind="stable")]


def ranges(starts: Int64s, lengths: Int64s) -> Int64s:
    """The numbers ``start … start + length - 1`` of every range, side by side."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)


def _sealed(rows: Rows, units: Int64s, offsets: Int64s, nodes: Int64s | None) -> Run:
    """The run of ``rows`` that already stand in order."""
    return Run(
        fixed(units),
        fixed(offsets),
        fixed(bucket_offsets(units)),
        _padded(rows.codes),
        _padded(rows.seconds),
        _padded(rows.micros),
        fixed(rows.positions),
        rows.origin,
        rows.names,
        {
            name: Column(fixed(column.tags), fixed(column.values), column.words)
            for name, column in rows.properties.items()
        },
        None if nodes is None else fixed(nodes),
    )


def bucket_offsets(units: Int64s) -> Int64s:
    """Where in ``units``, sorted by bucket, each bucket begins."""
    counts = np.bincount(bucket_of(units), minlength=BUCKETS)
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))


def _padded(values: npt.NDArray[T]) -> npt.NDArray[T]:
    """``values`` with `PADDING` zeros after them, read-only."""
    return fixed(np.concatenate((values, np.zeros(PADDING, values.dtype))))


def fixed(values: npt.NDArray[T]) -> npt.NDArray[T]:
    """``values`` as one read-only block, so that every kernel sees one type of array."""
    values = np.ascontiguousarray(values).view()
    values.setflags(write=False)
    return values
