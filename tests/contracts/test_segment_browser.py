"""Segment's own browser client, in Chromium, is told where to send, and sends nothing in vain."""

from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Page
from tests.contracts.arrived import arrived
from tests.contracts.browsing import browsing
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import MINUTE, now

EVENTS = 40
ENTRY = """
import { AnalyticsBrowser } from "@segment/analytics-next";
window.AnalyticsBrowser = AnalyticsBrowser;
"""
LOAD = """([url, writeKey]) => {
  window.analytics = AnalyticsBrowser.load({writeKey, cdnURL: `${url}/segment`});
}"""
CALLS = """async () => {
  analytics.setAnonymousId("visitor");
  await analytics.page("Docs", "Home", {kind: "manual"});
  await analytics.identify("ann", {plan: "pro"});
  await analytics.track("Paid", {revenue: 12.5, currency: "EUR", order_id: "o1", of: "ä 🎈"});
  await analytics.group("acme", {seats: 5});
  await analytics.alias("ann", "visitor");
}"""
MANY = """([name, events]) => {
  for (let i = 0; i < events; i++) analytics.track(name, {i});
}"""


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    with faulty(server.url) as proxy:
        yield proxy


def ids(exchange: Exchange) -> list[str]:
    """The id that a request carried."""
    return [msgspec.json.decode(exchange.body)["messageId"]] if exchange.method == "POST" else []


def settled(page: Page, server: Served, name: str) -> None:
    """Wait until as many events as were sent are there, while the page goes on."""
    for _ in eventually("the events are in"):
        page.wait_for_timeout(50)
        if sum(each.event == name for each in arrived(server)) >= EVENTS:
            break
    page.wait_for_timeout(1_500)


def test_each_call_becomes_what_it_says(server: Served, proxy: Proxy) -> None:
    """Page, identify, track, group, alias and revenue; nobody else is asked or told."""
    asked: list[str] = []
    with browsing(ENTRY) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(LOAD, [proxy.url, server.keys["write"]])
        page.evaluate(CALLS)
        for _ in eventually("the calls are in"):
            page.wait_for_timeout(50)
            if len(found := arrived(server)) == 5:
                break
    assert asked
    assert [url for url in asked if not url.startswith(proxy.url)] == []
    kinds = ["page", "identify", "track", "group", "alias"]
    home, identify, paid, group, alias = sorted(found, key=lambda each: kinds.index(each.kind))
    assert home.who == ("anonymous", "visitor")
    assert (home.properties["name"], home.properties["category"]) == ("Home", "Docs")
    assert (identify.who, identify.anonymous) == (("user", "ann"), "visitor")
    assert identify.extra["profile_ops"][0]["values"] == {"plan": "pro"}
    assert (paid.extra["value"], paid.extra["order_id"]) == (12.5, "o1")
    assert paid.properties["of"] == "ä 🎈"
    assert group.groups == {"company": "acme"}
    assert alias.links == [(("anonymous", "visitor"), ("user", "ann"))]
    assert all(abs(each.at - now()) < MINUTE for each in found)
    assert proxy.repeated(ids) == set()


@pytest.mark.parametrize("end", [False, True], ids=["faults", "killed"])
def test_what_fails_costs_nothing(server: Served, proxy: Proxy, end: bool) -> None:
    """Refusals, a cut connection, a server that ends and comes back: every event is there once."""
    name = f"end {end}"
    with browsing(ENTRY) as page:
        page.evaluate(LOAD, [proxy.url, server.keys["write"]])
        page.evaluate("() => analytics.ready()")
        if end:
            server.kill()
        else:
            proxy.fail(BUSY, BROKEN, CUT, where="/t$")
        page.evaluate(MANY, [name, EVENTS])
        if end:
            page.wait_for_timeout(200)
            server.start()
        settled(page, server, name)
    found = [each for each in arrived(server) if each.event == name]
    assert sorted(each.properties["i"] for each in found) == list(range(EVENTS))
    assert proxy.failing == 0
    assert proxy.repeated(ids) == set()
