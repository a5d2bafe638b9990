"""Snowplow's own Python tracker sends to a running server, and nothing is lost or doubled."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from snowplow_tracker import (
    Emitter,
    PagePing,
    PageView,
    ScreenView,
    SelfDescribing,
    SelfDescribingJson,
    StructuredEvent,
    Subject,
    Tracker,
)
from tests.contracts.arrived import Arrived, arrived, count
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Fault, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import SECOND, parse

EVENTS = 200
START = parse("2026-03-01T12:00:00Z")
CART = "iglu:com.acme/put_in_cart/jsonschema/1-0-0"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    with faulty(server.url) as proxy:
        yield proxy


@contextmanager
def snowplow(
    address: str, app: str = "shop", method: Literal["get", "post"] = "post"
) -> Iterator[Tracker]:
    """The tracker; at the end it has sent everything."""
    emitter = Emitter(address, method=method, max_retry_delay_seconds=1)
    yield Tracker("t", emitter, app_id=app)
    for _ in eventually("the tracker has sent everything"):
        emitter.flush()
        if emitter.event_store.size() == 0 and not emitter.retry_timer.is_active():
            break


def subject(i: int = 0) -> Subject:
    """One of seven users, with all ids that a tracker knows."""
    made = Subject().set_user_id(f"user {i % 7}").set_domain_user_id(f"visitor {i % 7}")
    return made.set_domain_session_id("session").set_network_user_id("network").set_lang("de")


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    if exchange.method == "GET":
        return parse_qs(urlsplit(exchange.path).query)["eid"]
    return [each["eid"] for each in msgspec.json.decode(exchange.body)["data"]]


def track(tracker: Tracker, name: str, events: range) -> list[str]:
    """Hand events to the tracker, one for each minute; their ids."""
    return [
        tracker.track(
            SelfDescribing(
                SelfDescribingJson(f"iglu:com.acme/{name}/jsonschema/1-0-0", {"i": i}),
                event_subject=subject(i),
                true_timestamp=START / 1000 + 60_000 * i,
            )
        )
        or ""
        for i in events
    ]


def assert_once(server: Served, name: str, sent: list[str]) -> None:
    """Every event that was sent is there once, with its own id, minute, person and property."""
    found = sorted((e for e in arrived(server) if e.event == name), key=lambda e: e.at)
    assert [each.id for each in found] == sent
    assert [each.properties for each in found] == [{"i": i} for i in range(len(sent))]
    assert [each.who for each in found] == [("user", f"user {i % 7}") for i in range(len(sent))]
    assert [each.at for each in found] == [START + 60 * SECOND * i for i in range(len(sent))]


def test_each_call_becomes_what_it_says(server: Served, proxy: Proxy) -> None:
    """Page, ping, screen, structured and self-describing events with entities, and revenue."""
    user: Any = {"event_subject": subject()}
    with snowplow(f"{proxy.url}/snowplow/{server.keys['write']}") as tracker:
        tracker.track(PageView("https://example.org/", "Home", "https://example.com/", **user))
        tracker.track(PagePing("https://example.org/", "Home", None, 0, 10, 5, 900, **user))
        tracker.track(ScreenView("42", "Start", **user))
        tracker.track(StructuredEvent("shop", "add", "label", "sku", 12.5, **user))
        cart = SelfDescribingJson(CART, {"sku": "ä 🎈", "n": 2**60})
        plan = SelfDescribingJson("iglu:com.acme/plan/jsonschema/1-0-0", {"tier": "pro"})
        tracker.track(SelfDescribing(cart, context=[plan], **user))
        with pytest.deprecated_call():
            tracker.track_ecommerce_transaction(
                "o1", 30.0, "web", 4.5, 2.0, "Bern", "BE", "CH", "CHF",
                [{"sku": "s", "price": 15.0, "quantity": 2}], **user,
            )  # fmt: skip
    found = {each.event: each for each in arrived(server)}
    assert {each.event: each.kind for each in found.values()} == {
        "page_view": "page", "page_ping": "ping", "screen_view": "screen", "add": "track",
        "put_in_cart": "track", "transaction": "revenue", "transaction_item": "track",
    }  # fmt: skip
    page = {"url": "https://example.org/", "title": "Home", "host": "example.org", "path": "/"}
    assert found["page_view"].properties == page | {
        "referrer": "https://example.com/", "referrer_class": "referral",
        "referrer_host": "example.com"}  # fmt: skip
    assert found["page_ping"].properties == page | {
        "min_x": 0, "max_x": 10, "min_y": 5, "max_y": 900}  # fmt: skip
    assert found["add"].properties == {
        "category": "shop", "label": "label", "property": "sku", "value": 12.5}  # fmt: skip
    assert found["put_in_cart"].properties == {"sku": "ä 🎈", "n": 2**60}
    assert found["put_in_cart"].extra["entities"] == [plan.to_json()]
    paid = found["transaction"].extra
    assert (paid["value"], paid["currency"], paid["order_id"]) == (30.0, "CHF", "o1")
    assert found["transaction_item"].extra["items"][0]["sku"] == "s"
    for each in found.values():
        assert_same(each)
    assert proxy.repeated(ids) == set()


def assert_same(each: Arrived) -> None:
    """What holds for each of the tracker's events."""
    assert (each.who, each.anonymous) == (("user", "user 0"), "visitor 0")
    source = each.extra["source"]
    assert source == {
        "protocol": "snowplow", "endpoint": "tp2", "sdk": "py", "sdk_version": "1.1.0"}  # fmt: skip
    assert each.extra["x"]["snowplow"]["tna"] == "t"


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("fault", [BUSY, BROKEN, CUT], ids=["busy", "broken", "cut"])
def test_an_answer_that_fails_costs_nothing(
    server: Served, proxy: Proxy, fault: Fault, method: Literal["get", "post"]
) -> None:
    """What was refused or not answered is sent again and kept once; the key is the ``aid``.

    Of several events that it sends by ``GET`` at once, the tracker looks at the last answer only.
    """
    name = f"{method}_{fault.status}"
    proxy.fail(*[fault] * (2 if method == "post" else 1))
    with snowplow(proxy.url + "/snowplow", server.keys["write"], method) as tracker:
        sent = track(tracker, name, range(EVENTS if method == "post" else 20))
    assert proxy.failing == 0
    assert_once(server, name, sent)
    assert proxy.repeated(ids) == set()


