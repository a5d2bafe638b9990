"""The table of definitions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "definitions",
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("body", sa.JSON(none_as_null=True)),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
