"""Amplitude's own browser client, in Chromium, sends to a running server on another origin."""

from collections.abc import Iterator

import msgspec
import pytest
from tests.contracts.arrived import arrived
from tests.contracts.browsing import browsing
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import MINUTE, now

EVENTS = 100
ENTRY = 'import * as amplitude from "@amplitude/analytics-browser"; window.amplitude = amplitude'
START = """([url, key]) => amplitude.init(key, {
  serverUrl: url + "/amplitude/2/httpapi", remoteConfig: {fetchRemoteConfig: false},
  enableDiagnostics: false, flushIntervalMillis: 100, flushMaxRetries: 100,
  autocapture: {pageViews: true},
}).promise.then(() => {})"""
VIEW = '() => amplitude.track("Viewed", {sku: "ä 🎈"}).promise.then(() => {})'
CALLS = """() => {
  amplitude.setUserId("ann of the shop");
  return Promise.all([
    amplitude.identify(new amplitude.Identify().set("plan", "pro").setOnce("first", "ad")),
    amplitude.setGroup("company", "acme"),
    amplitude.groupIdentify("company", "acme", new amplitude.Identify().set("seats", 5)),
    amplitude.revenue(new amplitude.Revenue().setProductId("p").setPrice(12.5).setQuantity(2)
      .setCurrency("EUR")),
  ].map((sent) => sent?.promise)).then(() => {});
}"""
MANY = """([name, events]) => {
  for (let i = 0; i < events; i++) amplitude.track(name, {i});
}"""
LEAVE = """() => {
  amplitude.setTransport("beacon");
  amplitude.track("Leaving");
  return amplitude.flush().promise;
}"""
NAMES = ("Many", "More")


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
    return [each["insert_id"] for each in msgspec.json.decode(exchange.body)["events"]]


def test_each_call_becomes_what_it_says(server: Served, proxy: Proxy) -> None:
    """A page view, identify, group, revenue, and what is sent on leaving; nobody else is asked."""
    hosts = set[str]()
    with browsing(ENTRY) as page:
        page.on("request", lambda request: hosts.add(request.url.partition("?")[0]))
        page.evaluate(START, [proxy.url, server.keys["write"]])
        page.evaluate(VIEW)
        page.evaluate(CALLS)
        # the client skips a flush while another is under way, so the calls are answered by now
        page.evaluate(LEAVE)
        page.goto("about:blank")
        for _ in eventually("what was sent on leaving is in", 30):
            page.wait_for_timeout(50)
            found = {each.event: each for each in arrived(server)}
            if "Leaving" in found:
                break
    assert hosts <= {f"{proxy.url}/amplitude/2/httpapi", "about:blank"}
    view, identify, group = (
        found[name] for name in ("[Amplitude] Page Viewed", "$identify", "$groupidentify")
    )
    visitor = view.who[1]
    assert (view.who, view.kind) == (("anonymous", visitor), "page")
    assert found["Viewed"].properties["sku"] == "ä 🎈"
    assert {each.anonymous or each.who[1] for each in found.values()} == {visitor}
    user = ("user", "ann of the shop")
    assert found["revenue_amount"].who == found["Leaving"].who == identify.who == user
    changes = [
        (change["op"], change["values"])
        for each in arrived(server)
        for change in each.extra.get("profile_ops", [])
        if each.event == "$identify"
    ]
    assert ("set", {"plan": "pro"}) in changes
    assert ("set_once", {"first": "ad"}) in changes
    assert group.groups == {"company": "acme"}
    assert {"op": "set", "values": {"seats": 5}, "target": "group"} in group.extra["profile_ops"]
    paid = found["revenue_amount"].extra
    assert (paid["value"], paid["currency"]) == (25.0, "EUR")
    assert paid["source"]["sdk_version"] == "2.47.1"
    assert all(abs(each.at - now()) < MINUTE for each in found.values())
    assert proxy.repeated(ids) == set()


def test_what_fails_costs_nothing(server: Served, proxy: Proxy) -> None:
    """Refused, cut off, and then killed: everything is sent again, and is kept once."""
    with browsing(ENTRY) as page:
        page.evaluate(START, [proxy.url, server.keys["write"]])
        proxy.fail(BUSY, BROKEN, CUT)
        page.evaluate(MANY, ["Many", EVENTS])
        for _ in eventually("the faults happened"):
            page.wait_for_timeout(20)
            if not proxy.failing:
                break
        server.kill()
        page.evaluate(MANY, ["More", EVENTS])
        page.wait_for_timeout(300)
        server.start()
        for _ in eventually("everything is in"):
            page.wait_for_timeout(100)
            seen = [(e.event, e.properties["i"]) for e in arrived(server) if e.event in NAMES]
            if len(seen) >= 2 * EVENTS:
                break
    assert sorted(seen) == [(name, i) for name in NAMES for i in range(EVENTS)]
    assert proxy.repeated(ids) == set()
