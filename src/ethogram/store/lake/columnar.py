"""A columnar batch of the log becomes the events table: positions, and the JSON, vectorised."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from ethogram.events.errors import Broken
from ethogram.store.lake.schema import EVENTS, TYPES, Tag, property_of
from ethogram.store.log.entries import gone, unpack_table
from ethogram.store.log.port import Record

if TYPE_CHECKING:
    import polars as pl

_REQUIRED = ("event", "event_id", "timestamp", "person")


def from_columns(record: Record, admits: Callable[[str], bool]) -> pa.Table:
    """The events table of a ``columns`` record; ``admits`` says which properties get columns.

    The batch has the columns of `EVENTS` but ``position``; of these it must have event,
    event_id, timestamp and person. Without ``properties`` the JSON is made from the ``p_*``
    columns. Raises `Broken` where a required column is missing.
    """
    batch = unpack_table(record.payload)
    missing = [name for name in _REQUIRED if name not in batch.column_names]
    if missing:
        raise Broken(
            "bad_columns",
            f"A columnar batch lacks {', '.join(missing)}.",
            at=f"log:{record.position}",
        )
    columns = {
        field.name: _canonical(batch, field, record).cast(field.type)
        for field in EVENTS
        if field.name != "properties"
    }
    shredded = {name: found for name in batch.column_names if (found := property_of(name))}
    if "properties" in batch.column_names:
        columns["properties"] = batch["properties"].cast(pa.string())
    else:
        columns["properties"] = properties_json(batch, shredded)
    for name, (property, tag) in shredded.items():
        if admits(property):
            columns[name] = batch[name].cast(TYPES[tag], safe=False)
    return pa.table(columns).select(
        [*EVENTS.names, *(name for name in columns if name not in EVENTS.names)]
    )


def _canonical(batch: pa.Table, field: pa.Field, record: Record) -> pa.Array | pa.ChunkedArray:
    rows = batch.num_rows
    if field.name == "position":
        positions = np.arange(record.position, record.position + record.count)
        return pa.array(np.delete(positions, gone("columns", record.payload)))
    if field.name in batch.column_names:
        return batch[field.name]
    if field.name == "received_at":
        return pa.repeat(pa.scalar(record.received_at, pa.int64()), rows)
    if field.name == "kind":
        return pa.repeat("track", rows)
    return pa.nulls(rows, field.type)


def properties_json(batch: pa.Table, shredded: dict[str, tuple[str, Tag]]) -> pa.ChunkedArray:
    """One JSON object a row from the ``p_*`` columns, missing values left out.

    ``shredded`` says for each column its property and type. A number that is not finite has no
    JSON and becomes null.
    """
    import polars as pl

    frame = pl.DataFrame(pl.from_arrow(batch.select(list(shredded))))
    whole = [c for c, (_, tag) in shredded.items() if tag != "json" and not frame[c].null_count()]
    pieces = [_object(shredded, whole)] if whole else []
    pieces += [
        pl.when(pl.col(column).is_not_null()).then(_object(shredded, [column]))
        for column in shredded
        if column not in whole
    ]
    if not pieces:
        return pa.chunked_array([pa.repeat("{}", batch.num_rows)])
    members = pl.concat_str(pieces, separator=",", ignore_nulls=True)
    # Not `select`: where every piece is the same in all rows it would give one row.
    text = frame.with_columns(pl.concat_str(pl.lit("{"), members, pl.lit("}")).alias("properties"))
    return text.select("properties").to_arrow()["properties"].cast(pa.string())


def _object(shredded: dict[str, tuple[str, Tag]], columns: list[str]) -> "pl.Expr":
    """The members of the JSON object of ``columns``, without its braces."""
    import polars as pl

    if len(columns) == 1 and shredded[columns[0]][1] in ("json", "null"):
        property, tag = shredded[columns[0]]
        key = pl.lit(msgspec.json.encode(property).decode() + ":")
        return key + (pl.col(columns[0]) if tag == "json" else pl.lit("null"))
    fields = [_value(column, shredded[column][1]).alias(shredded[column][0]) for column in columns]
    return pl.struct(fields).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")


def _value(column: str, tag: Tag) -> "pl.Expr":
    import polars as pl

    return pl.lit(None) if tag == "null" else pl.col(column)
