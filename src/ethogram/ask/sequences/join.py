"""Whole units of several runs become one run.

Every change of the index comes to this: fresh events join their people's earlier ones, small
runs are merged, dead units are left behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.copying import (
    Ranges,
    copy_mapped,
    copy_ranges,
    copy_shifted,
    copy_values,
    fill_ranges,
)
from ethogram.ask.kernels.sorting import sort_units, unsorted_units
from ethogram.ask.sequences.arrange import bucket_offsets, by_bucket, fixed, ranges
from ethogram.ask.sequences.build import code_dtype
from ethogram.ask.sequences.plan import Kind, Piece, Plan, extent, plan
from ethogram.ask.sequences.run import PADDING, Codes, Column, Int32s, Int64s, Run

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class _Share:
    """A piece and where in the joined run each of its units goes."""

    piece: Piece
    where: Ranges


@dataclass(frozen=True)
class _Layout:
    """The joined units, and from where their events come.

    The events at ``touched`` must come from those at ``order`` once all are copied: their
    units' pieces overlap in time.
    """

    units: Int64s
    offsets: Int64s
    shares: list[_Share]
    touched: Int64s
    order: Int64s

    @property
    def events(self) -> int:
        return int(self.offsets[-1])

    def settled(self, column: npt.NDArray[T]) -> npt.NDArray[T]:
        """``column`` in order, read-only."""
        column[self.touched] = column[self.order]
        return fixed(column)


def join(pieces: Sequence[Piece], made: Plan | None = None) -> Run:
    """The run of all units of ``pieces``; a unit that several of them hold becomes one.

    ``made`` is the plan where the result is to be a part of something larger.
    """
    made = made or plan(pieces)
    layout = _lay_out(pieces)
    seconds, micros = _seconds(layout, made), _micros(layout)
    positions = _positions(layout)
    layout = _ordered(layout, seconds, micros, positions)
    return Run(
        fixed(layout.units),
        fixed(layout.offsets),
        fixed(bucket_offsets(layout.units)),
        layout.settled(_codes(layout, made)),
        layout.settled(seconds),
        layout.settled(micros),
        layout.settled(positions),
        made.schema.origin,
        made.schema.names,
        {
            name: _property(layout, made, name, kind)
            for name, kind in made.schema.properties.items()
        },
        layout.settled(_nodes(layout)) if made.schema.nodes else None,
    )


def _lay_out(pieces: Sequence[Piece]) -> _Layout:
    extents = [extent(piece) for piece in pieces]
    none = np.empty(0, np.int64)
    ids = np.concatenate([none, *(piece.run.units[piece.slots] for piece in pieces)])
    order = by_bucket(ids)
    lengths = np.concatenate([none, *(lengths for _, lengths in extents)])[order]
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    places = np.empty(len(ids), np.int64)
    places[order] = starts[:-1]
    ids = ids[order]
    first = np.flatnonzero(np.diff(ids, prepend=ids[:1] - 1))
    ends = np.cumsum([len(piece.slots) for piece in pieces], dtype=np.int64)
    shares = [
        _Share(piece, (*extent, places))
        for piece, extent, places in zip(pieces, extents, np.split(places, ends)[:-1], strict=True)
    ]
    offsets = np.concatenate((starts[first], starts[-1:]))
    return _Layout(ids[first], offsets, shares, none, none)


def _ordered(layout: _Layout, seconds: Int32s, micros: Int32s, positions: Int64s) -> _Layout:
    offsets = layout.offsets
    wrong = unsorted_units(offsets, seconds, micros, positions)
    order = sort_units(wrong, offsets, seconds, micros, positions)
    touched = ranges(offsets[wrong], np.diff(offsets)[wrong])
    return replace(layout, touched=touched, order=order)


def _codes(layout: _Layout, made: Plan) -> Codes:
    target = np.zeros(layout.events + PADDING, code_dtype(len(made.schema.names)))
    for share, table in zip(layout.shares, made.names, strict=True):
        source = share.piece.run.codes
        if source.dtype == target.dtype and np.array_equal(table, np.arange(len(table))):
            copy_ranges(source, target, share.where)
        else:
            copy_mapped(source, table, target, share.where)
    return target


def _seconds(layout: _Layout, made: Plan) -> Int32s:
    target = np.zeros(layout.events + PADDING, np.int32)
    for share in layout.shares:
        run = share.piece.run
        shift = run.origin - made.schema.origin
        copy_shifted(run.seconds, shift, target, share.where)
    return target


def _micros(layout: _Layout) -> Int32s:
    target = np.zeros(layout.events + PADDING, np.int32)
    for share in layout.shares:
        copy_ranges(share.piece.run.micros, target, share.where)
    return target


def _positions(layout: _Layout) -> Int64s:
    target = np.empty(layout.events, np.int64)
    for share in layout.shares:
        copy_ranges(share.piece.run.positions, target, share.where)
    return target


def _nodes(layout: _Layout) -> Int64s:
    target = np.empty(layout.events, np.int64)
    for share in layout.shares:
        run = share.piece.run
        if run.nodes is None:
            fill_ranges(run.units[share.piece.slots], target, share.where)
        else:
            copy_ranges(run.nodes, target, share.where)
    return target


def _property(layout: _Layout, made: Plan, name: str, kind: Kind) -> Column:
    tags = np.zeros(layout.events, np.uint8)
    values = np.zeros(layout.events, kind.dtype)
    for share, tables in zip(layout.shares, made.words, strict=True):
        column = share.piece.run.properties.get(name)
        if column is None:
            continue
        copy_ranges(column.tags, tags, share.where)
        source, table = column.values, tables[name]
        if len(table):
            copy_values(column.tags, source, table, values, share.where)
        else:
            copy_ranges(source, values, share.where)
    return Column(layout.settled(tags), layout.settled(values), kind.words)
