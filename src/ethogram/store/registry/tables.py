"""The registry's one table, as the newest migration leaves it."""

import sqlalchemy as sa

METADATA = sa.MetaData()
DEFINITIONS = sa.Table(
    "definitions",
    METADATA,
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("body", sa.JSON(none_as_null=True)),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
