"""The registry in a database that SQLAlchemy speaks to: SQLite in the project's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from ethogram.events.errors import Busy
from ethogram.events.event import Instant
from ethogram.store.registry.migrating import migrate
from ethogram.store.registry.port import Definition, Kind, check_name, unknown
from ethogram.store.registry.tables import DEFINITIONS as ROWS

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE = 30.0
"""Seconds that a writer waits for another one."""


class SqlRegistry:
    """See `ethogram.store.registry.port.Registry`. Opening it brings the tables up to date.

    Raises `Busy` where the database does not let anybody in.
    """

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE})
        event.listen(self._engine, "connect", _by_hand)
        event.listen(self._engine, "begin", _alone)
        try:
            with self._engine.begin() as connection:
                migrate(connection, MIGRATIONS)
        except exc.OperationalError as error:
            raise Busy("registry", f"The saved definitions cannot be opened: {error.orig}.",
                       at=str(path)) from error  # fmt: skip

    def save(
        self, kind: Kind, name: str, body: Mapping[str, Any], made_at: Instant, note: str = ""
    ) -> Definition:
        """See `Registry.save`."""
        check_name(name)
        with self._engine.begin() as connection:
            versions = _versions(connection, kind, name)
            if versions and versions[-1].body == body:
                return versions[-1]
            made = Definition(kind, name, len(versions) + 1, dict(body), made_at, note)
            _add(connection, made)
        return made

    def drop(self, kind: Kind, name: str, made_at: Instant, note: str = "") -> Definition:
        """See `Registry.drop`."""
        with self._engine.begin() as connection:
            versions = _versions(connection, kind, name)
            if not versions or versions[-1].body is None:
                raise unknown(kind, name, _standing(connection, kind), dropped=bool(versions))
            made = Definition(kind, name, len(versions) + 1, None, made_at, note)
            _add(connection, made)
        return made

    def get(self, kind: Kind, name: str) -> Definition:
        """See `Registry.get`."""
        with self._engine.begin() as connection:
            versions = _versions(connection, kind, name)
            if not versions or versions[-1].body is None:
                raise unknown(kind, name, _standing(connection, kind), dropped=bool(versions))
        return versions[-1]

    def history(self, kind: Kind, name: str) -> list[Definition]:
        """See `Registry.history`."""
        with self._engine.begin() as connection:
            if versions := _versions(connection, kind, name):
                return versions
            raise unknown(kind, name, _standing(connection, kind))

    def list(self, kind: Kind) -> list[Definition]:
        """See `Registry.list`."""
        with self._engine.begin() as connection:
            return list(_standing(connection, kind).values())

    def close(self) -> None:
        """See `Registry.close`."""
        self._engine.dispose()


def _versions(connection: sa.Connection, kind: Kind, name: str) -> list[Definition]:
    own = sa.select(ROWS).where(ROWS.c.kind == kind, ROWS.c.name == name).order_by(ROWS.c.version)
    return [Definition(**row) for row in connection.execute(own).mappings()]


def _standing(connection: sa.Connection, kind: Kind) -> dict[str, Definition]:
    """What was not dropped, by name."""
    all_ = sa.select(ROWS).where(ROWS.c.kind == kind).order_by(ROWS.c.name, ROWS.c.version)
    newest = {row["name"]: Definition(**row) for row in connection.execute(all_).mappings()}
    return {name: found for name, found in newest.items() if found.body is not None}


def _add(connection: sa.Connection, made: Definition) -> None:
    connection.execute(
        sa.insert(ROWS).values({name: getattr(made, name) for name in made.__struct_fields__})
    )


def _by_hand(connection: Any, _: object) -> None:
    """Python's driver would begin a transaction at the first write, which is too late."""
    connection.isolation_level = None


def _alone(connection: sa.Connection) -> None:
    """One transaction at a time, so that a version that is read stays the newest until written."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
