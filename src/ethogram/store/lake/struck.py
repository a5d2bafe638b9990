"""Which rows of an events table were struck out, and the table without what was."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.erasure import Struck
from ethogram.events.event import Instant, Recorded
from ethogram.events.profile import without_changes
from ethogram.events.times import iso
from ethogram.store.lake.changes import holds
from ethogram.store.lake.schema import property_of
from ethogram.store.log.entries import gone, pack_table, rows_at, unpack_table
from ethogram.store.log.port import RecordKind

_event = msgspec.json.Decoder(Recorded).decode
_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
NEEDED = ("position", "person", "timestamp", "event")
"""The columns that say whether a row is struck."""


def unstruck(table: pa.Table, struck: Iterable[Struck]) -> pa.Table:
    """``table``, which has the columns `NEEDED`, without what was struck out of it."""
    for each in struck:
        rows = struck_rows(table, each)
        if not rows.any():
            continue
        if each.property is None:
            table = table.filter(pa.array(~rows))
        else:
            table = _without(table, each.property, rows)
    return table


def struck_rows(table: pa.Table, struck: Struck) -> np.ndarray:
    """For every row of ``table`` whether it, or its property, was struck out."""
    rows = table["position"].to_numpy() < struck.position
    if not rows.any():
        return rows
    if struck.node is not None:
        rows &= table["person"].to_numpy() == struck.node
    if struck.since is not None or struck.until is not None:
        at = table["timestamp"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
        rows &= at >= (struck.since if struck.since is not None else at.min(initial=0))
        rows &= at < struck.until if struck.until is not None else True
    if struck.event is not None:
        rows &= np.array(pc.equal(table["event"].cast(pa.string()), struck.event), np.bool_)
    return rows


def valued_rows(table: pa.Table, struck: Struck) -> np.ndarray:
    """Of those rows the ones that have a value of its property."""
    rows = np.zeros(table.num_rows, np.bool_)
    for name in table.column_names:
        if _is_of(name, struck.property or ""):
            rows |= np.array(pc.is_valid(table[name]), np.bool_)
    return rows & struck_rows(table, struck)


def without_values(
    property: str, open_only: bool, kind: RecordKind, payload: bytes, places: Sequence[int]
) -> bytes:
    """A record's ``payload`` without what its events at ``places`` have of ``property``.

    Unless ``open_only``, nothing that is sealed of them is left: it stands in the lake by then.
    """
    if kind == "columns":
        table, before = unpack_table(payload), gone(kind, payload)
        rows = rows_at(table, before, places)
        left = _without(table, property, rows)
        if not open_only and "sealed" in left.column_names:
            left = _blank(left, left.column_names.index("sealed"), rows)
        return pack_table(left.replace_schema_metadata(table.schema.metadata))
    raws = _entries(payload)
    for place in places:
        event = _event(raws[place])
        event.properties.pop(property, None)
        event.extra = without_changes(event.extra, property)
        event.sealed = event.sealed if open_only else None
        raws[place] = msgspec.Raw(_encode(event))
    return _encode(raws)


def _without(table: pa.Table, property: str, rows: np.ndarray) -> pa.Table:
    """``table`` without the values of ``property`` in ``rows``; no byte of them is left."""
    for at, name in enumerate(table.column_names):
        if _is_of(name, property):
            table = _blank(table, at, rows)
    for name, left in (("properties", _left), ("extra", without_changes)):
        if name in table.column_names:
            at = table.column_names.index(name)
            table = table.set_column(at, name, _lefts(table[name], rows, property, left))
    return table


def _blank(table: pa.Table, column: int, rows: np.ndarray) -> pa.Table:
    """``table`` with null in the ``rows`` of a column; what stood there is nowhere in it."""
    kept = pa.array(np.arange(table.num_rows), mask=rows)
    return table.set_column(column, table.column_names[column], table[column].take(kept))


def _lefts(
    texts: pa.ChunkedArray, rows: np.ndarray, property: str, left: Callable[[Any, str], Any]
) -> pa.Array:
    """The JSON objects ``texts``, those in ``rows`` with what ``left`` leaves of them."""
    found: list[str | None] = texts.to_pylist()
    for row in np.flatnonzero(rows).tolist():
        if (text := found[row]) is not None:
            found[row] = _encode(left(msgspec.json.decode(text), property)).decode()
    return pa.array(found, pa.string())


def _left(said: dict[str, Any], property: str) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != property}


def sql_of(struck: Struck, columns: Sequence[str]) -> str:
    """The rows of `struck_rows`, or those that have the property, as a condition in SQL.

    ``columns`` are the table's. The times are said as DataFusion and DuckDB both read them.
    """
    said = [_scope(struck)]
    if struck.property is not None:
        own = [f'"{name}" IS NOT NULL' for name in columns if _is_of(name, struck.property)]
        said.append(f"({' OR '.join(own) or _in_text(struck.property, columns)})")
    return " AND ".join(said)


def sealed_sql(struck: Struck) -> str:
    """The rows that may have values of a struck property among what is sealed, in SQL."""
    return f"{_scope(struck)} AND sealed IS NOT NULL"


def _scope(struck: Struck) -> str:
    said = [f"position < {struck.position:d}"]
    if struck.node is not None:
        said.append(f"person = {struck.node:d}")
    for instant, op in ((struck.since, ">="), (struck.until, "<")):
        if instant is not None:
            said.append(f"timestamp {op} {_instant(instant)}")
    if struck.event is not None:
        said.append("event = '{}'".format(struck.event.replace("'", "''")))
    return " AND ".join(said)


def _in_text(property: str, columns: Sequence[str]) -> str:
    """Whether a row may have a property that got no columns."""
    name = _encode(property).decode().replace("'", "''")
    texts = [text for text in ("properties", "extra") if text in ("properties", *columns)]
    return " OR ".join(f"strpos({text}, '{name}:') > 0" for text in texts)


def _is_of(column: str, property: str) -> bool:
    """Whether a column holds values of ``property``: the events' own, or of profiles."""
    found = property_of(column)
    return found is not None and holds(found[0], property)


def _instant(at: Instant) -> str:
    return f"CAST('{iso(at)}' AS TIMESTAMP WITH TIME ZONE)"
