"""A table of claims becomes one columnar batch: the door for imports.

Sources give rows that are checked already (`collect.sources`). Here ids become internal ones, each
distinct id once, and personal values are sealed, only in the rows that have some.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.sources.claims import GROUP
from ethogram.events import plan as plans
from ethogram.events.event import Instant, Json
from ethogram.events.plan import Plan
from ethogram.protect.detectors import names_a_person, personal
from ethogram.protect.keyring import nonces
from ethogram.protect.sealing import seal
from ethogram.protect.vault import Vault
from ethogram.store.lake.schema import INSTANT, Tag, property_of
from ethogram.store.log.entries import pack_table
from ethogram.store.log.port import Batch

_IDS = {
    "user_id": "user",
    "anonymous_id": "anonymous",
    "device_id": "device",
    "session_id": "session",
}

Mask: TypeAlias = npt.NDArray[np.bool_]


def batch(table: pa.Table, received_at: Instant) -> Batch:
    """What the log is given of a `table`."""
    return Batch("columns", pack_table(table), table.num_rows, received_at)


def table(claims: pa.Table, received_at: Instant, vault: Vault, plan: Plan) -> pa.Table:
    """What is kept of ``claims``.

    Columns: ``event``, ``event_id`` (text), ``timestamp`` (instant), at least one of ``user_id``
    and ``anonymous_id`` in each row, perhaps ``device_id``, ``session_id``, groups' ids (see
    `GROUP`), ``kind``, ``extra`` (see `departures.marked`), and properties as
    `store.lake.schema` names them. ``plan`` says which of these are personal.
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
        "anonymous": ids["anonymous"],
        "device": ids["device"],
        "session": ids["session"],
    }
    if types := [name for name in claims.column_names if name.startswith(GROUP)]:
        columns["groups"] = _groups({name: _internal(claims, name, name, vault) for name in types})
    if "extra" in claims.column_names:
        columns["extra"] = claims["extra"]
    properties = {name: claims[name] for name in claims.column_names if property_of(name)}
    hidden = {
        name: mask
        for name, values in properties.items()
        if (mask := _personal(name, values, claims["event"], plan)).any()
    }
    columns["sealed"] = _sealed(claims["event_id"], person, properties, hidden, vault)
    said = pa.table({"person": person, "at": claims["timestamp"].cast(pa.int64())})
    for name, mask in hidden.items():
        _note_values(name, properties[name], mask, said, vault)
    for name, values in properties.items():
        mask = hidden.get(name)
        columns[name] = values if mask is None else _without(values, mask)
    return pa.table(columns)


def _internal(claims: pa.Table, name: str, kind: str, vault: Vault) -> pa.Array:
    """The internal ids of a column of external ones; null where there is none, or an empty one."""
    if name not in claims.column_names:
        return pa.nulls(claims.num_rows, pa.int64())
    coded = claims[name].combine_chunks().dictionary_encode()
    said: list[str] = coded.dictionary.to_pylist()
    vault.gather(kind, filter(None, said))
    known = pa.array([vault.id(kind, name) if name else None for name in said], pa.int64())
    return known.take(coded.indices)


def _groups(ids: Mapping[str, pa.Array]) -> pa.Array:
    """One JSON object a row of the groups' internal ids by type; null where there is none."""
    members = [
        pc.binary_join_element_wise(
            msgspec.json.encode(name.removeprefix(GROUP)).decode() + ":",
            each.cast(pa.string()), ",", "",
        )
        for name, each in ids.items()
    ]  # fmt: skip
    said = pc.binary_join_element_wise(*members, "", null_handling="replace", null_replacement="")
    objects = pc.binary_join_element_wise("{", pc.utf8_rtrim(said, ","), "}", "")
    return pc.if_else(pc.equal(said, ""), None, objects)


def _without(values: pa.ChunkedArray, mask: Mask) -> pa.ChunkedArray:
    """``values``, null where ``mask`` is. They are copied: a null alone leaves the bytes there."""
    return values.take(pa.array(np.arange(len(mask)), mask=mask))


def _personal(column: str, values: pa.ChunkedArray, events: pa.ChunkedArray, plan: Plan) -> Mask:
    """Which rows of a property's column hold what names a person."""
    name, tag = _property(column)
    valid = np.array(pc.is_valid(values))
    if tag == "null":
        return np.zeros_like(valid)
    if names_a_person(name) or name in plan.everywhere:
        return valid
    tagged = [event for event, names in plan.personal.items() if name in names]
    mask = valid & np.array(pc.is_in(events, pa.array(tagged, pa.string())))
    for row in np.flatnonzero(_suspects(tag, values) & ~mask).tolist():
        names = plans.personal(plan, events[row].as_py())
        mask[row] = personal(name, _value(tag, values[row]), names)
    return mask


def _suspects(tag: Tag, values: pa.ChunkedArray) -> Mask:
    """Rows to be looked at one by one: any JSON, and texts that may be an address or a number."""
    hint: Any = pa.repeat(False, len(values))
    if tag == "json":
        hint = pc.is_valid(values)
    elif tag == "text":
        hint = pc.or_(
            pc.or_(pc.match_substring(values, "@"), pc.match_substring(values, "%40")),
            pc.match_substring(values, "+"),
        )
    return np.array(pc.fill_null(hint, False))


def _sealed(
    event_ids: pa.ChunkedArray,
    person: Any,
    properties: Mapping[str, pa.ChunkedArray],
    hidden: Mapping[str, Mask],
    vault: Vault,
) -> pa.Array:
    """One blob for each row with hidden values, null for the others."""
    blobs: list[bytes | None] = [None] * len(event_ids)
    if not hidden:
        return pa.array(blobs, pa.binary())
    rows: list[int] = np.flatnonzero(np.logical_or.reduce(list(hidden.values()))).tolist()
    for row, nonce in zip(rows, nonces(len(rows)), strict=True):
        values: dict[str, Json] = {}
        for column, mask in hidden.items():
            if mask[row]:
                name, tag = _property(column)
                values[name] = _value(tag, properties[column][row])
        event_id = event_ids[row].as_py()
        blobs[row] = seal(vault, person[row].as_py(), event_id, {"properties": values}, nonce)
    return pa.array(blobs, pa.binary())


def _note_values(
    column: str, values: pa.ChunkedArray, mask: Mask, said: pa.Table, vault: Vault
) -> None:
    """What people can be found by of a sealed column: each person's value once.

    ``said`` has, for each row, by which ``person`` and ``at`` what time.
    """
    name, tag = _property(column)
    if tag not in ("text", "number"):
        return
    rows = said.append_column("value", values).filter(pa.array(mask))
    found = rows.group_by(["value", "person"]).aggregate([("at", "max")])
    columns = (found[each].to_pylist() for each in ("value", "person", "at_max"))
    for value, person, at in zip(*columns, strict=True):
        if tag == "text" or value.is_integer():
            vault.hashes.note(person, name, value if tag == "text" else int(value), at)


def _property(column: str) -> tuple[str, Tag]:
    found = property_of(column)
    assert found is not None
    return found


def _value(tag: Tag, cell: pa.Scalar) -> Json:
    said = cell.as_py()
    return msgspec.json.decode(said) if tag == "json" else said
