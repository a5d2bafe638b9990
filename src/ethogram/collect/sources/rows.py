"""Rows whose values have types, as of JSON and spreadsheets, become columns."""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.sources.cells import EXACT, as_type
from ethogram.collect.sources.claims import Columns, columns_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.store.lake.schema import TYPES, Tag, column_name

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


def columns(rows: Sequence[dict[str, Any]], mapping: Mapping, places: Any) -> Columns:
    """What ``rows`` say, which stand at ``places``."""

    def ids(name: str) -> pa.Array:
        return pa.array([_id(row.get(name)) for row in rows], pa.string())

    return columns_of(
        mapping,
        ids,
        _times([row.get(str(mapping.time)) for row in rows]),
        np.asarray(places, np.int64),
        _properties(rows, mapping),
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


def _properties(rows: Sequence[dict[str, Any]], mapping: Mapping) -> dict[str, pa.Array]:
    cells: dict[tuple[str, Tag], list[Any]] = {}
    kept = set(mapping.kept(list(dict.fromkeys(name for row in rows for name in row))))
    for i, row in enumerate(rows):
        for name, value in row.items():
            if name in kept:
                tag = _tag(value)
                column = cells.get((name, tag))
                if column is None:
                    column = cells[name, tag] = [None] * len(rows)
                column[i] = _cell(value, tag)
    found: dict[str, pa.Array] = {}
    for (name, tag), column in cells.items():
        called, values = mapping.called(name), pa.array(column, TYPES[tag])
        forced = mapping.types.get(name)
        if forced is None or tag in (forced, "null", "json"):
            found = _joined(found, {column_name(called, tag): values})
        else:
            found = _joined(found, as_type(called, _spelled(values), forced))
    return found


def _spelled(values: pa.Array) -> pa.Array:
    """Values as they would stand in a CSV file."""
    if pa.types.is_floating(values.type):
        return pa.array([None if v is None else _id(v) for v in values.to_pylist()], pa.string())
    return values.cast(pa.string())


def _joined(one: dict[str, pa.Array], other: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Columns of both; at most one has a value in a row."""
    both = {name: pc.coalesce(one[name], other[name]) for name in one.keys() & other.keys()}
    return one | other | both


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
