"""PostHog's own client for Node sends to a running server, and nothing is lost or doubled."""

import gzip
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.contracts.arrived import arrived, count
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Fault, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import SECOND, parse

EVENTS = 300
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLIENT = Path(__file__).parent / "clients" / "posthog.mjs"
pytestmark = pytest.mark.skipif(
    not (CLIENT.parent / "node_modules").exists(), reason="npm ci in tests/contracts/clients"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    with faulty(server.url) as proxy:
        yield proxy


def node(
    server: Served, url: str, name: str, events: int = 0, mode: str = "v0"
) -> subprocess.Popen:
    """The client at work."""
    words = ["node", str(CLIENT), url, server.keys["write"], name, str(events)]
    environment = {**server.environment, "POSTHOG_CAPTURE_MODE": mode}
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)


def finish(client: subprocess.Popen) -> None:
    """Wait for the client, which has delivered everything."""
    _, said = client.communicate(timeout=100)
    assert client.returncode == 0, said


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    return [each["uuid"] for each in msgspec.json.decode(gzip.decompress(exchange.body))["batch"]]


def assert_minutes(server: Served, name: str, events: int) -> None:
    """Each event is there once, with its own id, minute, person and property."""
    found = [each for each in arrived(server) if each.event == name]
    assert sorted(each.properties["i"] for each in found) == list(range(events))
    for each in found:
        i = each.properties["i"]
        assert (int(each.id[-12:]), each.who) == (i, ("user", f"user {i % 7}"))
        assert abs(each.at - parse(START + timedelta(minutes=i))) < 20 * SECOND


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_each_call_becomes_what_it_says(server: Served, mode: str) -> None:
    """Identify, capture with money and groups, a page, groupIdentify and alias."""
    before = len(arrived(server))
    finish(node(server, server.url, "calls", mode=mode))
    found = {each.event: each for each in arrived(server)[before:]}
    identify, paid, group = (found[name] for name in ("$identify", "Paid", "$groupidentify"))
    assert (identify.who, identify.anonymous) == (("user", "ann"), "visitor")
    assert identify.links == [(("user", "visitor"), ("user", "ann"))]
    said = [(op["op"], op["values"]) for op in identify.extra["profile_ops"]]
    assert said == [("set", {"plan": "pro"}), ("set_once", {"first": "ad"})]
    extra = paid.extra
    assert (extra["value"], extra["currency"], extra["order_id"]) == (12.5, "EUR", "o1")
    assert paid.groups == group.groups == {"company": "acme"}
    assert (group.who, group.extra["personless"]) == (("anonymous", "$company_acme"), True)
    assert found["$pageview"].kind == "page"
    ends = found["$create_alias"].links
    assert ends == [(("anonymous", "older"), ("user", "ann")), (("user", "older"), ("user", "ann"))]
    assert (extra["source"]["sdk"], extra["source"]["sdk_version"]) == ("posthog-node", "5.70.0")


@pytest.mark.parametrize("fault", [BUSY, BROKEN, CUT], ids=["busy", "broken", "cut"])
@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_an_answer_that_fails_costs_nothing(
    server: Served, proxy: Proxy, fault: Fault, mode: str
) -> None:
    """What was refused or not answered is sent again and kept once; what was taken is not."""
    name = f"{mode}-{fault.status}"
    proxy.fail(fault)
    finish(node(server, proxy.url, name, EVENTS, mode))
    assert proxy.failing == 0
    assert_minutes(server, name, EVENTS)
    assert proxy.repeated(ids) == set()


def test_a_killed_server_costs_nothing(server: Served, proxy: Proxy) -> None:
    """The server is killed between the batches of the client and started again."""
    before = count(server)
    client = node(server, proxy.url, "killed", 10 * EVENTS)
    for _ in eventually("a part of the events is in"):
        if count(server) > before:
            break
    server.kill()
    assert count(server) < before + 10 * EVENTS
    server.start()
    finish(client)
    assert_minutes(server, "killed", 10 * EVENTS)
    assert proxy.repeated(ids) == set()
