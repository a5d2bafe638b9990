"""JSON Lines: native events line by line, or by a mapping as claims."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from ethogram.collect.sources.ahead import ahead
from ethogram.collect.sources.cells import EXACT
from ethogram.collect.sources.claims import Chunk, Columns, chunks, claims
from ethogram.collect.sources.mapping import Mapping, check
from ethogram.collect.sources.opening import Reader, Source
from ethogram.collect.sources.records import Records, records
from ethogram.collect.sources.rejects import Reject
from ethogram.store.lake.schema import TYPES, Tag, column_name

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.encode
_TAGS: dict[type, Tag] = {
    bool: "flag",
    int: "number",
    float: "number",
    str: "text",
    list: "json",
    dict: "json",
    type(None): "null",
}


class NativeLine(msgspec.Struct, frozen=True, gc=False):
    """One line that should be a native event.

    ``event_id`` is the id of an event that brings none, from the file's content and the line.
    """

    line: int
    text: bytes
    event_id: str


@dataclass(frozen=True)
class NativeChunk:
    """A part of a file of native events; ``rejects`` are lines that are no lines of text."""

    lines: list[NativeLine]
    rejects: list[Reject]
    done: float


def read_native(source: Source, mark: str) -> Iterator[NativeChunk]:
    """The lines of a JSONL file of native events, not yet decoded; ``mark`` is its fingerprint."""
    for block, done in ahead(_blocks(source)):
        numbers: list[int] = block.lines.tolist()
        lines = [NativeLine(n, block.raw(i), f"{mark}:{n}") for i, n in enumerate(numbers)]
        yield NativeChunk(lines, block.rejects, done)


def read_jsonl(source: Source, mapping: Mapping, mark: str) -> Iterator[Chunk]:
    """The claims of a JSONL file; a property of mixed type has a column for each of its types.

    A whole number that float64 cannot tell from others is text. The mapping is checked against
    the names that the first block has.
    """
    checked = False
    for block, done in ahead(_blocks(source)):
        rows, kept, bad = _decoded(block)
        if rows and not checked:
            check(mapping, list(dict.fromkeys(n for row in rows for n in row)), source.path.name)
            checked = True
        table, places, refused = claims(_columns(rows, mapping, block.lines[kept]), mark)
        rejects = block.rejects + block.rejected((row, "bad_json") for row in bad)
        rejects += block.rejected((kept[row], code) for row, code in refused)
        yield from chunks(table, places, sorted(rejects, key=lambda reject: reject.line), done)


def _blocks(source: Source) -> Iterator[tuple[Records, float]]:
    with Reader(source.path, source.compression) as reader:
        for block in records(reader, None):
            yield block, reader.done


def _decoded(block: Records) -> tuple[list[dict[str, Any]], list[int], list[int]]:
    """The objects, the records they stand in, and the records that are none."""
    rows: list[dict[str, Any]] = []
    kept: list[int] = []
    bad: list[int] = []
    for record in range(len(block)):
        try:
            rows.append(_decode(block.raw(record)))
            kept.append(record)
        except (msgspec.DecodeError, RecursionError):
            bad.append(record)
    return rows, kept, bad


def _columns(rows: Sequence[dict[str, Any]], mapping: Mapping, places: Any) -> Columns:
    def ids(name: str) -> pa.Array:
        return pa.array([_id(row.get(name)) for row in rows], pa.string())

    return Columns(
        user=ids(mapping.user),
        time=_times([row.get(mapping.time) for row in rows]),
        event=ids(mapping.event) if mapping.event else str(mapping.event_name),
        id=ids(mapping.id) if mapping.id else None,
        places=np.asarray(places, np.int64),
        properties=_properties(rows, mapping.taken),
    )


def _id(value: Any) -> str | None:
    """An id as text; whole numbers without a point, whatever else is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _times(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int} or kinds <= {int, float}:
        return pa.array([None if v is None else _float(v) for v in values], pa.float64())
    texts = [value if value is None or isinstance(value, str) else repr(value) for value in values]
    return pa.array(texts, pa.string())


def _float(value: float) -> float:
    """The nearest float64; an integer beyond them all is infinite, as IEEE 754 rounds."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _properties(rows: Sequence[dict[str, Any]], taken: set[str]) -> dict[str, pa.Array]:
    cells: dict[tuple[str, Tag], list[Any]] = {}
    for i, row in enumerate(rows):
        for name, value in row.items():
            if name not in taken:
                tag = _tag(value)
                column = cells.get((name, tag))
                if column is None:
                    column = cells[name, tag] = [None] * len(rows)
                column[i] = _cell(value, tag)
    return {column_name(n, tag): pa.array(c, TYPES[tag]) for (n, tag), c in cells.items()}


def _tag(value: Any) -> Tag:
    if value.__class__ is int and abs(value) > EXACT:
        return "text"
    return _TAGS[value.__class__]


def _cell(value: Any, tag: Tag) -> Any:
    if tag == "null":
        return True
    if tag == "json":
        return _encode(value).decode()
    if tag == "number":
        return float(value)
    return str(value) if tag == "text" else value
