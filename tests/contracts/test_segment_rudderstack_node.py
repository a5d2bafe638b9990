"""The node clients of Segment and RudderStack send to a running server, nothing lost or doubled."""

import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.contracts.arrived import assert_calls, assert_minutes, count
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Fault, Proxy, faulty
from tests.serving import Served, accepting, eventually

CLIENTS = Path(__file__).parent / "clients"
EVENTS = 300
VENDORS = {
    "segment": ("@segment/analytics-node", "3.1.0"),
    "rudderstack": ("analytics-node", "3.0.13"),
}
"""What each client calls itself."""

pytestmark = pytest.mark.skipif(
    not (CLIENTS / "node_modules" / "@segment").exists(), reason="the clients are not installed"
)


@pytest.fixture(scope="module", params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def server(vendor: str) -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    with faulty(server.url) as proxy:
        yield proxy


def started(vendor: str, server: Served, proxy: Proxy, *words: str) -> "subprocess.Popen[str]":
    """The client at work."""
    script = ["node", f"{vendor}.mjs", proxy.url, server.keys["write"], *words]
    return subprocess.Popen(
        script, cwd=CLIENTS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ended(client: "subprocess.Popen[str]") -> None:
    """The client has sent everything and had nothing to report."""
    said, _ = client.communicate(timeout=60)
    assert client.returncode == 0, said


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    zipped = exchange.body.startswith(b"\x1f\x8b")
    body = msgspec.json.decode(gzip.decompress(exchange.body) if zipped else exchange.body)
    return [each["messageId"] for each in body["batch"]]


def test_each_call_becomes_what_it_says(vendor: str, server: Served, proxy: Proxy) -> None:
    """Identify, track, page, screen, group, alias and revenue, as the client sends them."""
    ended(started(vendor, server, proxy, "calls", "1"))
    source = assert_calls(server, vendor)
    assert (source["sdk"], source["sdk_version"]) == VENDORS[vendor]
    assert proxy.repeated(ids) == set()


@pytest.mark.parametrize("fault", [BUSY, BROKEN, CUT], ids=["busy", "broken", "cut"])
def test_an_answer_that_fails_costs_nothing(
    vendor: str, server: Served, proxy: Proxy, fault: Fault
) -> None:
    """What was refused or not answered is sent again and kept once; what was taken is not."""
    name = f"fault {fault.status}"
    proxy.fail(fault)
    ended(started(vendor, server, proxy, name, str(EVENTS)))
    assert proxy.failing == 0
    assert_minutes(server, name, EVENTS)
    assert proxy.repeated(ids) == set()


def test_a_killed_server_costs_nothing(vendor: str, server: Served, proxy: Proxy) -> None:
    """The server is killed between the batches of the client and started again."""
    before = count(server)
    client = started(vendor, server, proxy, "killed", str(5 * EVENTS))
    for _ in eventually("a part of the events is in"):
        if count(server) > before:
            break
    server.kill()
    assert count(server) < before + 5 * EVENTS
    server.start()
    ended(client)
    assert_minutes(server, "killed", 5 * EVENTS)
    assert proxy.repeated(ids) == set()
