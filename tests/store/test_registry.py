"""The registry in SQLite keeps the contract, and its tables are what the migrations make."""

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.contracts.registry_contract import RegistryContract

from ethogram.store.registry.port import Registry
from ethogram.store.registry.sql import SqlRegistry
from ethogram.store.registry.tables import METADATA


class TestSqlite(RegistryContract):
    def open(self, folder: Path) -> Registry:
        return SqlRegistry(folder / "registry.sqlite")


def test_migrations_and_tables_agree(tmp_path: Path) -> None:
    """What Alembic finds in the database is what the code writes to."""
    SqlRegistry(tmp_path / "registry.sqlite").close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == "0001"
    engine.dispose()
