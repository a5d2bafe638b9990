"""A table of claims becomes one columnar batch: the door for imports.

Sources give rows that are checked already (`collect.sources`). Here ids become internal ones, each
distinct id once, and personal values are sealed, only in the rows that have some.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.event import Instant
from ethogram.protect.detectors import names_a_person, personal
from ethogram.protect.sealing import seal
from ethogram.protect.vault import Vault
from ethogram.store.lake.schema import INSTANT, property_of
from ethogram.store.log.entries import pack_table
from ethogram.store.log.port import Batch

_IDS = {
    "user_id": "user",
    "anonymous_id": "anonymous",
    "device_id": "device",
    "session_id": "session",
}


def batch(claims: pa.Table, received_at: Instant, vault: Vault) -> Batch:
    """What is kept of ``claims``.

    Columns: ``event``, ``event_id`` (text), ``timestamp`` (instant), at least one of ``user_id``
    and ``anonymous_id`` in each row, perhaps ``device_id``, ``session_id``, ``kind``, and
    properties as `store.lake.schema` names them.
    """
    rows = claims.num_rows
    ids = {kind: _internal(claims, name, kind, vault) for name, kind in _IDS.items()}
    person = pc.coalesce(ids["user"], ids["anonymous"])
    columns: dict[str, Any] = {
        "event": claims["event"],
        "kind": claims["kind"] if "kind" in claims.column_names else pa.repeat("track", rows),
        "event_id": claims["event_id"],
        "timestamp": claims["timestamp"],
        "received_at": pa.repeat(pa.scalar(received_at, INSTANT), rows),
        "person": person,
        "anonymous": pc.if_else(pc.is_valid(ids["user"]), ids["anonymous"], None),
        "device": ids["device"],
        "session": ids["session"],
    }
    properties = {name: claims[name] for name in claims.column_names if property_of(name)}
    hidden = {
        name: mask
        for name, values in properties.items()
        if (mask := _personal(name, values)) is not None
    }
    columns["sealed"] = _sealed(claims["event_id"], person, properties, hidden, vault)
    for name, values in properties.items():
        mask = hidden.get(name)
        columns[name] = values if mask is None else pc.if_else(pa.array(~mask), values, None)
    return Batch("columns", pack_table(pa.table(columns)), rows, received_at)


def _internal(claims: pa.Table, name: str, kind: str, vault: Vault) -> pa.Array:
    """The internal ids of a column of external ones; nulls stay."""
    if name not in claims.column_names:
        return pa.nulls(claims.num_rows, pa.int64())
    coded = claims[name].combine_chunks().dictionary_encode()
    known = pa.array([vault.id(kind, said) for said in coded.dictionary.to_pylist()], pa.int64())
    return known.take(coded.indices)


def _personal(column: str, values: pa.ChunkedArray) -> np.ndarray[Any, Any] | None:
    """Which rows of a property's column name a person; None where none does."""
    found = property_of(column)
    assert found is not None
    name, tag = found
    if tag == "null":
        return None
    if names_a_person(name):
        mask = np.asarray(pc.is_valid(values))
    elif tag in ("text", "json"):
        mask = _suspects(values)
        for row in np.flatnonzero(mask):
            mask[row] = personal(name, values[int(row)].as_py())
    else:
        return None
    return mask if mask.any() else None


def _suspects(values: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Rows whose text may hold an address or a number, to be looked at one by one."""
    hint: Any = pc.or_(
        pc.or_(pc.match_substring(values, "@"), pc.match_substring(values, "%40")),
        pc.starts_with(values, "+"),
    )
    return np.array(pc.fill_null(hint, False))


def _sealed(
    event_ids: pa.ChunkedArray,
    person: Any,
    properties: dict[str, pa.ChunkedArray],
    hidden: dict[str, np.ndarray[Any, Any]],
    vault: Vault,
) -> pa.Array:
    """One blob for each row with hidden values, null for the others."""
    blobs: list[bytes | None] = [None] * len(event_ids)
    if not hidden:
        return pa.array(blobs, pa.binary())
    names = {column: _name(column) for column in hidden}
    rows: Sequence[int] = np.flatnonzero(np.logical_or.reduce(list(hidden.values()))).tolist()
    for row in rows:
        values = {
            names[column]: properties[column][row].as_py()
            for column, mask in hidden.items()
            if mask[row]
        }
        event_id = event_ids[row].as_py()
        blobs[row] = seal(vault, person[row].as_py(), event_id, {"properties": values})
    return pa.array(blobs, pa.binary())


def _name(column: str) -> str:
    found = property_of(column)
    assert found is not None
    return found[0]
