"""Bringing tables up to date by Alembic, which can do so for one database at a time."""

import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

_ALONE = threading.Lock()


def migrate(connection: sa.Connection, scripts: Path) -> None:
    """Run what is new of the migrations in ``scripts``, in the transaction of ``connection``."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with _ALONE:
        command.upgrade(config, "head")
