"""What a vendor's client sent, as it is kept: the log's events with the names of their ids."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.serving import Served

from ethogram.protect.vault import Vault
from ethogram.store.log.entries import unpack_events
from ethogram.store.log.sqlite import SqliteReader


@dataclass(frozen=True)
class Arrived:
    """One kept event; ``who`` is (kind, name), groups are names by type, links pairs of names."""

    event: str
    kind: str
    id: str
    at: int
    who: tuple[str, str]
    anonymous: str | None
    properties: dict[str, Any]
    groups: dict[str, str]
    links: list[tuple[tuple[str, str], tuple[str, str]]]
    extra: dict[str, Any]


def arrived(server: Served) -> list[Arrived]:
    """Every event of the log, in the order in which they came."""
    with _vault(server) as vault:
        log = SqliteReader(server.folder / "projects" / "default" / "log.sqlite")
        records = [each for each in log.read(log.start, 1_000_000) if each.kind == "events"]
        log.close()
        return [
            Arrived(
                event.event, event.kind, event.event_id, event.timestamp, vault.name(event.person),
                vault.name(event.anonymous)[1] if event.anonymous else None, event.properties,
                {type_: vault.name(id_)[1] for type_, id_ in event.groups.items()},
                [(vault.name(a), vault.name(b)) for _, a, b, _ in event.extra.get("links", [])],
                event.extra,
            )
            for record in records
            for event in unpack_events(record.payload)
        ]  # fmt: skip


def count(server: Served) -> int:
    """How many entries the log has."""
    log = SqliteReader(server.folder / "projects" / "default" / "log.sqlite")
    try:
        return log.end
    finally:
        log.close()


@contextmanager
def _vault(server: Served) -> Iterator[Vault]:
    (key,) = (server.scratch / "config" / "ethogram").glob("*.key")
    master = bytes.fromhex(key.read_text())
    vault = Vault(server.folder / "projects" / "default" / "vault.sqlite", master)
    yield vault
    vault.close()
