"""What a vendor's client sent, as it is kept: the log's events with the names of their ids."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.serving import Served

from ethogram.events.times import SECOND, parse
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
    with server.vault() as vault:
        name = cache(vault.name)
        log = SqliteReader(server.folder / "projects" / "default" / "log.sqlite")
        records = [each for each in log.read(log.start, 1_000_000) if each.kind == "events"]
        log.close()
        return [
            Arrived(
                event.event, event.kind, event.event_id, event.timestamp, name(event.person),
                name(event.anonymous)[1] if event.anonymous else None, event.properties,
                {type_: name(id_)[1] for type_, id_ in event.groups.items()},
                [(name(a), name(b)) for _, a, b, _ in event.extra.get("links", [])],
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


START = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When the first of the events happened that `assert_minutes` looks for."""


def assert_minutes(server: Served, name: str, events: int) -> None:
    """Event ``i`` of ``events`` is there once, with its own id, minute, person and property."""
    found = [each for each in arrived(server) if each.event == name]
    assert sorted(each.id for each in found) == sorted(f"{name} {i}" for i in range(events))
    for each in found:
        i = each.properties["i"]
        assert each.id == f"{name} {i}"
        assert each.who == ("user", f"user {i % 7}")
        assert abs(each.at - parse(START + timedelta(minutes=i))) < 10 * SECOND


def assert_calls(server: Served, vendor: str) -> dict[str, Any]:
    """Identify, track, page, screen, group and alias came, and revenue; the source is returned."""
    found = arrived(server)
    kinds = ["identify", "track", "page", "screen", "group", "alias"]
    assert sorted(each.kind for each in found) == sorted(kinds)
    identify, paid, page, screen, group, alias = sorted(found, key=lambda e: kinds.index(e.kind))
    assert {each.who for each in found} == {("user", "ann")}
    assert identify.anonymous == "visitor"
    assert identify.extra["profile_ops"] == [
        {"op": "set", "values": {"plan": "pro"}, "target": "person"}
    ]
    extra = paid.extra
    assert (extra["value"], extra["currency"], extra["order_id"]) == (12.5, "EUR", "o1")
    said = {"name": "Home", "category": "Docs", "url": "https://example.org/"}
    assert page.properties.items() >= said.items()
    assert screen.properties["name"] == "Start"
    assert group.groups == {"company": "acme"}
    assert group.extra["profile_ops"] == [{"op": "set", "values": {"seats": 5}, "target": "group"}]
    assert alias.links == [(("anonymous", "visitor"), ("user", "ann"))]
    assert {each.extra["source"]["protocol"] for each in found} == {vendor}
    return extra["source"]
