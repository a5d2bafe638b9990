"""Persons by the ids that the product gave them, and what was sealed, for the owner alone."""

import msgspec
import pyarrow as pa

from ethogram.events.errors import NotFound
from ethogram.protect import sealed_rows
from ethogram.protect.vault import Vault


def sealed(rows: pa.Table) -> pa.Table:
    """``rows`` without what is sealed."""
    return rows.drop_columns(["sealed"]) if "sealed" in rows.column_names else rows


def opened(rows: pa.Table, vault: Vault) -> pa.Table:
    """``rows`` with ``user``, the person's id outside, and ``personal``, what was sealed, as JSON.

    Both are null where the person was erased.
    """
    persons: list[int] = rows["person"].to_pylist()
    names = {person: _name(vault, person) for person in set(persons)}
    users = pa.array([names[person] for person in persons], pa.string())
    if "sealed" in rows.column_names:
        personal = [None if said is None else msgspec.json.encode(said).decode()
                    for said in sealed_rows.opened(rows, vault)]  # fmt: skip
        rows = sealed(rows).append_column("personal", pa.array(personal, pa.string()))
    return rows.append_column("user", users)


def _name(vault: Vault, person: int) -> str | None:
    try:
        return vault.name(person)[1]
    except NotFound:
        return None
