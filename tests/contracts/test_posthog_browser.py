"""PostHog's own browser client, in Chromium, sends to a running server on another origin."""

import gzip
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Request
from tests.contracts.arrived import arrived
from tests.contracts.browsing import browsing
from tests.contracts.faulty import BROKEN, CUT, Exchange, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import MINUTE, now

EVENTS = 200
ENTRY = 'import posthog from "posthog-js"; window.posthog = posthog'
START = """([url, key]) => new Promise((loaded) => posthog.init(key, {
  api_host: url + "/posthog", loaded, opt_out_useragent_filter: true, disable_surveys: true,
  rate_limiting: {events_per_second: 1000, events_burst_limit: 10000},
  request_queue_config: {flush_interval_ms: 250},
})).then(() => {})"""
CALLS = """() => {
  posthog.capture("Viewed", {i: 1});
  posthog.identify("ann", {plan: "pro"}, {first: "ad"});
  posthog.group("company", "acme", {seats: 5});
  posthog.capture("Paid", {revenue: 12.5, currency: "EUR"});
  posthog.setPersonProperties({level: 3});
}"""
MANY = 'async (events) => { for (let i = 0; i < events; i++) posthog.capture("Many", {i}); }'


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    with faulty(server.url) as proxy:
        yield proxy


def batch(path: str, body: bytes) -> list[dict[str, Any]]:
    """The events that a request carried."""
    if "/e/" not in path:
        return []
    return msgspec.json.decode(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)["batch"]


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    return [each["uuid"] for each in batch(exchange.path, exchange.body)]


def names(request: Request) -> list[str]:
    """The names of the events that the page sent."""
    return [each["event"] for each in batch(request.url, request.post_data_buffer or b"")]


def test_each_call_becomes_what_it_says(server: Served, proxy: Proxy) -> None:
    """A page view, anonymous and known events, identify, group, and what is sent on leaving."""
    with browsing(ENTRY) as page:
        page.evaluate(START, [proxy.url, server.keys["write"]])
        # A page that leaves before it heard the answer sends again, rightly.
        with page.expect_event("requestfinished", lambda request: "$set" in names(request)):
            page.evaluate(CALLS)
        page.evaluate("() => posthog.capture('Leaving')")
        page.goto("about:blank")
        for _ in eventually("what was sent on leaving is in"):
            page.wait_for_timeout(50)
            found = {each.event: each for each in arrived(server)}
            if "$pageleave" in found:
                break
    identify, group, paid = (found[name] for name in ("$identify", "$groupidentify", "Paid"))
    visitor = identify.anonymous
    assert visitor is not None
    assert found["$pageview"].who == found["Viewed"].who == ("anonymous", visitor)
    assert found["$pageview"].kind == "page"
    assert "personless" not in found["$pageview"].extra
    known = ("$identify", "$groupidentify", "Paid", "$set", "Leaving", "$pageleave")
    assert {found[name].who for name in known} == {("user", "ann")}
    assert identify.links == [(("user", visitor), ("user", "ann"))]
    first, once = identify.extra["profile_ops"]
    assert (first["op"], first["values"]) == ("set", {"plan": "pro"})
    assert (once["op"], once["values"]["first"]) == ("set_once", "ad")
    assert group.groups == paid.groups == {"company": "acme"}
    assert {"op": "set", "values": {"seats": 5}, "target": "group"} in group.extra["profile_ops"]
    assert (paid.extra["value"], paid.extra["currency"]) == (12.5, "EUR")
    assert all(abs(each.at - now()) < MINUTE for each in found.values())
    assert proxy.repeated(ids) == set()


def test_what_fails_costs_nothing(server: Served, proxy: Proxy) -> None:
    """Refused, cut off, and then killed: everything is sent again, and is kept once."""
    with browsing(ENTRY) as page:
        page.evaluate(START, [proxy.url, server.keys["write"]])
        proxy.fail(BROKEN, CUT, where="/e/")
        page.evaluate(MANY, EVENTS)
        for _ in eventually("the first faults happened"):
            page.wait_for_timeout(20)
            if len([e for e in proxy.exchanges if "/e/" in e.path]) > 1:
                break
        server.kill()
        page.evaluate(MANY.replace("Many", "More"), EVENTS)
        page.wait_for_timeout(500)
        server.start()
        for _ in eventually("everything is in"):
            page.wait_for_timeout(100)
            seen = [
                (each.event, each.properties["i"])
                for each in arrived(server)
                if each.event in ("Many", "More")
            ]
            if len(seen) >= 2 * EVENTS:
                break
    assert sorted(seen) == [(name, i) for name in ("Many", "More") for i in range(EVENTS)]
    assert proxy.failing == 0
    assert proxy.repeated(ids) == set()
