"""The database of who may look: SQLite in the workspace's folder, or any that SQLAlchemy speaks to.

Rows are read and written by plain functions over a connection, so that what belongs together,
such as a change and its line in the audit, is one transaction.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import event, exc

from ethogram.events.errors import Busy
from ethogram.store.registry.migrating import migrate

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE = 30.0
"""Seconds that one waits for another who writes."""

TURN = 0x6574686F
"""The lock of PostgreSQL that whoever writes holds."""

Connection: TypeAlias = sa.Connection


class Database:
    """Opening it brings the tables up to date. Raises `Busy` where it lets nobody in."""

    def __init__(self, url: str) -> None:
        self._writer, self._reader = _engine(url), _engine(url)
        if self._writer.dialect.name == "sqlite":
            event.listen(self._writer, "connect", _by_hand)
            event.listen(self._writer, "begin", _alone)
        else:
            event.listen(self._writer, "begin", _in_turn)
        with self.writing() as connection:
            migrate(connection, MIGRATIONS)

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection that only reads, each statement by itself."""
        with _open(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """A connection whose changes are durable once this ends, or none is."""
        with _open(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of it."""
        self._writer.dispose()
        self._reader.dispose()


def _engine(url: str) -> sa.Engine:
    patient: dict[str, Any] = {"timeout": PATIENCE} if url.startswith("sqlite") else {}
    return sa.create_engine(url, connect_args=patient)


@contextmanager
def _open() -> Generator[None]:
    try:
        yield
    except exc.OperationalError as error:
        raise Busy("access", f"Who may look cannot be looked up: {error.orig}.") from error


def _by_hand(connection: Any, _: object) -> None:
    """Python's driver would begin a transaction at the first write, which is too late."""
    connection.isolation_level = None


def _in_turn(connection: Connection) -> None:
    """The same in PostgreSQL: lines of the audit follow each other."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")


def _alone(connection: Connection) -> None:
    """One transaction at a time, so that what is read stays so until it is written."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
