"""The project's own tables as others are given them: plain names, and nothing that is sealed."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.sql.views import CANONICAL, property_columns
from ethogram.protect.erasures import Unseen
from ethogram.store.lake.struck import unstruck
from ethogram.store.lake.tables import Lake

LETTERS = ("position", "received_at", "code", "message", "at", "hint", "protocol", "event")


def events(lake: Lake, after: int, unseen: Unseen) -> Iterator[pa.Table]:
    """The events past the position ``after`` but what is ``unseen``, with the columns of the view
    ``events``.

    The column ``sealed`` is there too; see `opened`.
    """
    properties = property_columns(lake.events.columns(), [*CANONICAL, *OPENED])
    names = {name: name for name in (*CANONICAL, "sealed")} | properties
    hidden = pa.array(unseen.nodes, pa.int64())
    for rows in lake.events.scan(after, columns=list(names)):
        there = rows.filter(pc.invert(pc.is_in(rows["person"], hidden)))
        yield _renamed(unstruck(there, unseen.struck), names)


OPENED = ("user", "personal")
"""The columns that `names.opened` adds."""


def dead_letters(lake: Lake, after: int) -> Iterator[pa.Table]:
    """The refused events past ``after`` and why; what they hold stays sealed."""
    for rows in lake.dead_letters.scan(after, columns=LETTERS):
        yield rows.select([name for name in LETTERS if name in rows.column_names])


def _renamed(rows: pa.Table, names: Mapping[str, str]) -> pa.Table:
    there = [name for name in names if name in rows.column_names]
    return rows.select(there).rename_columns([names[name] for name in there])
