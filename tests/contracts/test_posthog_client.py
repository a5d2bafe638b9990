"""PostHog's own Python client sends to a running server, and nothing is lost or doubled."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from posthog import Posthog
from posthog.capture_compression import CaptureCompression
from tests.contracts.arrived import arrived, count
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Fault, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import SECOND, parse

EVENTS = 300
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW = {"capture_mode": "v1", "capture_compression": CaptureCompression.DEFLATE}


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    with faulty(server.url) as proxy:
        yield proxy


@contextmanager
def posthog(server: Served, url: str, **options: Any) -> Iterator[Posthog]:
    """The client; at the end it has sent everything and had nothing to report."""
    errors: list[Any] = []
    client = Posthog(
        server.keys["write"],
        host=url + "/posthog",
        flush_interval=0.1,
        max_queue_size=100_000,
        max_retries=10,  # its three end after 7 s; a server that is started again may need more
        on_error=lambda error, _: errors.append(error),
        **options,
    )
    yield client
    client.shutdown()
    assert errors == []


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    return [each["uuid"] for each in msgspec.json.decode(exchange.body)["batch"]]


def uuid(name: str, i: int) -> str:
    """The id of event ``i``."""
    return str(UUID(bytes=name.encode()[:12].ljust(12) + i.to_bytes(4)))


def capture(client: Posthog, name: str, events: int) -> None:
    """Hand events to the client, one for each minute."""
    for i in range(events):
        at, id_ = START + timedelta(minutes=i), uuid(name, i)
        said = client.capture(
            name, distinct_id=f"user {i % 7}", properties={"i": i}, timestamp=at, uuid=id_
        )
        assert said == id_


def assert_minutes(server: Served, name: str, events: int) -> None:
    """Each event is there once, with its own id, minute, person and property."""
    found = [each for each in arrived(server) if each.event == name]
    assert sorted(each.id for each in found) == sorted(uuid(name, i) for i in range(events))
    for each in found:
        i = each.properties["i"]
        assert (each.id, each.who) == (uuid(name, i), ("user", f"user {i % 7}"))
        assert abs(each.at - parse(START + timedelta(minutes=i))) < 10 * SECOND


@pytest.mark.parametrize("options", [{}, {"gzip": True}, NEW], ids=["old", "gzip", "v1"])
def test_each_call_becomes_what_it_says(server: Served, options: dict[str, Any]) -> None:
    """Capture with money and groups, set, set_once, alias, group_identify and a personless one."""
    before = len(arrived(server))
    with posthog(server, server.url, **options) as client:
        paid = {"revenue": 12.5, "currency": "EUR", "order_id": "o1"}
        client.capture("Paid", distinct_id="ann", properties=paid, groups={"company": "acme"})
        client.capture("$pageview", distinct_id="ann", properties={"$current_url": "https://a.de"})
        client.set(distinct_id="ann", properties={"plan": "pro"})
        client.set_once(distinct_id="ann", properties={"first": "ad"})
        client.alias("visitor", "ann")
        client.group_identify("company", "acme", {"seats": 5}, distinct_id="ann")
        client.capture("Passed by")
        assert client.get_all_flags("ann") == {}
        assert client.evaluate_flags("ann").is_enabled("beta") is False
    found = {each.event: each for each in arrived(server)[before:]}
    extra = found["Paid"].extra
    assert (extra["value"], extra["currency"], extra["order_id"]) == (12.5, "EUR", "o1")
    assert found["Paid"].groups == found["$groupidentify"].groups == {"company": "acme"}
    assert found["$pageview"].kind == "page"
    for name, values in {"set": {"plan": "pro"}, "set_once": {"first": "ad"}}.items():
        change = {"op": name, "values": values, "target": "person"}
        assert found[f"${name}"].extra["profile_ops"] == [change]
    assert found["$groupidentify"].extra["profile_ops"] == [
        {"op": "set", "values": {"seats": 5}, "target": "group"}
    ]
    assert found["$create_alias"].links == [(("user", "ann"), ("user", "visitor"))]
    assert found["Passed by"].extra["personless"] is True
    assert found["Passed by"].who[0] == "anonymous"
    source = extra["source"]
    assert (source["sdk"], source["sdk_version"]) == ("posthog-python", "7.91.1")


@pytest.mark.parametrize("fault", [BUSY, BROKEN, CUT], ids=["busy", "broken", "cut"])
@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_an_answer_that_fails_costs_nothing(
    server: Served, proxy: Proxy, fault: Fault, mode: str
) -> None:
    """What was refused or not answered is sent again and kept once; what was taken is not."""
    name = f"{mode}{fault.status}"
    proxy.fail(fault)
    with posthog(server, proxy.url, capture_mode=mode) as client:
        capture(client, name, EVENTS)
    assert proxy.failing == 0
    assert_minutes(server, name, EVENTS)
    assert proxy.repeated(ids) == set()


def test_a_killed_server_costs_nothing(server: Served, proxy: Proxy) -> None:
    """The server is killed between the batches of the client and started again."""
    before = count(server)
    with posthog(server, proxy.url) as client:
        capture(client, "killed", 10 * EVENTS)
        for _ in eventually("a part of the events is in"):
            if count(server) > before:
                break
        server.kill()
        assert count(server) < before + 10 * EVENTS
        server.start()
    assert_minutes(server, "killed", 10 * EVENTS)
    assert proxy.repeated(ids) == set()