def test_a_killed_server_costs_nothing(server: Served, proxy: Proxy) -> None:
    """The server is killed in the middle and started again; the tracker sends all it holds."""
    before = count(server)
    with snowplow(f"{proxy.url}/snowplow/{server.keys['write']}") as tracker:
        sent = track(tracker, "killed", range(EVENTS))
        server.kill()
        assert count(server) > before
        sent += track(tracker, "killed", range(EVENTS, 2 * EVENTS))
        server.start()
    assert_once(server, "killed", sent)
    assert proxy.repeated(ids) == set()


def test_a_wrong_key_is_not_tried_again(server: Served, proxy: Proxy) -> None:
    """The tracker gives up at 401."""
    with snowplow(f"{proxy.url}/snowplow/eg_write_wrong") as tracker:
        track(tracker, "wrong", range(3))
    (exchange,) = proxy.exchanges
    assert exchange.status == 401


def test_what_is_bad_is_not_sent_again(server: Served, proxy: Proxy) -> None:
    """An event that is too large is a dead letter, and those beside it are kept."""
    with snowplow(f"{proxy.url}/snowplow/{server.keys['write']}") as tracker:
        tracker.track(PageView("https://example.org/", "x" * 40_000, event_subject=subject()))
        sent = track(tracker, "beside", range(3))
    assert_once(server, "beside", sent)
    assert [each.status for each in proxy.exchanges] == [200]
