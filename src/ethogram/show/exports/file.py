"""A table as one file: Parquet, CSV or JSON lines, there whole or not at all."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ethogram.ask.formulas import harmless
from ethogram.events.errors import Invalid
from ethogram.show.exports.destination import Form
from ethogram.show.exports.sending import Rows

Writer: TypeAlias = Callable[[pa.Table], object]
_encode = msgspec.json.Encoder(decimal_format="number").encode
_lines = msgspec.json.Encoder(decimal_format="number").encode_lines


def write_file(rows: Rows, path: Path, form: Form) -> int:
    """Write all ``rows`` to ``path`` in a ``form``; how many they are.

    They are gone through twice, for a file has one schema: a column that only some rows have is
    null in the others. Raises `Invalid` where ``path`` is a folder.
    """
    if path.is_dir():
        raise Invalid("is_folder", f"{path} is a folder.", at="--to",
                      hint="Give the file another name, or the folder away.")  # fmt: skip
    schema = pa.unify_schemas([part.schema for part in rows(0)], promote_options="permissive")
    path.parent.mkdir(parents=True, exist_ok=True)
    half, count = path.with_name(f".{path.name}.half"), 0
    try:
        with half.open("wb") as file, ExitStack() as stack:
            write = _WRITERS[form](file, schema, stack)
            for part in _alike(rows(0), schema):
                write(part)
                count += part.num_rows
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return count


def _alike(parts: Iterator[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    empty = schema.empty_table()
    for part in parts:
        yield pa.concat_tables([empty, part], promote_options="permissive").cast(schema)


def _parquet(file: BinaryIO, schema: pa.Schema, stack: ExitStack) -> Writer:
    return stack.enter_context(pyarrow.parquet.ParquetWriter(file, schema)).write_table


def _csv(file: BinaryIO, schema: pa.Schema, stack: ExitStack) -> Writer:
    flat = harmless(_flat(schema.empty_table())).schema
    writer = stack.enter_context(pyarrow.csv.CSVWriter(file, flat))
    return lambda part: writer.write_table(harmless(_flat(part)))


def _jsonl(file: BinaryIO, _: pa.Schema, __: ExitStack) -> Writer:
    return lambda part: file.write(_lines(part.to_pylist()))


_WRITERS: dict[Form, Callable[[BinaryIO, pa.Schema, ExitStack], Writer]] = {
    "parquet": _parquet,
    "csv": _csv,
    "jsonl": _jsonl,
}


def _flat(part: pa.Table) -> pa.Table:
    """What is nested as JSON, for a cell holds one value."""
    for at, field in enumerate(part.schema):
        if pa.types.is_nested(field.type):
            values: list[Any] = part[at].to_pylist()
            texts = [None if each is None else _encode(each).decode() for each in values]
            part = part.set_column(at, field.name, pa.array(texts, pa.string()))
    return part
