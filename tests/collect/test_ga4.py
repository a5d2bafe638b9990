"""GA4's two ways of saying events become canonical events."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.dialect import Request
from ethogram.collect.protocols.ga4 import GoogleAnalytics
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.event import Event, ProfileChange, Source
from ethogram.events.times import parse

READ = GoogleAnalytics()
QUERY = (
    "v=2&tid=G-AB12&gtm=45je5&_p=1772366400&cid=111.222&uid=ann&ul=en-us&sr=1920x1080&sid=1772366&"
    "sct=1&seg=1&gcs=G111&dl=https%3A%2F%2Fshop.example%2F%3Fq%3D%C3%A9&dr=https%3A%2F%2Fa.example&"
    "dt=Shop&_s=2"
)
"""As gtag.js sends it."""
PURCHASE = (
    "en=purchase&cu=EUR&epn.value=25.5&ep.transaction_id=T1&pr1=id7~nmShoe~pr9.5~qt2~k0size~v042&"
    "pr2=id8&_et=1200&ep.coupon=X&up.plan=pro&upn.seats=5"
)


def measured(body: object) -> list[Claim]:
    """The claims of a request of the Measurement Protocol."""
    text = body if isinstance(body, bytes) else msgspec.json.encode(body)
    query = {"measurement_id": "G-AB12", "api_secret": "k"}
    return READ.claims(Request("mp/collect", {}, query, text))


def tagged(query: str, body: bytes = b"") -> list[Claim]:
    """The claims of a request of gtag.js."""
    return READ.claims(Request("eg_write_k/g/collect", {}, dict(parse_qsl(query)), body))


def one(claims: list[Claim]) -> Event:
    """The one event."""
    (claim,) = claims
    assert isinstance(claim, Event), claim.error
    return claim


def test_gtags_purchase_is_understood() -> None:
    """Money, items, ids, page, consent and the user's properties have their places."""
    event = one(tagged(f"{QUERY}&{PURCHASE}"))
    assert (event.event, event.user_id, event.anonymous_id, event.session_id) == (
        "purchase", "ann", "111.222", "1772366")  # fmt: skip
    assert (event.value, event.currency, event.order_id) == (25.5, "EUR", "T1")
    shoe = {"item_id": "7", "item_name": "Shoe", "price": 9.5, "quantity": 2, "k0": "size",
            "v0": "42"}  # fmt: skip
    assert event.items == [shoe, {"item_id": "8"}]
    assert event.properties == {
        "value": 25.5, "transaction_id": "T1", "coupon": "X", "currency": "EUR",
        "engagement_time_msec": 1200, "items": event.items}  # fmt: skip
    assert event.profile_ops == [ProfileChange("set", {"plan": "pro", "seats": 5})]
    assert event.context == {
        "page": {"url": "https://shop.example/?q=é", "title": "Shop", "referrer": "https://a.example"},
        "locale": "en-us", "screen": "1920x1080"}  # fmt: skip
    assert event.consent == {"ad_storage": "granted", "analytics_storage": "granted"}
    assert event.x["ga4"] == {"v": "2", "tid": "G-AB12", "gtm": "45je5", "_p": "1772366400",
                              "sct": "1", "seg": "1", "gcs": "G111", "_s": "2"}  # fmt: skip
    assert event.source == Source("ga4", "g/collect", sdk="gtag.js")


def test_each_line_of_a_body_is_an_event() -> None:
    """They share the query; blank lines say nothing."""
    events = tagged(QUERY, b"en=page_view&_et=1\r\n\r\nen=scroll&epn.percent=90\n")
    assert [(each.event, each.kind, each.anonymous_id) for each in events
            if isinstance(each, Event)] == [
        ("page_view", "page", "111.222"), ("scroll", "track", "111.222")]  # fmt: skip


def test_a_purchase_counts_once(project) -> None:
    """By its transaction; other events have no id, and repeat as often as they are sent."""
    for query in (PURCHASE, PURCHASE.replace("=purchase", "=refund"), "en=scroll"):
        for _ in range(2):
            project.take(tagged(f"{QUERY}&{query}"), "ga4")
    assert [each.event for each in project.events] == [
        "purchase", "refund", "refund", "scroll", "scroll"]  # fmt: skip


@pytest.mark.parametrize(("gcs", "personless"), [
    ("G100", True), ("G110", True), ("G101", False), ("G1--", False), ("", False),
])  # fmt: skip
def test_who_did_not_consent_is_nobody(gcs: str, personless: bool) -> None:
    """Without consent to analytics every hit has another client id."""
    assert one(tagged(f"en=x&cid=1&gcs={gcs}")).personless is personless


def test_numbers_are_numbers_where_they_are() -> None:
    """``epn`` is a number; what is none stays a text, NaN too."""
    said = {"epn.a": "1", "epn.b": "1.5", "epn.c": "NaN", "epn.d": "1e400", "epn.e": "x",
            "ep.f": "1", "epn.g": str(2**60)}  # fmt: skip
    event = one(tagged("en=x&cid=1&" + urlencode(said)))
    assert event.properties == {"a": 1, "b": 1.5, "c": "NaN", "d": "1e400", "e": "x", "f": "1",
                                "g": float(2**60)}  # fmt: skip


MEASURED: dict[str, Any] = {
    "client_id": "111.222", "user_id": "ann", "timestamp_micros": "1772366400000000",
    "user_properties": {"plan": {"value": "pro"}}, "non_personalized_ads": False,
    "consent": {"ad_user_data": "GRANTED"}, "ip_override": "1.2.3.4",
    "device": {"category": "mobile"}, "user_location": {"city": "Bern"},
    "events": [
        {"name": "purchase", "params": {"session_id": 123, "engagement_time_msec": 100,
         "value": 9, "currency": "CHF", "transaction_id": "T2", "items": [{"item_id": "a"}]}},
        {"name": "page_view", "timestamp_micros": 1772366401000000},
    ],
}  # fmt: skip


