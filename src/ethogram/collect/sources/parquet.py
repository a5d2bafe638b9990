"""Parquet: columns that have types already become claims."""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

from collections.abc import Iterator

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from ethogram.collect.sources.cells import EXACT, as_type
from ethogram.collect.sources.claims import ROWS, Chunk, Columns, claims, columns_of
from ethogram.collect.sources.mapping import Mapping, check
from ethogram.collect.sources.opening import Source, unreadable
from ethogram.collect.sources.rejects import reject
from ethogram.events.errors import Invalid
from ethogram.store.lake.schema import Tag, column_name


def read_parquet(source: Source, mapping: Mapping, mark: str) -> Iterator[Chunk]:
    """The claims of a Parquet file, in the order of its rows; ``mark`` is its fingerprint.

    Null and not a number are missing values; times become ISO 8601 text in UTC, nested values
    JSON. A column of whole numbers that float64 cannot all tell apart becomes text.
    """
    try:
        with source.file.open() as stored, pq.ParquetFile(stored) as file:
            check(mapping, file.schema_arrow.names, source.name)
            wide = _wide(file, mapping)
            total, row = max(file.metadata.num_rows, 1), 0
            for batch in file.iter_batches(ROWS):
                places = np.arange(row + 1, row + 1 + batch.num_rows)
                row += batch.num_rows
                table, taken, refused = claims(_columns(batch, mapping, wide, places), mark)
                rejects = [reject(int(places[at]), code) for at, code in refused]
                yield Chunk(table, taken, rejects, row / total)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(source.file, error) from error


def _wide(file: pq.ParquetFile, mapping: Mapping) -> set[str]:
    """The properties of whole numbers of which some lie beyond `EXACT`."""
    kept = set(mapping.kept(file.schema_arrow.names))
    names = [
        field.name for field in file.schema_arrow if field.name in kept and _is_whole(field.type)
    ]
    found: set[str] = set()
    for batch in file.iter_batches(ROWS, columns=names) if names else ():
        for name in set(names) - found:
            most = pc.min_max(_plain(batch[name])).as_py().values()
            if any(value is not None and abs(value) > EXACT for value in most):
                found.add(name)
    return found


def _is_whole(kind: pa.DataType) -> bool:
    """Whether a type holds whole numbers, and some beyond `EXACT`."""
    if types.is_dictionary(kind):
        return _is_whole(kind.value_type)
    if types.is_decimal(kind):
        return kind.scale <= 0
    return types.is_integer(kind) and kind.bit_width == 64


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if types.is_dictionary(values.type) else values


def _columns(
    batch: pa.RecordBatch, mapping: Mapping, wide: set[str], places: np.ndarray
) -> Columns:
    properties: dict[str, pa.Array] = {}
    for name in mapping.kept(batch.schema.names):
        called, forced = mapping.called(name), mapping.types.get(name)
        if types.is_null(batch[name].type):
            continue
        tag, values = _property(_plain(batch[name]), wide=name in wide)
        if forced is None or tag in (forced, "json"):
            properties[column_name(called, tag)] = values
        else:
            properties |= as_type(called, values.cast(pa.string()), forced)
    return columns_of(
        mapping, lambda name: _ids(batch, name), batch[str(mapping.time)], places, properties
    )


def _ids(batch: pa.RecordBatch, name: str) -> pa.Array:
    """The ids of a column as text; whole floats without a point."""
    values = _plain(batch[name])
    if types.is_floating(values.type):
        values = _finite(values)
        if pc.all(pc.equal(values, pc.floor(values))).as_py():
            values = values.cast(pa.int64())
    if types.is_nested(values.type) or types.is_boolean(values.type):
        raise Invalid(
            "bad_column_type",
            f'The column "{name}" holds {values.type}, which cannot name anything.',
            hint="Take a column of text or numbers.",
        )
    return values.cast(pa.string())


def _property(values: pa.Array, *, wide: bool) -> tuple[Tag, pa.Array]:
    kind = values.type
    if wide:
        return "text", values.cast(pa.string())
    if types.is_boolean(kind):
        return "flag", values
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number", _finite(values.cast(pa.float64(), safe=False))
    texts = _texts(values)
    if texts is not None:
        return "text", texts
    encoded = [None if value is None else _json(value) for value in values.to_pylist()]
    return "json", pa.array(encoded, pa.string())


def _texts(values: pa.Array) -> pa.Array | None:
    kind = values.type
    if types.is_timestamp(kind):
        return pc.strftime(values.cast(pa.timestamp(kind.unit, "UTC")), "%Y-%m-%dT%H:%M:%SZ")
    plain = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    if plain or types.is_date(kind) or types.is_time(kind):
        return values.cast(pa.string())
    return None


def _finite(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))


def _json(value: object) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
