"""Mixpanel's own browser client, in Chromium, sends to a running server on another origin.

It forgets what it cannot send while the browser believes itself online, so a server that is away
must have something before it that answers 502.
"""

from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import parse_qs

import msgspec
import pytest
from tests.contracts.arrived import arrived
from tests.contracts.browsing import browsing
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Fault, Proxy, faulty
from tests.serving import Served, accepting, eventually

from ethogram.events.times import MINUTE, now

EVENTS = 200
AWAY = Fault(502)
ENTRY = 'import mixpanel from "mixpanel-browser"; window.mixpanel = mixpanel'
START = """([url, key]) => { mixpanel.init(key, {
  api_host: url + "/mixpanel", batch_flush_interval_ms: 100, persistence: "localStorage",
  ignore_dnt: true, track_pageview: true, api_payload_format: "FORMAT"}) }"""
CALLS = """() => {
  mixpanel.track("Viewed", {sign: "a+b ü ~~~>>>???"});
  mixpanel.identify("ann");
  mixpanel.people.set({plan: "pro"});
  mixpanel.people.increment("visits", 2);
  mixpanel.people.append("$transactions", {$amount: 29.99});
  mixpanel.get_group("company", "acme").set({seats: 5});
  mixpanel.track("Paid", {revenue: 12.5, currency: "EUR"});
  mixpanel.alias("older", "ann");
}"""
MANY = '(events) => { for (let i = 0; i < events; i++) mixpanel.track("Many", {i}); }'


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
    if "/track/" not in exchange.path:
        return []
    sent = msgspec.json.decode(b64decode(parse_qs(exchange.body.decode())["data"][0]))
    return [each["properties"]["$insert_id"] for each in sent]


@pytest.mark.parametrize("format_", ["base64", "json"])
def test_each_call_becomes_what_it_says(server: Served, proxy: Proxy, format_: str) -> None:
    """A page view, anonymous and known events, identify, profiles, a charge, group and alias."""
    before = len(arrived(server))
    with browsing(ENTRY) as page:
        page.evaluate(START.replace("FORMAT", format_), [proxy.url, server.keys["write"]])
        page.evaluate(CALLS)
        for _ in eventually("the calls are in", 30):
            page.wait_for_timeout(50)
            came = arrived(server)[before:]
            if len(came) >= 11:
                break
    assert len(came) == 11
    found = {each.event: each for each in came}
    (identify,) = (each for each in came if each.kind == "identify" and each.links)
    paid = found["Paid"]
    visitor = identify.anonymous
    assert visitor is not None
    assert visitor.startswith("$device:")
    assert found["$mp_web_page_view"].kind == "page"
    assert found["$mp_web_page_view"].who == found["Viewed"].who == ("anonymous", visitor)
    assert found["Viewed"].properties["sign"] == "a+b ü ~~~>>>???"
    assert (identify.who, paid.who) == (("user", "ann"),) * 2
    assert identify.links == [(("anonymous", visitor), ("user", "ann"))]
    assert (paid.extra["value"], paid.extra["currency"]) == (12.5, "EUR")
    assert (("user", "older"), ("user", "ann")) in found["$create_alias"].links
    changes = {each.extra["profile_ops"][0]["op"]: each for each in came if each.kind == "profile"}
    assert changes["add"].extra["profile_ops"][0]["values"] == {"visits": 2}
    (charge,) = (each for each in came if each.kind == "revenue")
    assert (charge.extra["value"], charge.who) == (29.99, ("user", "ann"))
    (group,) = (each for each in came if each.kind == "group")
    assert group.groups == {"company": "acme"}
    assert all(abs(each.at - now()) < MINUTE for each in came)
    if format_ == "base64":
        assert proxy.repeated(ids) == set()


def test_what_fails_costs_nothing(server: Served, proxy: Proxy) -> None:
    """Refused in three ways and cut off: everything is sent again, and is kept once."""
    with browsing(ENTRY) as page:
        page.evaluate(START.replace("FORMAT", "base64"), [proxy.url, server.keys["write"]])
        proxy.fail(BUSY, BROKEN, AWAY, CUT, where="/track/")
        page.evaluate(MANY, EVENTS)
        for _ in eventually("everything is in"):
            page.wait_for_timeout(50)
            many = [each for each in arrived(server) if each.event == "Many"]
            if len(many) >= EVENTS:
                break
    assert sorted(each.properties["i"] for each in many) == list(range(EVENTS))
    assert proxy.failing == 0
    assert proxy.repeated(ids) == set()
