"""Mixpanel's own Python client sends to a running server, and nothing is lost or doubled.

It repeats only over https, so that is how it speaks to the proxy that fails.
"""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from mixpanel import BufferedConsumer, Consumer, Mixpanel, MixpanelException
from tests.contracts.arrived import arrived, count
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Fault, Proxy, faulty
from tests.serving import Served, accepting

from ethogram.events.times import SECOND, parse

EVENTS = 300
START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for it that nobody knows."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START.replace(year=2036))
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.fixture
def proxy(server: Served, certificate: Path) -> Iterator[Proxy]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with faulty(server.url) as proxy:
        proxy.socket = context.wrap_socket(proxy.socket, server_side=True)
        yield proxy


def consumer(proxy: Proxy, retries: int = 4) -> BufferedConsumer:
    """The client's buffer of 50 events."""
    host = f"127.0.0.1:{proxy.server_port}/mixpanel"
    return BufferedConsumer(api_host=host, verify_cert=False, retry_limit=retries)


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    (data,) = parse_qs(exchange.body.decode())["data"]
    return [each["properties"]["$insert_id"] for each in msgspec.json.decode(data)]


def track(client: Mixpanel, name: str, events: int) -> None:
    """Hand events to the client, one for each minute."""
    for i in range(events):
        at = (START + dt.timedelta(minutes=i)).timestamp()
        client.track(f"user {i % 7}", name, {"i": i, "time": at, "$insert_id": f"{name} {i}"})


def assert_minutes(server: Served, name: str, events: int) -> None:
    """Each event is there once, with its own id, minute, person and property."""
    found = [each for each in arrived(server) if each.event == name]
    assert sorted(each.id for each in found) == sorted(f"{name} {i}" for i in range(events))
    for each in found:
        i = each.properties["i"]
        assert (each.id, each.who) == (f"{name} {i}", ("user", f"user {i % 7}"))
        assert abs(each.at - parse(START + dt.timedelta(minutes=i))) < SECOND


def test_each_call_becomes_what_it_says(server: Served) -> None:
    """Track with money, import, merge, every change of a profile, a charge, and groups."""
    unbuffered = Consumer(**{
        f"{name}_url": f"{server.url}/mixpanel/{path}"
        for name, path in {"events": "track", "people": "engage", "groups": "groups",
                           "import": "import"}.items()
    })  # fmt: skip
    client = Mixpanel(server.keys["write"], unbuffered)
    client.track("ann", "Paid", {"revenue": 12.5, "currency": "EUR", "company": "acme"})
    client.import_data(None, "ann", "Long ago", 1_400_000_000)
    client.merge(None, "ann", "$device:7")
    client.people_set("ann", {"plan": "pro"}, {"$ip": 0})
    client.people_set_once("ann", {"first": "ad"})
    client.people_increment("ann", {"visits": 2})
    client.people_append("ann", {"cart": "tea"})
    client.people_union("ann", {"tags": ["a", "b"]})
    client.people_remove("ann", {"tags": "a"})
    client.people_unset("ann", ["cart"])
    client.people_track_charge("ann", 29.99, {"$time": "2026-03-01T12:00:00"})
    client.people_delete("ann")
    client.group_set("company", "acme", {"seats": 5})
    found = arrived(server)
    paid, old, merged, *changes, charge, gone, group = found
    extra = paid.extra
    assert (extra["value"], extra["currency"], paid.who) == (12.5, "EUR", ("user", "ann"))
    assert old.at == parse(1_400_000_000)
    assert merged.links == [(("anonymous", "$device:7"), ("user", "ann"))]
    said = [(op["op"], op["values"]) for each in changes for op in each.extra["profile_ops"]]
    assert said == [
        ("set", {"plan": "pro"}), ("set_once", {"first": "ad"}), ("add", {"visits": 2}),
        ("append", {"cart": "tea"}), ("union", {"tags": ["a", "b"]}), ("remove", {"tags": "a"}),
        ("unset", {"cart": None}),
    ]  # fmt: skip
    assert (charge.kind, charge.extra["value"]) == ("revenue", 29.99)
    assert charge.at == parse("2026-03-01T12:00:00Z")
    assert gone.extra["profile_ops"][0]["op"] == "delete"
    assert (group.groups, group.extra["personless"]) == ({"company": "acme"}, True)
    assert extra["source"] == {"protocol": "mixpanel", "sdk": "python", "sdk_version": "5.4.1"}


@pytest.mark.parametrize("fault", [BUSY, BROKEN, CUT], ids=["busy", "broken", "cut"])
def test_an_answer_that_fails_costs_nothing(server: Served, proxy: Proxy, fault: Fault) -> None:
    """What was refused or not answered is sent again and kept once; what was taken is not."""
    name = f"fault {fault.status}"
    proxy.fail(fault)
    track(Mixpanel(server.keys["write"], consumer(proxy)), name, EVENTS)
    assert proxy.failing == 0
    assert_minutes(server, name, EVENTS)
    assert proxy.repeated(ids) == set()


def test_a_profile_that_is_sent_again_changes_once(server: Served, proxy: Proxy) -> None:
    """An increment has no id; its time is fine enough to know it again."""
    client = Mixpanel(server.keys["write"], consumer(proxy))
    before = len(arrived(server))
    proxy.fail(CUT)
    for _ in range(50):
        client.people_increment("bob", {"visits": 1})
    assert proxy.failing == 0
    assert [exchange.status for exchange in proxy.exchanges] == [0, 200]
    assert len(arrived(server)) - before == 50


def test_a_killed_server_costs_nothing(server: Served, proxy: Proxy) -> None:
    """The server is killed and started again; the program repeats what the client reports."""
    before, buffer = count(server), consumer(proxy, retries=0)
    client = Mixpanel(server.keys["write"], buffer)
    track(client, "killed", EVENTS)
    assert count(server) > before
    server.kill()
    with pytest.raises(MixpanelException):
        track(client, "while away", 50)
    server.start()
    buffer.flush()
    assert_minutes(server, "killed", EVENTS)
    assert_minutes(server, "while away", 50)
    assert proxy.repeated(ids) == set()
