"""What a statement found: columns and rows, and up to where the lake was."""

from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from ethogram.ask.formulas import csv_of
from ethogram.ask.sql.job import MORE, TYPES

STATE = b"ethogram.state"
_EXACT = 1 << 53


class Column(msgspec.Struct, frozen=True):
    """A column of the result, and its type as DuckDB calls it."""

    name: str
    type: str


class SqlState(msgspec.Struct, frozen=True):
    """The position of the log that the lake had reached, and the log's own end."""

    lake: int
    log: int


class SqlRows(msgspec.Struct, frozen=True):
    """The JSON document of an answer; ``more`` says that rows were cut off.

    Whole numbers beyond 2^53, as ids are, are texts, all of their column; times are ISO 8601.
    """

    columns: list[Column]
    rows: list[list[Any]]
    more: bool
    state: SqlState


@dataclass(frozen=True)
class SqlAnswer:
    """The result ``table``, whose schema's metadata says the rest."""

    table: pa.Table

    @property
    def more(self) -> bool:
        """Whether there are more rows than these."""
        return msgspec.json.decode(self._metadata[MORE], type=bool)

    @property
    def state(self) -> SqlState:
        """Up to where the lake was."""
        return msgspec.json.decode(self._metadata[STATE], type=SqlState)

    @property
    def columns(self) -> list[Column]:
        """The columns in order."""
        types = msgspec.json.decode(self._metadata[TYPES], type=list[str])
        return [Column(*each) for each in zip(self.table.column_names, types, strict=True)]

    def to_rows(self) -> SqlRows:
        """Plain values, as the JSON document has them."""
        values = [_plain(column) for column in self.table.itercolumns()]
        rows = [list(row) for row in zip(*values, strict=True)]
        return SqlRows(self.columns, rows, self.more, self.state)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document."""
        return msgspec.to_builtins(self.to_rows())

    def to_polars(self) -> pl.DataFrame:
        """The rows as a frame."""
        return pl.DataFrame(pl.from_arrow(self.table.replace_schema_metadata(None)))

    def to_csv(self) -> str:
        """The rows as CSV with a header; lists and structs are JSON."""
        rows = self.to_rows()
        frame = pl.DataFrame(
            [[_cell(value) for value in row] for row in rows.rows],
            {column.name: pl.String for column in rows.columns},
            orient="row",
        )
        return csv_of(frame)

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return self.table

    @property
    def _metadata(self) -> dict[bytes, bytes]:
        return self.table.schema.metadata


def stated(table: pa.Table, state: SqlState) -> SqlAnswer:
    """The answer of a ``table`` that was computed from ``state``."""
    metadata = {**table.schema.metadata, STATE: msgspec.json.encode(state)}
    return SqlAnswer(table.replace_schema_metadata(metadata))


def _plain(column: pa.ChunkedArray) -> list[Any]:
    values = column.to_pylist()
    if pa.types.is_decimal(column.type):
        number = int if column.type.scale == 0 else float
        values = [None if each is None else number(each) for each in values]
    if any(isinstance(each, int) and abs(each) > _EXACT for each in values):
        return [None if each is None else str(each) for each in values]
    return values if pa.types.is_primitive(column.type) else [_inner(each) for each in values]


def _inner(value: Any) -> Any:
    """What lists and structs hold, with whole numbers beyond 2^53 as texts."""
    if isinstance(value, list):
        return [_inner(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _inner(each) for key, each in value.items()}
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else value


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode().strip('"')
