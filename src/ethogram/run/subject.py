"""One archive of everything that is kept about a person, personal values opened."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.errors import NotFound
from ethogram.events.event import Json
from ethogram.events.times import iso, now
from ethogram.protect import sealed_rows
from ethogram.protect.vault import Vault
from ethogram.run.consents import proof_of, records
from ethogram.run.dead_letters import opened
from ethogram.run.following import tail
from ethogram.run.letters_of import letters_of
from ethogram.show.api.asked import Subject
from ethogram.show.api.ports import Person
from ethogram.store.lake.erasing import rows
from ethogram.store.lake.schema import EVENTS
from ethogram.store.lake.struck import unstruck
from ethogram.store.lake.tables import Lake
from ethogram.store.log.port import LogReader

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode
Id: TypeAlias = tuple[str, str]
"""What kind of id it is, and what clients say."""
_CSV = ("time", "event", "user", "anonymous", "device", "session", "properties", "context", "extra")
_FORMULAS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_READ_ME = """\
Everything that is kept about one person, as of {at}.

profile.json          ids, as this service's clients said them, what links them, and by how many
                      of your personal values (kept as keyed hashes) you can be found
events.ndjson         what the person did, oldest first, an event a line
events.csv            the same for spreadsheets; nested values are JSON
consents.json         what the person allows, and every record of it with what was sent then
refused.ndjson        what was sent and could not be taken, as it was sent
manifest-sha256.txt   the SHA-256 of each file; `sha256sum -c manifest-sha256.txt` checks them
"""


def write(to: BinaryIO, person: Person, log: LogReader, lake: Lake, vault: Vault) -> Subject:
    """Write the archive of ``person``, a ZIP."""
    names = {int(node): _name(vault, int(node)) for node in person.ids}
    events = sorted(_events(log, lake, vault, names), key=lambda event: event["time"])
    outside = {found[1] for found in names.values() if found is not None}
    positions = letters_of(outside, log, lake, vault.keyring)
    letters = [opened(log, lake, vault.keyring, at) for at in positions]
    files = {
        "README.txt": _READ_ME.format(at=iso(now())).encode(),
        "profile.json": msgspec.json.format(_encode(_profile(person, names, events, vault))),
        "events.ndjson": _lines(events),
        "events.csv": _table(events),
        "consents.json": msgspec.json.format(_encode(proof_of(records(log, lake), person, vault))),
        "refused.ndjson": _lines(letters),
    }
    listed = (f"{sha256(text).hexdigest()}  {name}\n" for name, text in files.items())
    files["manifest-sha256.txt"] = "".join(listed).encode()
    with ZipFile(to, "w", ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return Subject(len(names), len(events), len(letters))


def into_file(to: Path, archive: Callable[[BinaryIO], Subject]) -> Subject:
    """Have ``archive`` written to a file that its owner alone may read; whole, or not at all."""
    draft = to.with_name(f".{to.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(0o600, exist_ok=False)
        with draft.open("r+b") as file:
            done = archive(file)
        draft.replace(to)
        return done
    finally:
        draft.unlink(missing_ok=True)


def _events(
    log: LogReader, lake: Lake, vault: Vault, names: Mapping[int, Id | None]
) -> Iterator[dict[str, Json]]:
    fresh, mine = tail(log, lake), pa.array(names, pa.int64())
    fresh = fresh.filter(pc.is_in(fresh["person"], mine))
    where = f"person IN ({', '.join(map(str, names))})"
    for table in (fresh, *rows(lake.events, where, EVENTS.names)):
        shown = unstruck(table.select(EVENTS.names), vault.unseen.struck)
        for row, personal in zip(shown.to_pylist(), sealed_rows.opened(shown, vault), strict=True):
            yield _event(row, personal or {}, vault)


def _event(row: dict[str, Any], opened: dict[str, Json], vault: Vault) -> dict[str, Json]:
    """One event with the ids outside, and with what was sealed in its place."""
    said: dict[str, Json] = {
        "time": _instant(row["timestamp"]),
        "event": row["event"],
        "kind": row["kind"],
        "event_id": row["event_id"],
        "received_at": _instant(row["received_at"]),
    }
    for kind in ("person", "anonymous", "device", "session"):
        if row[kind] is not None and (found := _name(vault, row[kind])) is not None:
            said[found[0]] = found[1]
    for part in ("properties", "context", "extra"):
        values, personal = _decode(row[part] or "{}"), opened.get(part, {})
        made = [each for each in values.pop("profile_ops", ()) if not each.get("sealed")]
        changes = [*made, *personal.get("profile_ops", ())]
        values |= personal
        if part == "extra" and changes:
            values["profile_ops"] = changes
        if values:
            said[part] = values
    return said


def _profile(
    person: Person, names: Mapping[int, Id | None], events: list[Any], vault: Vault
) -> Json:
    known = {node: found for node, found in names.items() if found is not None}

    def shown(node: str) -> str:
        found = known.get(int(node))
        return f"{found[0]}:{found[1]}" if found else f"person:{node}"

    times = [event["time"] for event in events]
    return {
        "ids": [{"kind": kind, "id": said, "person": str(node)}
                for node, (kind, said) in known.items()],
        "first_seen": times[0] if times else None,
        "last_seen": times[-1] if times else None,
        "events": len(events),
        "found_by_values": sum(vault.found_by(node) for node in names),
        "links": [
            {"kind": tie.kind, "a": shown(tie.a), "b": shown(tie.b), "at": tie.at,
             "known_at": tie.known_at, "withdrawn_at": tie.withdrawn_at, "counts": tie.counts}
            for tie in person.links
        ],
    }  # fmt: skip


def _lines(rows: Iterable[Any]) -> bytes:
    return b"".join(_encode(row) + b"\n" for row in rows)


def _table(events: Iterable[dict[str, Json]]) -> bytes:
    """The events as CSV; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_CSV)
    for event in events:
        cells = (event.get(name, "") for name in _CSV)
        writer.writerow(_cell(each if isinstance(each, str) else _encode(each).decode())
                        for each in cells)  # fmt: skip
    return text.getvalue().encode("utf-8", "surrogatepass")


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in _FORMULAS else text


def _name(vault: Vault, node: int) -> Id | None:
    try:
        return vault.name(node)
    except NotFound:
        return None


def _instant(at: Any) -> str:
    return iso(pa.scalar(at, pa.timestamp("us", "UTC")).value)
