"""Small snapshots made by hand from plain rows."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from ethogram.ask.sequences.run import PADDING, Column, Part, Run, Snapshot, State, Tag

SECOND = 1_000_000


class Row(NamedTuple):
    """One event: ``time`` in microseconds since 1970."""

    person: int
    time: int
    event: str
    properties: Mapping[str, Any] = MappingProxyType({})


def _column(values: list[Any]) -> Column:
    tags, numbers, words = [], [], {}
    for value in values:
        match value:
            case msgspec.UNSET:
                tag, number = Tag.MISSING, 0
            case None:
                tag, number = Tag.NULL, 0
            case bool():
                tag, number = Tag.FLAG, int(value)
            case int() | float():
                tag, number = Tag.NUMBER, value
            case str():
                tag, number = Tag.TEXT, words.setdefault(value, len(words))
            case _:
                word = msgspec.json.encode(value).decode()
                tag, number = Tag.JSON, words.setdefault(word, len(words))
        tags.append(tag)
        numbers.append(number)
    return Column(
        np.array(tags, np.uint8), np.array(numbers, np.float64), pa.array(list(words), pa.string())
    )


def _padded(values: list[int], dtype: Any) -> np.ndarray:
    return np.array([*values, *[0] * PADDING], dtype)


def run_of(rows: Iterable[Row], *, wide: bool = False) -> Run:
    """A run of ``rows``; ``wide`` makes its codes two bytes."""
    rows = [row for _, row in sorted(enumerate(rows), key=lambda each: (each[1][:2], each[0]))]
    people = sorted({row.person for row in rows})
    counts = np.unique([row.person for row in rows], return_counts=True)[1]
    names = tuple(sorted({row.event for row in rows}))
    origin = min((row.time // SECOND for row in rows), default=0)
    properties = {
        name: _column([row.properties.get(name, msgspec.UNSET) for row in rows])
        for name in sorted({name for row in rows for name in row.properties})
    }
    return Run(
        units=np.array(people, np.int64),
        offsets=np.cumsum([0, *counts]).astype(np.int64),
        buckets=np.array([0, len(people)], np.int64),
        codes=_padded([names.index(r.event) for r in rows], np.uint16 if wide else np.uint8),
        seconds=_padded([row.time // SECOND - origin for row in rows], np.int32),
        micros=_padded([row.time % SECOND for row in rows], np.int32),
        positions=np.arange(len(rows), dtype=np.int64),
        origin=origin,
        names=names,
        properties=properties,
    )


def snapshot_of(rows: Iterable[Row], *, parts: int = 1, wide: bool = False) -> Snapshot:
    """A snapshot whose people are dealt over ``parts`` runs."""
    rows = list(rows)
    dealt = [[row for row in rows if row.person % parts == p] for p in range(parts)]
    runs = [run_of(own, wide=wide) for own in dealt]
    return Snapshot(
        tuple(Part(run, np.zeros(len(run.units), np.uint8)) for run in runs), State(len(rows))
    )


@pytest.fixture(scope="session")
def row() -> type[Row]:
    """The row that ``snapshot`` takes."""
    return Row


@pytest.fixture(scope="session")
def snapshot() -> Callable[..., Snapshot]:
    """Makes a snapshot of rows."""
    return snapshot_of
