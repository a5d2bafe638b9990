"""Mixpanel's own client for Node sends to a running server, and nothing is lost or doubled."""

import subprocess
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.contracts.arrived import arrived
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import SECOND, now, parse

EVENTS = 300
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLIENT = Path(__file__).parent / "clients" / "mixpanel.mjs"
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


def node(server: Served, port: int, name: str, events: int = 0) -> subprocess.Popen:
    """The client at work."""
    words = ["node", str(CLIENT), f"127.0.0.1:{port}", server.keys["write"], name, str(events)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def finish(client: subprocess.Popen) -> None:
    """Wait for the client, which has delivered everything."""
    _, said = client.communicate(timeout=100)
    assert client.returncode == 0, said


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    sent = msgspec.json.decode(b64decode(exchange.body.removeprefix(b"data=")))
    return [each["properties"]["$insert_id"] for each in sent]


def assert_minutes(server: Served, name: str, events: int) -> None:
    """Each event is there once, with its own id, minute, person and property."""
    found = [each for each in arrived(server) if each.event == name]
    assert sorted(each.id for each in found) == sorted(f"{name} {i}" for i in range(events))
    for each in found:
        i = each.properties["i"]
        assert (each.id, each.who) == (f"{name} {i}", ("user", f"user {i % 7}"))
        assert abs(each.at - parse(START + timedelta(minutes=i))) < SECOND


def test_each_call_becomes_what_it_says(server: Served) -> None:
    """Track with money, import, alias, every change of a profile, a charge, and groups."""
    finish(node(server, server.port, "calls"))
    paid, nobody, old, alias, *changes, charge, gone, group = arrived(server)
    assert (paid.extra["value"], paid.extra["currency"]) == (12.5, "EUR")
    assert paid.properties["sign"] == "a+b ü ~~~>>>???"
    assert paid.who == ("user", "ann")
    assert abs(paid.at - now()) < 60 * SECOND
    assert nobody.extra["personless"] is True
    assert old.at == parse(1_400_000_000)
    assert (("user", "older"), ("user", "ann")) in alias.links
    said = [(op["op"], op["values"]) for each in changes for op in each.extra["profile_ops"]]
    assert said == [
        ("set", {"plan": "pro"}), ("set_once", {"first": "ad"}), ("add", {"visits": 2}),
        ("append", {"cart": "tea"}), ("union", {"tags": ["a", "b"]}), ("remove", {"tags": "a"}),
        ("unset", {"cart": None}),
    ]  # fmt: skip
    assert (charge.kind, charge.extra["value"], charge.at) == ("revenue", 29.99, parse(START))
    assert gone.extra["profile_ops"][0]["op"] == "delete"
    assert (group.groups, group.extra["personless"]) == ({"company": "acme"}, True)
    assert paid.extra["source"] == {"protocol": "mixpanel", "sdk": "node", "sdk_version": "0.24.0"}


def test_an_answer_that_fails_costs_nothing(server: Served, proxy: Proxy) -> None:
    """What was refused or not answered is reported, and repeated once; the rest is not."""
    proxy.fail(BUSY, BROKEN, CUT)
    finish(node(server, proxy.server_port, "fault", EVENTS))
    assert proxy.failing == 0
    assert_minutes(server, "fault", EVENTS)
    assert proxy.repeated(ids) == set()


def test_with_verbose_success_is_success_too(server: Served, proxy: Proxy) -> None:
    """A client that asks for more words takes them for success."""
    finish(node(server, proxy.server_port, "verbose", 100))
    assert_minutes(server, "verbose", 100)
    assert len(proxy.exchanges) == 2


def test_a_killed_server_costs_nothing(server: Served, proxy: Proxy) -> None:
    """The server is killed while the client sends, and started again."""
    client = node(server, proxy.server_port, "killed", 10 * EVENTS)
    for _ in eventually("a part of the events is in"):
        if proxy.exchanges:
            break
    server.kill()
    server.start()
    finish(client)
    assert_minutes(server, "killed", 10 * EVENTS)
    assert proxy.repeated(ids) == set()