def test_the_measurement_protocol_is_understood(project) -> None:
    """What is said beside the events is said of each; an event may have its own time."""
    purchase, page = measured(MEASURED)
    assert isinstance(purchase, Event)
    assert isinstance(page, Event)
    assert (purchase.user_id, purchase.anonymous_id, purchase.session_id) == (
        "ann", "111.222", "123")  # fmt: skip
    assert (purchase.value, purchase.currency, purchase.order_id) == (9.0, "CHF", "T2")
    assert purchase.items == [{"item_id": "a"}]
    assert "session_id" not in purchase.properties
    assert purchase.consent == {"ad_user_data": "GRANTED"}
    assert (purchase.context["ip"], purchase.ip_policy) == ("1.2.3.4", "override")
    assert purchase.context["device"] == {"category": "mobile"}
    assert purchase.profile_ops == [ProfileChange("set", {"plan": "pro"})]
    assert purchase.x["ga4"] == {"measurement_id": "G-AB12", "non_personalized_ads": False}
    assert page.kind == "page"
    project.take([purchase, page], "ga4")
    at = parse("2026-03-01T12:00:00Z")
    assert [each.timestamp for each in project.events] == [at, at + 1_000_000]


def test_an_app_is_known_by_its_instance() -> None:
    """``app_instance_id`` is the device, and who it was."""
    event = one(measured({"app_instance_id": "i", "events": [{"name": "x"}]}))
    assert (event.device_id, event.anonymous_id) == ("i", "i")


@pytest.mark.parametrize(("event", "beside", "code", "at"), [
    (5, {}, "wrong_type", "$"),
    ({"name": 5.5}, {}, "wrong_type", "$.name"),
    ({"name": "x", "params": []}, {}, "wrong_type", "$.params"),
    ({"name": "x", "timestamp_micros": "now"}, {}, "bad_time", "$.timestamp_micros"),
    ({"name": "x", "params": {"session_id": {}}}, {}, "wrong_type", "$.params.session_id"),
    ({"name": "x", "params": {"a": "x" * 130_000}}, {}, "event_too_large", "$"),
    ({"name": "x"}, {"client_id": []}, "wrong_type", "$.client_id"),
    ({"name": "x"}, {"user_properties": 5}, "wrong_type", "$.user_properties"),
    ({"name": "x"}, {"user_agent": "x" * 130_000}, "event_too_large", "$"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(event: Any, beside: dict, code: str, at: str) -> None:
    """An event that is none says why and where."""
    (claim,) = measured({"client_id": "c", "events": [event]} | beside)
    assert isinstance(claim, Refusal)
    assert (claim.error.code, claim.error.at) == (code, at)


def test_one_bad_event_fails_no_batch(project) -> None:
    """NaN and half a character; and who said nothing of who it was."""
    body = (b'{"client_id":"c","events":[{"name":"x"},{"name":"x","params":{"a":NaN}},'
            b'{"name":"\\ud800"}]}')  # fmt: skip
    outcome = project.take(measured(body), "ga4")
    assert outcome.accepted == 1
    assert [each.code for each in outcome.rejected] == ["bad_json", "bad_text"]
    assert project.take(tagged("en=x"), "ga4").rejected[0].code == "no_id"
    assert project.take(tagged("cid=1"), "ga4").rejected[0].code == "bad_event_name"


def test_a_request_has_at_most_25_events() -> None:
    """As at Google; the others are rejected with a reason."""
    for claims in (measured({"client_id": "c", "events": [{"name": "x"}] * 30}),
                   tagged("cid=1", b"en=x\n" * 30)):  # fmt: skip
        assert [isinstance(claim, Event) for claim in claims] == [True] * 25 + [False] * 5
        assert isinstance(claims[-1], Refusal)
        assert claims[-1].error.code == "too_many_events"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"events":5}', b'{"events":null}'])
def test_what_is_no_request_is_refused_whole(body: bytes) -> None:
    """A body that cannot be taken apart raises `Invalid`."""
    with pytest.raises(Invalid):
        measured(body)


def test_other_calls_are_not_found() -> None:
    """And the key stands in the query or in the path."""
    with pytest.raises(NotFound):
        READ.claims(Request("collect", {}, {}, b""))
    assert READ.key(Request("mp/collect", {}, {"api_secret": "k"}, b"")) == "k"
    assert READ.key(Request("eg_write_k/g/collect", {}, {}, b"")) == "eg_write_k"


def test_the_answer_is_always_204() -> None:
    """Its clients read none."""
    asked = Request("g/collect", {}, {}, b"")
    for outcome in (Outcome(accepted=1), Outcome(rejected=[Rejected(0, "a", "b", "c", "d")])):
        reply = READ.answer(asked, [], outcome)
        assert (reply.status, reply.body) == (204, b"")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
names = st.sampled_from(["name", "params", "timestamp_micros", "session_id", "value", "items"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(names, values) | values, max_size=4), values)
def test_every_event_is_kept_or_refused(events: list[Any], said: Any) -> None:
    """However oddly a request is made, each of its events is a claim."""
    body = {"client_id": "c", "user_properties": said, "consent": said, "events": events}
    assert len(measured(body)) == len(events)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.dictionaries(st.text(), st.text(), max_size=5))
def test_no_bytes_crash_the_reading(body: bytes, query: dict[str, str]) -> None:
    """A tag's body is lines of anything; the other's is JSON or `Invalid`."""
    assert READ.claims(Request("g/collect", {}, query, body))
    try:
        measured(body)
    except Invalid as error:
        assert error.code in ("bad_json", "bad_batch")
