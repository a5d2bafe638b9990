"""What was spent on noisy answers, and the answers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "noise_spent",
        sa.Column("project", sa.String(63), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("who", sa.String(100), primary_key=True),
        sa.Column("millionths", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "noise_answers",
        sa.Column("project", sa.String(63), primary_key=True),
        sa.Column("key", sa.LargeBinary(32), primary_key=True),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
