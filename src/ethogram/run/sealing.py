"""A property is sealed afterwards: what stands of it in the open moves under each person's key.

First the plan says so, so that no more comes in in the open. The lake's rows then get their values
sealed and lose the open ones in one commit a day; the log's payloads lose them before. Last the
property is erased as any other is: indexes are built anew, and the tables' history goes. Cut off
anywhere, it is done again by sealing it again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import numpy as np
import pyarrow as pa

from ethogram.events.erasure import Struck
from ethogram.events.errors import Invalid, NotFound, nearest
from ethogram.events.plan_text import also_sealed
from ethogram.protect.detectors import names_a_person
from ethogram.protect.keyring import nonces
from ethogram.protect.sealing import seal, unseal
from ethogram.protect.vault import Vault
from ethogram.run.planned import file_of, set_plan
from ethogram.run.requests import Requests
from ethogram.run.scanning import Scanning
from ethogram.show.api.findings import SealedAfterwards
from ethogram.store.lake.changes import said_name
from ethogram.store.lake.erasing import days, erase_values, positions, rows
from ethogram.store.lake.struck import sql_of, valued_rows

_PARTS = msgspec.json.Decoder(dict[str, Any]).decode
_PLACES = ("person", "event_id", "properties", "extra")
MOST = 10_000
"""Persons and positions that the writer is told at once."""


class KeyMaker(Protocol):
    """Who writes a project's vault and its log."""

    def make_keys(self, persons: Sequence[int], /) -> object:
        """See `Writing.make_keys`."""
        ...

    def erase_entries(
        self, positions: Sequence[int], property: str | None, /, *, open_only: bool
    ) -> object:
        """See `Writing.erase_entries`."""
        ...


@dataclass(frozen=True)
class Sealing:
    """See the module. ``vault`` opens the vault, ``writer`` writes it, and the log."""

    scanning: Scanning
    vault: Callable[[], Vault]
    writer: KeyMaker
    requests: Requests

    def seal(self, property: str) -> SealedAfterwards:
        """Seal ``property`` in all events.

        Raises `NotFound` where no event has it, `Invalid` where its name is nobody's to repeat.
        """
        reading = self.scanning.reading
        lake, folder = reading.lake, reading.folder
        reading.load_all()
        known = {said for name in lake.properties() if (said := said_name(name))}
        if property not in known:
            raise NotFound("unknown_property", f"No event has the property {property!r}.",
                           at="property", hint=nearest(property, known))  # fmt: skip
        if names_a_person(property):
            raise Invalid("sealed_already", "A property of this name is sealed as it comes.",
                          at="property")  # fmt: skip
        source = file_of(folder).read_text() if file_of(folder).exists() else ""
        set_plan(folder, also_sealed(source, property).encode())
        self.writer.make_keys(())  # once it has answered, none comes that did not know the plan
        end = reading.load_all()
        events, nobodys = self._move(Struck(end + 1, property=property, open_only=True))
        self.requests.erase(property=property, open_only=True, purge=True)
        self.scanning.forget(property)
        return SealedAfterwards(property, events, nobodys)

    def _move(self, struck: Struck) -> tuple[int, int]:
        """(events whose value is sealed now, values whose person has no key any more)."""
        reading = self.scanning.reading
        table = reading.lake.events
        where = sql_of(struck, table.columns())
        with reading.unloaded(), closing(self.vault()) as vault:
            found = sorted(positions(table, where))
            persons = {each for part in rows(table, where, ["person"])
                       for each in part["person"].to_pylist()}  # fmt: skip
            for part in _parts(sorted(persons)):
                self.writer.make_keys(part)
            for part in _parts(found):
                self.writer.erase_entries(part, struck.property, open_only=True)
            lost = 0

            def sealed(part: pa.Table) -> pa.Table:
                nonlocal lost
                open_ = valued_rows(part, struck)
                part, without = _sealed(part, open_, struck.property or "", vault)
                lost += without
                return part

            erase_values(table, struck, days(table, where), sealed)
        return len(found) - lost, lost


def _parts(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), MOST):
        yield values[start : start + MOST]


def _sealed(
    table: pa.Table, open_: np.ndarray, property: str, vault: Vault
) -> tuple[pa.Table, int]:
    """``table`` with the values of ``property`` in the rows ``open_`` among what is sealed there.

    Also how many cannot be: of who was erased there is no key any more.
    """
    blobs: list[bytes | None] = table["sealed"].to_pylist()
    found = np.flatnonzero(open_)
    names = [name for name in _PLACES if name in table.column_names]
    part = table.select(names).take(pa.array(found)).to_pylist()
    lost = 0
    for at, row, nonce in zip(found.tolist(), part, nonces(len(found)), strict=True):
        moving = _of(property, row)
        if not moving:
            continue
        if vault.kept_cipher(row["person"]) is None:
            lost += 1
            continue
        old = blobs[at]
        inner = unseal(vault, row["person"], row["event_id"], old) if old else {}
        for name, said in moving.items():
            inner[name] = _with(inner.get(name, {}), said)
        blobs[at] = seal(vault, row["person"], row["event_id"], inner, nonce)
    column = table.column_names.index("sealed")
    return table.set_column(column, "sealed", pa.array(blobs, pa.binary())), lost


def _of(property: str, row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What an event says of ``property`` in the open, itself and of the profile, by its part."""
    found = dict[str, dict[str, Any]]()
    values = _PARTS(row["properties"])
    if property in values:
        found["properties"] = {property: values[property]}
    said: list[dict[str, Any]] = _PARTS(row.get("extra") or "{}").get("profile_ops", [])
    # What the door unset in the open stands among what is sealed already.
    changes = [
        {**each, "values": {property: each["values"][property]}}
        for each in said
        if property in each["values"] and not each.get("sealed")
    ]
    return found | ({"extra": {"profile_ops": changes}} if changes else {})


def _with(sealed: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """One part of what is sealed of an event, with what it ``said`` in the open."""
    changes = [*sealed.get("profile_ops", ()), *said.get("profile_ops", ())]
    return sealed | said | ({"profile_ops": changes} if changes else {})
