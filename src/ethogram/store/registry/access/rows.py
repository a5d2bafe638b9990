"""Reading and writing records, the same for every table."""

from typing import Any, TypeVar

import sqlalchemy as sa

from ethogram.store.registry.access.database import Connection
from ethogram.store.registry.access.records import Record

R = TypeVar("R", bound=Record)


def one(connection: Connection, kind: type[R], **by: Any) -> R | None:
    """The record with the values ``by``."""
    row = connection.execute(_chosen(kind, by)).mappings().first()
    return kind(**row) if row else None


def many(
    connection: Connection,
    kind: type[R],
    order: str,
    *,
    after: Any = None,
    most: int | None = None,
    **by: Any,
) -> list[R]:
    """The records with the values ``by``, in the ``order`` of a column.

    ``most`` of them, behind the one whose value in that column is ``after``.
    """
    column = kind.table.c[order]
    chosen = _chosen(kind, by).order_by(column).limit(most)
    if after is not None:
        chosen = chosen.where(column > after)
    return [kind(**row) for row in connection.execute(chosen).mappings()]


def add(connection: Connection, record: Record) -> None:
    """A new record."""
    values = {name: getattr(record, name) for name in record.__struct_fields__}
    connection.execute(sa.insert(record.table).values(values))


def put(connection: Connection, record: Record) -> None:
    """A record in the place of the one with the same key, if there is one."""
    key = {column.name: getattr(record, column.name) for column in record.table.primary_key}
    drop(connection, type(record), **key)
    add(connection, record)


def change(connection: Connection, kind: type[Record], by: dict[str, Any], **values: Any) -> int:
    """The records with the values ``by``, changed; how many there were."""
    changed = sa.update(kind.table).where(*_where(kind, by)).values(values)
    return connection.execute(changed).rowcount


def drop(connection: Connection, kind: type[Record], **by: Any) -> int:
    """The records with the values ``by``, gone; how many there were."""
    return connection.execute(sa.delete(kind.table).where(*_where(kind, by))).rowcount


def drop_before(connection: Connection, kind: type[Record], column: str, instant: int) -> int:
    """The records whose ``column`` is before ``instant``, gone; how many there were."""
    old = kind.table.c[column] < instant
    return connection.execute(sa.delete(kind.table).where(old)).rowcount


def _chosen(kind: type[Record], by: dict[str, Any]) -> "sa.Select[Any]":
    columns = [kind.table.c[name] for name in kind.__struct_fields__]
    return sa.select(*columns).where(*_where(kind, by))


def _where(kind: type[Record], by: dict[str, Any]) -> list[Any]:
    return [kind.table.c[name] == value for name, value in by.items()]
