"""Snowplow's own browser tracker, in Chromium, sends to a running server on another origin."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from tests.contracts.arrived import arrived
from tests.contracts.browsing import browsing
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import MINUTE, now

EVENTS = 60
ENTRY = 'import * as snowplow from "@snowplow/browser-tracker"; window.snowplow = snowplow'
START = """([url, more]) => {
  snowplow.newTracker("sp", url, {appId: "shop", contexts: {session: true}, ...more});
}"""
VIEW = "() => snowplow.trackPageView({title: 'Home'})"
CALLS = """() => {
  snowplow.setUserId("ann");
  snowplow.trackStructEvent({category: "shop", action: "play", label: "l", value: 1.5});
  snowplow.trackSelfDescribingEvent({
    event: {schema: "iglu:com.acme/cart/jsonschema/1-0-0", data: {sku: "ä 🎈"}},
    context: [{schema: "iglu:com.acme/plan/jsonschema/1-0-0", data: {tier: "pro"}}],
    timestamp: {type: "ttm", value: 1772366400000},
  });
}"""
MANY = """([name, events]) => { for (let i = 0; i < events; i++) snowplow.trackSelfDescribingEvent(
  {event: {schema: `iglu:com.acme/${name}/jsonschema/1-0-0`, data: {i}}}); }"""


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
    if exchange.method == "OPTIONS":
        return []
    if exchange.method == "GET":
        return parse_qs(urlsplit(exchange.path).query)["eid"]
    return [each["eid"] for each in msgspec.json.decode(exchange.body)["data"]]


def address(proxy: Proxy, server: Served) -> str:
    """The collector's, as one site with the page; cookies look at no port."""
    host = proxy.url.replace("127.0.0.1", "localhost")
    return f"{host}/snowplow/{server.keys['write']}"


@pytest.mark.parametrize("method", ["post", "get"])
def test_each_call_becomes_what_it_says(server: Served, proxy: Proxy, method: str) -> None:
    """A page view, a known user, events with entities, and the same network id in all."""
    before = len(arrived(server))
    with browsing(ENTRY) as page:
        page.evaluate(START, [address(proxy, server), {"eventMethod": method}])
        for calls, events in ((VIEW, 1), (CALLS, 3)):
            page.evaluate(calls)
            for _ in eventually("the calls are in"):
                page.wait_for_timeout(50)
                if len(found := arrived(server)[before:]) == events:
                    break
    view, play, cart = found
    visitor = play.anonymous
    assert (view.event, view.kind, view.who) == ("page_view", "page", ("anonymous", visitor))
    assert view.properties["title"] == "Home"
    said = {"category": "shop", "label": "l", "value": 1.5}
    assert play.properties.items() >= said.items()
    assert (cart.event, cart.properties["sku"], cart.anonymous) == ("cart", "ä 🎈", visitor)
    assert play.who == cart.who == ("user", "ann")
    assert cart.at == 1772366400_000_000
    assert abs(view.at - now()) < MINUTE
    assert {"tier": "pro"} in [each["data"] for each in cart.extra["entities"]]
    assert view.extra["source"]["sdk_version"] == "4.10.1"
    assert view.extra["source"]["endpoint"] == ("tp2" if method == "post" else "i")
    cookies = [each.headers.get("cookie", "") for each in proxy.exchanges if ids(each)]
    network_ids = [re.findall(r"\bsp=([0-9a-f-]{36})", cookie) for cookie in cookies]
    assert network_ids[0] == []
    assert len({id_ for (id_,) in network_ids[1:]}) == 1
    assert proxy.repeated(ids) == set()


def test_an_anonymous_visitor_is_nobody(server: Served, proxy: Proxy) -> None:
    """With server anonymisation there is no id and no cookie."""
    anonymous = {"anonymousTracking": {"withServerAnonymisation": True}}
    with browsing(ENTRY) as page:
        page.evaluate(START, [address(proxy, server), anonymous])
        page.evaluate(MANY, ["hidden", 2])
        for _ in eventually("the events are in"):
            page.wait_for_timeout(50)
            if len(found := [e for e in arrived(server) if e.event == "hidden"]) == 2:
                break
        assert page.context.cookies() == []
    assert {each.who for each in found} == {("anonymous", "snowplow:nobody")}
    assert all(each.extra["personless"] for each in found)


def test_what_fails_costs_nothing(server: Served, proxy: Proxy) -> None:
    """Refused, cut off, and then killed: everything is sent again, and is kept once.

    The tracker tries again when it is told of the next event, or is asked to.
    """
    with browsing(ENTRY) as page:
        page.evaluate(START, [address(proxy, server), {}])
        proxy.fail(BUSY, BROKEN, CUT)
        page.evaluate(MANY, ["many", EVENTS])
        for _ in eventually("the faults happened"):
            page.evaluate("() => snowplow.flushBuffer()")
            page.wait_for_timeout(20)
            if not proxy.failing:
                break
        server.kill()
        page.evaluate(MANY, ["more", EVENTS])
        page.wait_for_timeout(300)
        server.start()
        for _ in eventually("everything is in"):
            page.evaluate("() => snowplow.flushBuffer()")
            page.wait_for_timeout(100)
            seen = [(e.event, e.properties["i"]) for e in arrived(server) if e.event in NAMES]
            if len(seen) >= 2 * EVENTS:
                break
    assert sorted(seen) == [(name, i) for name in NAMES for i in range(EVENTS)]
    assert proxy.repeated(ids) == set()


NAMES = ("many", "more")
