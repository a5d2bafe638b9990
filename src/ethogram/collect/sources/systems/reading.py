"""dlt reads a source: its rows in lists, table by table, and its state, which stays ours to keep.

There is no dlt pipeline: nothing of what is read is written down on the way, and what dlt would
remember (how far each table was read) is given to it and taken back.
"""

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from ethogram.collect.sources.systems.definition import Python, Source, Sql
from ethogram.collect.sources.systems.rows import Row
from ethogram.events.errors import EthogramError, Invalid, nearest
from ethogram.protect.references import Secrets, root

if TYPE_CHECKING:
    from dlt.common.pipeline import TPipelineState
    from dlt.extract import DltResource, DltSource

ROWS = 5_000


@dataclass
class Reading:
    """A source that is being read; ``state`` is how far it was read, and changes with it."""

    name: str
    source: Source
    secrets: Secrets
    state: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        with self._failing():
            self._dlt = self._made()
        there = self._dlt.resources.keys()
        for table in self.source.tables:
            if table not in there:
                raise Invalid("unknown_table", f"The source has no table {table!r}.",
                              at=f"$.tables.{table}", hint=nearest(table, there))  # fmt: skip

    def keys(self, table: str) -> tuple[str, ...]:
        """The primary key of ``table`` as dlt knows it; nothing where it does not."""
        with self._failing():
            columns = self._dlt.resources[table].compute_table_schema().get("columns", {})
        return tuple(name for name, column in columns.items() if column.get("primary_key"))

    def rows(self) -> Iterator[tuple[str, list[Row]]]:
        """The rows of all tables, about `ROWS` at a time, each time of one table.

        Raises `EthogramError` (``source_failed``) with what went wrong, without secrets.
        """
        waiting: dict[str, list[Row]] = {}
        with self._failing():
            for table, rows in self._items():
                waiting.setdefault(table, []).extend(rows)
                while len(waiting[table]) >= ROWS:
                    yield table, waiting[table][:ROWS]
                    waiting[table] = waiting[table][ROWS:]
        yield from ((table, rows) for table, rows in waiting.items() if rows)

    def _items(self) -> Iterator[tuple[str, list[Row]]]:
        """Rows as they come, with the name of their table: a last step of each resource says it.

        All are read at once, since one may be made of another's rows.
        """
        import dlt
        from dlt.common.configuration.container import Container
        from dlt.common.pipeline import StateInjectableContext

        source = self._dlt
        named = [source.resources[name] | _naming(name) for name in self.source.tables]
        tables = dlt.source(lambda: named, name=source.name, section=source.section)()
        with Container().injectable_context(
            StateInjectableContext(state=cast("TPipelineState", self.state))
        ):
            items = iter(tables)
        for table, item in items:
            yield table, _rows(item)

    def _made(self) -> "DltSource":
        import dlt
        from dlt.extract import DltSource

        source = self.source
        if source.sql is not None:
            resources = self._tables(source.sql)
        elif source.rest is not None:
            from dlt.sources.rest_api import rest_api_resources

            resources = rest_api_resources(self.secrets.filled(source.rest))
        else:
            assert source.python is not None
            found = _called(source.python, self.secrets)
            if isinstance(found, DltSource):
                return found
            resources = found if isinstance(found, list) else [found]
        return dlt.source(lambda: resources, name="ethogram", section="ethogram")()

    def _tables(self, sql: Sql) -> "list[DltResource]":
        import dlt
        from dlt.sources.sql_database import sql_table

        return [
            sql_table(
                self.secrets.filled_url(sql.url),
                table=name,
                schema=sql.schema,
                chunk_size=ROWS,
                backend="sqlalchemy",
                incremental=dlt.sources.incremental(table.cursor) if table.cursor else None,
                primary_key=table.key,
            )
            for name, table in self.source.tables.items()
        ]

    @contextmanager
    def _failing(self) -> Generator[None]:
        """Whatever a system says when it fails is said without what nobody should read."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - other people's code raises anything
            if isinstance(told := root(error), EthogramError):
                raise told from None
            said = self.secrets.reason(told)
            raise EthogramError("source_failed", said, at=self.name) from None


def packed(state: dict[str, Any]) -> bytes:
    """A state as it is kept: JSON, with the types of its values."""
    from dlt.common.json import json

    return json.typed_dumpb(state)


def unpacked(text: bytes) -> dict[str, Any]:
    """What `packed` was given."""
    from dlt.common.json import json

    return json.typed_loadb(text)


def _naming(table: str) -> "DltResource":
    """The step that gives what it is given, with the name of its ``table``."""
    import dlt

    return dlt.transformer(lambda items: (table, items), name=f"{table} of ethogram")


def _rows(item: Any) -> list[Row]:
    """What a resource gave: a row, rows, or a table of Arrow."""
    if isinstance(item, pa.Table | pa.RecordBatch):
        return item.to_pylist()
    rows = item if isinstance(item, list) else [item]
    return [{str(column): value for column, value in row.items()} for row in rows]


def _called(python: Python, secrets: Secrets) -> Any:
    """What the function gives."""
    module, _, function = python.function.partition(":")
    if python.folder is not None:
        sys.path.insert(0, python.folder)
    try:
        found = getattr(import_module(module), function)
    finally:
        if python.folder is not None:
            sys.path.remove(python.folder)
    return found(**secrets.filled(python.arguments))
