"""How Alembic reaches the database: by the connection that has been opened."""

from alembic import context


def migrate() -> None:
    """Bring the tables up to date, in the transaction that is open."""
    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()


if __name__ == "env_py":  # so Alembic calls it
    migrate()
