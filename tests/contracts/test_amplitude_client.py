"""Amplitude's own Python client sends to a running server, and nothing is lost or doubled."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from amplitude import Amplitude, BaseEvent, Config, EventOptions, Identify, Revenue
from tests.contracts.arrived import START, arrived, assert_minutes
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Fault, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import parse

EVENTS = 300
START_MILLIS = parse(START) // 1000


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    with faulty(server.url) as proxy:
        yield proxy


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    return [each["insert_id"] for each in msgspec.json.decode(exchange.body)["events"]]


@contextmanager
def amplitude(
    server: Served, events: int, proxy: Proxy | None = None, call: str = "2/httpapi"
) -> Iterator[Amplitude]:
    """The client; at the end it is done with its ``events``, and all were taken.

    Of events whose request was cut off without an answer it knows nothing any more.
    """
    said: list[tuple[int, str]] = []
    config = Config(
        server_url=f"{proxy.url if proxy else server.url}/amplitude/{call}",
        flush_interval_millis=50,
        callback=lambda event, code, message: said.append((code, message)),
    )
    client = Amplitude(server.keys["write"], config)
    yield client
    for _ in eventually("the client is done with its events", 30):
        cut = [each for each in proxy.exchanges if not each.status] if proxy else []
        if len(said) + sum(len(ids(each)) for each in cut) == events:
            break
    client.shutdown()
    assert set(said) <= {(200, "Event sent successfully.")}


def track(client: Amplitude, name: str, events: range) -> None:
    """Hand events to the client, one for each minute."""
    for i in events:
        client.track(
            BaseEvent(
                name,
                user_id=f"user {i % 7}",
                time=START_MILLIS + 60_000 * i,
                insert_id=f"{name} {i}",
                event_properties={"i": i},
            )
        )


@pytest.mark.parametrize("call", ["2/httpapi", "batch"])
def test_each_call_becomes_what_it_says(server: Served, proxy: Proxy, call: str) -> None:
    """Identify, track, group, group identify and revenue, as the client sends them."""
    who = EventOptions(user_id=f"ann of {call}", device_id="phone 1", session_id=17, language="de")
    with amplitude(server, 5, proxy, call) as client:
        client.identify(Identify().set("plan", "pro").set_once("a", 1).add("n", 2).unset("z"), who)
        cart = BaseEvent("Cart", user_id=f"ann of {call}", device_id="phone 1",
                         event_properties={"sku": "ä 🎈", "n": 2**53 - 1})  # fmt: skip
        client.track(cart)
        client.set_group("company", "acme", who)
        client.group_identify("company", "acme", Identify().set("seats", 5))
        client.revenue(Revenue(price=12.5, quantity=2, product_id="p1", currency="EUR"), who)
    found = [each for each in arrived(server) if each.who == ("user", f"ann of {call}")]
    by_name = {each.event: each for each in found}
    assert {each.anonymous for each in found} == {"phone 1"}
    assert by_name["Cart"].properties == {"sku": "ä 🎈", "n": 2**53 - 1}
    paid = by_name["revenue_amount"]
    assert (paid.kind, paid.extra["value"], paid.extra["currency"]) == ("revenue", 25.0, "EUR")
    identify, grouped = sorted(
        (e for e in found if e.kind == "identify"), key=lambda e: len(e.groups)
    )
    changes = {change["op"]: change["values"] for change in identify.extra["profile_ops"]}
    assert changes == {
        "set": {"plan": "pro"}, "set_once": {"a": 1}, "add": {"n": 2}, "unset": {"z": "-"},
    }  # fmt: skip
    assert grouped.groups == {"company": "acme"}
    source = {"protocol": "amplitude", "sdk": "amplitude-python", "sdk_version": "1.3.0"}
    assert [each.extra["source"] for each in found] == [source] * 4
    assert proxy.repeated(ids) == set()


def test_a_group_is_told_of_without_a_person(server: Served) -> None:
    """What is said of a group alone is no person's."""
    told = [each for each in arrived(server) if each.event == "$groupidentify"]
    assert [(each.who, each.groups) for each in told] == [
        (("anonymous", "group:company:acme"), {"company": "acme"})] * 2  # fmt: skip
    assert all(each.extra["personless"] for each in told)
    assert told[0].extra["profile_ops"] == [
        {"op": "set", "values": {"seats": 5}, "target": "group"}]  # fmt: skip


@pytest.mark.parametrize("fault", [BUSY, BROKEN, CUT], ids=["busy", "broken", "cut"])
def test_an_answer_that_fails_costs_nothing(server: Served, proxy: Proxy, fault: Fault) -> None:
    """What was refused or not answered is sent again and kept once; what was taken is not."""
    name = f"fault {fault.status}"
    proxy.fail(fault, fault)
    with amplitude(server, EVENTS, proxy) as client:
        track(client, name, range(EVENTS))
    assert proxy.failing == 0
    assert_minutes(server, name, EVENTS)
    assert proxy.repeated(ids) == set()


def test_a_killed_server_costs_nothing(server: Served) -> None:
    """The server is killed, and started again while the client tries to send what came then."""
    with amplitude(server, 2 * EVENTS) as client:
        track(client, "killed", range(EVENTS))
        for _ in eventually("the first half is in"):
            if len([each for each in arrived(server) if each.event == "killed"]) == EVENTS:
                break
        server.kill()
        track(client, "killed", range(EVENTS, 2 * EVENTS))
        server.start()
    assert_minutes(server, "killed", 2 * EVENTS)


@pytest.mark.parametrize(("ids_", "code"), [(["u"], 400), (["u", "user-1"], 200)])
def test_what_is_bad_is_not_sent_again(
    server: Served, proxy: Proxy, ids_: list[str], code: int
) -> None:
    """The client hears of an id that is too short, and a good event beside it is kept."""
    said: list[int] = []
    config = Config(
        server_url=f"{proxy.url}/amplitude/2/httpapi",
        flush_interval_millis=50,
        callback=lambda event, code, message: said.append(code),
    )
    client = Amplitude(server.keys["write"], config)
    for id_ in ids_:
        client.track(BaseEvent(f"short {code}", user_id=id_))
    for _ in eventually("the client is done with its events", 30):
        if len(said) == len(ids_):
            break
    client.shutdown()
    assert said == [code] * len(ids_)
    assert len(proxy.exchanges) == 1
    kept = [each.who[1] for each in arrived(server) if each.event == f"short {code}"]
    assert kept == ids_[1:]


def test_a_wrong_key_is_not_tried_again(server: Served, proxy: Proxy) -> None:
    """The client hears that its key is invalid, as it would from Amplitude."""
    client = Amplitude("eg_write_wrong", Config(server_url=f"{proxy.url}/amplitude/2/httpapi"))
    client.track(BaseEvent("wrong", user_id="user-1"))
    client.shutdown()
    (exchange,) = proxy.exchanges
    assert exchange.status == 400
