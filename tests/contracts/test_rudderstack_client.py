"""RudderStack's own Python client sends to a running server, and nothing is lost or doubled."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from rudderstack.analytics.client import Client
from tests.contracts.arrived import START, assert_calls, assert_minutes, count
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Proxy, faulty
from tests.serving import Served, accepting, eventually

EVENTS = 300


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    with faulty(server.url) as proxy:
        yield proxy


@contextmanager
def rudder(server: Served, url: str) -> Iterator[Client]:
    """The client; at the end it has sent everything and had nothing to report."""
    errors: list[Any] = []
    client = Client(
        server.keys["write"],
        host=url + "/rudderstack",
        upload_interval=0.1,
        on_error=lambda error, _: errors.append(error),
    )
    yield client
    client.shutdown()
    assert errors == []


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    return [
        each["messageId"] for each in msgspec.json.decode(gzip.decompress(exchange.body))["batch"]
    ]


def track(client: Client, name: str, events: int) -> None:
    """Hand events to the client, one for each minute."""
    for i in range(events):
        at = START + timedelta(minutes=i)
        taken, _ = client.track(
            f"user {i % 7}", name, {"i": i}, timestamp=at, message_id=f"{name} {i}"
        )
        assert taken


def test_each_call_becomes_what_it_says(server: Served, proxy: Proxy) -> None:
    """Identify, track, page, screen, group, alias and revenue, as the client sends them."""
    with rudder(server, proxy.url) as client:
        client.identify("ann", {"plan": "pro"}, anonymous_id="visitor")
        client.track("ann", "Paid", {"revenue": 12.5, "currency": "EUR", "order_id": "o1"})
        client.page("ann", "Docs", "Home", {"url": "https://example.org"})
        client.screen("ann", name="Start")
        client.group("ann", "acme", {"seats": 5})
        client.alias("visitor", "ann")
    source = assert_calls(server, "rudderstack")
    assert (source["sdk"], source["sdk_version"]) == ("analytics-python", "2.1.9")
    assert proxy.repeated(ids) == set()


@pytest.mark.parametrize("fault", [BUSY, BROKEN, CUT], ids=["busy", "broken", "cut"])
def test_an_answer_that_fails_costs_nothing(server: Served, proxy: Proxy, fault: Any) -> None:
    """What was refused or not answered is sent again and kept once; what was taken is not."""
    name = f"fault {fault.status}"
    proxy.fail(fault)
    with rudder(server, proxy.url) as client:
        track(client, name, EVENTS)
    assert proxy.failing == 0
    assert_minutes(server, name, EVENTS)
    assert proxy.repeated(ids) == set()


def test_a_killed_server_costs_nothing(server: Served, proxy: Proxy) -> None:
    """The server is killed between the batches of the client and started again."""
    before = count(server)
    with rudder(server, proxy.url) as client:
        track(client, "killed", 10 * EVENTS)
        for _ in eventually("a part of the events is in"):
            if count(server) > before:
                break
        server.kill()
        assert count(server) < before + 10 * EVENTS
        server.start()
    assert_minutes(server, "killed", 10 * EVENTS)
    assert proxy.repeated(ids) == set()
