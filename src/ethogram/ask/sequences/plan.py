"""What a run made from parts of others looks like: its names, its words, its dtypes.

Words that none of the parts uses are left behind, so what was erased does not stay as a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ethogram.ask.kernels.copying import mark_words
from ethogram.ask.sequences.arrange import ORIGIN
from ethogram.ask.sequences.build import code_dtype
from ethogram.ask.sequences.columns import NO_WORDS, index_dtype, unite
from ethogram.ask.sequences.run import Int64s, Run

Table = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """Some units of a run, by their slots; a later piece's events of a unit come after."""

    run: Run
    slots: Int64s


@dataclass(frozen=True)
class Kind:
    """What a property column of a run to be made looks like."""

    dtype: np.dtype
    words: pa.StringArray


@dataclass(frozen=True)
class Schema:
    """What is the same for every part of a run to be made."""

    names: tuple[str, ...]
    properties: dict[str, Kind]
    nodes: bool
    origin: int = ORIGIN


def schema_of(run: Run) -> Schema:
    """The schema that ``run`` itself has."""
    properties = {
        name: Kind(column.values.dtype, column.words) for name, column in run.properties.items()
    }
    return Schema(run.names, properties, run.nodes is not None, run.origin)


@dataclass(frozen=True)
class Plan:
    """A schema, and for every piece where its names and words stand in it."""

    schema: Schema
    names: list[Table]
    words: list[dict[str, Table]]


def plan(pieces: Sequence[Piece]) -> Plan:
    """What the run that holds all of ``pieces`` looks like."""
    names = tuple(dict.fromkeys(name for piece in pieces for name in piece.run.names))
    code_dtype(len(names))
    code = {name: i for i, name in enumerate(names)}
    properties: dict[str, Kind] = {}
    tables: list[dict[str, Table]] = [{} for _ in pieces]
    for name in dict.fromkeys(name for piece in pieces for name in piece.run.properties):
        holders = [i for i, piece in enumerate(pieces) if name in piece.run.properties]
        properties[name], found = _unite(name, [pieces[i] for i in holders])
        for i, table in zip(holders, found, strict=True):
            tables[i][name] = table
    nodes = any(piece.run.nodes is not None for piece in pieces)
    return Plan(
        Schema(names, properties, nodes),
        [np.array([code[name] for name in piece.run.names], np.int64) for piece in pieces],
        tables,
    )


def _unite(name: str, pieces: Sequence[Piece]) -> tuple[Kind, list[Table]]:
    used = [_used_words(name, piece) for piece in pieces]
    columns = [piece.run.properties[name] for piece in pieces]
    lists = [
        column.words.take(pa.array(found)) for column, found in zip(columns, used, strict=True)
    ]
    words, places = unite([NO_WORDS, *lists])
    tables: list[Table] = []
    for column, found, place in zip(columns, used, places[1:], strict=True):
        table = np.zeros(len(column.words), np.int64)
        table[found] = place
        tables.append(table)
    dtypes = [column.values.dtype for column in columns]
    return Kind(reduce(np.promote_types, dtypes, np.dtype(index_dtype(len(words)))), words), tables


def _used_words(name: str, piece: Piece) -> Int64s:
    column = piece.run.properties[name]
    used = np.zeros(len(column.words), np.uint8)
    if len(used):
        mark_words(column.tags, column.values, *extent(piece), used)
    return np.flatnonzero(used)


def extent(piece: Piece) -> tuple[Int64s, Int64s]:
    """Where each unit's events begin, and how many they are."""
    starts = piece.run.offsets[piece.slots]
    return starts, piece.run.offsets[piece.slots + 1] - starts
