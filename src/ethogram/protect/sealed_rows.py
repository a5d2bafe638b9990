"""What is sealed in the rows of an events table, opened; and a property taken out of it."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.erasure import Struck
from ethogram.events.errors import NotFound
from ethogram.events.event import Json
from ethogram.protect.sealing import resealed, unseal, without_property
from ethogram.protect.vault import Vault
from ethogram.store.lake.struck import NEEDED, struck_rows

COLUMNS = (*NEEDED, "event_id", "sealed")
"""What a table must have."""


def opened(table: pa.Table, vault: Vault) -> Iterator[dict[str, Json] | None]:
    """What is sealed in each row, but what of it was erased since; None for nothing.

    ``table`` has `COLUMNS`. Of who was erased nothing can be opened any more.
    """
    instants = table["timestamp"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    names = ("position", "person", "event", "event_id", "sealed")
    columns = (table[name].to_pylist() for name in names)
    for at, position, person, event, event_id, text in zip(instants, *columns, strict=True):
        if text is None:
            yield None
            continue
        try:
            values = unseal(vault, person, event_id, text)
        except NotFound:
            yield None
            continue
        for name in vault.unseen.sealed(position, person, at, event):
            values = without_property(values, name)
        yield values


def unsealed(table: pa.Table, struck: Struck, vault: Vault) -> tuple[pa.Table, np.ndarray]:
    """``table`` without what is sealed of a struck property, and for every row whether it had it.

    Of who was erased there is no key any more: what is sealed of them stays as unreadable.
    """
    had = np.zeros(table.num_rows, np.bool_)
    meant = struck_rows(table, struck) & np.array(pc.is_valid(table["sealed"]), np.bool_)
    if struck.property is None or struck.open_only or not meant.any():
        return table, had
    texts: list[bytes | None] = table["sealed"].to_pylist()
    at = np.flatnonzero(meant)
    part = table.select(["person", "event_id"]).take(pa.array(at))
    for row, person, event_id in zip(
        at.tolist(), part["person"].to_pylist(), part["event_id"].to_pylist(), strict=True
    ):
        text = texts[row] or b""
        texts[row] = resealed(vault, person, event_id, text, struck.property)
        had[row] = texts[row] is not text
    column = table.column_names.index("sealed")
    return table.set_column(column, "sealed", pa.array(texts, pa.binary())), had
