"""The days of audits that a late line had set back, so that they could not go on."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ENDS = sa.table("audit_ends", sa.column("project"), sa.column("number"), sa.column("day"))
ROOTS = sa.table("audit_roots", sa.column("project"), sa.column("number"), sa.column("day"))
LINES = sa.table("audit", sa.column("project"), sa.column("number"), sa.column("entry"))


def upgrade() -> None:
    """Have each such audit end with the newest day of its lines."""
    connection = op.get_bind()
    back = (
        sa.select(ENDS.c.project, sa.func.max(ROOTS.c.number))
        .where(ENDS.c.project == ROOTS.c.project, ENDS.c.day <= ROOTS.c.day)
        .group_by(ENDS.c.project)
    )
    for project, number in connection.execute(back).all():
        behind = sa.select(LINES.c.entry).where(LINES.c.project == project, LINES.c.number > number)
        said = [json.loads(entry)["at"] for entry in connection.scalars(behind)]
        end = sa.update(ENDS).where(ENDS.c.project == project)
        connection.execute(end.values(day=max(said)[:10]))
