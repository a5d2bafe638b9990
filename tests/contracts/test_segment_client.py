"""Segment's own Python client sends to a running server, and nothing of it is lost or doubled."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from segment.analytics.client import Client
from tests.faults.ledger import Ledger
from tests.serving import Served, eventually, served

from ethogram.store.log.sqlite import SqliteReader

EVENTS = 4_000


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(load_every=0.5) as server:
        yield server


@contextmanager
def segment(server: Served) -> Iterator[Client]:
    """The client; at the end it has sent everything and had nothing to report."""
    errors: list[Any] = []
    client = Client(
        server.keys["write"],
        host=server.url + "/segment",
        max_queue_size=2 * EVENTS,
        on_error=lambda error, _: errors.append(error),
    )
    yield client
    client.shutdown()
    assert errors == []


def track(client: Client, name: str, ledger: Ledger) -> None:
    """Hand `EVENTS` events to the client."""
    ids = [f"{name}-{i}" for i in range(EVENTS)]
    ledger.send(ids)
    for i, id_ in enumerate(ids):
        taken, _ = client.track(f"user {i % 700}", "Viewed", {"price": i}, message_id=id_)
        assert taken


def end(server: Served) -> int:
    """How many entries the log has."""
    log = SqliteReader(server.folder / "projects" / "default" / "log.sqlite")
    try:
        return log.end
    finally:
        log.close()


def test_what_the_client_sends_arrives_once(server: Served) -> None:
    """Four thousand events, the client's own settings but for the length of its queue; and again
    four thousand, while the server is killed in their middle and started again.
    """
    ledger = Ledger()
    with segment(server) as client:
        track(client, "calm", ledger)
    ledger.acknowledge([f"calm-{i}" for i in range(EVENTS)])
    ledger.assert_agrees(server.folder)
    before = end(server)
    with segment(server) as client:
        track(client, "killed", ledger)
        for _ in eventually("a part of the events is in"):
            if end(server) > before + EVENTS // 10:
                break
        server.kill()
        assert end(server) < before + EVENTS
        server.start()
    ledger.acknowledge([f"killed-{i}" for i in range(EVENTS)])
    ledger.assert_agrees(server.folder)
    server.kill()
    assert server.document("verify")["ok"]
