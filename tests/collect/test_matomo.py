"""Matomo's hits become canonical events, one by one and many at once."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.dialect import Request
from ethogram.collect.protocols.matomo import GIF, Matomo
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.event import Event
from ethogram.events.times import parse

READ = Matomo()
PAGE = (
    "action_name=Shop%20%2F%20Start&idsite=1&rec=1&r=123456&h=13&m=5&s=9&"
    "url=https%3A%2F%2Fshop.example%2F&urlref=https%3A%2F%2Fa.example&_id=1234567890abcdef&"
    "_idn=0&send_image=0&_refts=0&pv_id=aB3xYz&uadata=%7B%7D&cookie=1&res=1920x1080&rand=0.5"
)
"""As matomo.js sends it."""


def single(query: str, body: bytes = b"", method: str = "GET") -> list[Claim]:
    """The claims of one hit."""
    return READ.claims(Request("matomo.php", {}, dict(parse_qsl(query)), body, method=method))


def many(*requests: Any) -> list[Claim]:
    """The claims of a body of many."""
    body = msgspec.json.encode({"requests": requests, "token_auth": "k"})
    return READ.claims(Request("matomo.php", {}, {}, body))


def one(query: str) -> Event:
    """The one event; ``query`` beside a site and a visitor."""
    (claim,) = single(f"idsite=1&rec=1&_id=1234567890abcdef&{query}")
    assert isinstance(claim, Event), claim.error
    return claim


def test_a_page_view_is_understood() -> None:
    """As matomo.js says it; what has no place is kept aside."""
    (event,) = single(PAGE)
    assert isinstance(event, Event)
    assert (event.event, event.kind, event.anonymous_id) == ("page", "page", "1234567890abcdef")
    assert event.properties == {"title": "Shop / Start", "url": "https://shop.example/"}
    assert event.context == {
        "page": {"url": "https://shop.example/", "referrer": "https://a.example"},
        "screen": "1920x1080"}  # fmt: skip
    assert event.x["matomo"]["pv_id"] == "aB3xYz"
    assert event.x["matomo"].keys().isdisjoint({"rand", "send_image", "rec", "_id"})


def test_get_post_and_many_say_the_same() -> None:
    """In the query, as a form, as a query in JSON, or as an object."""
    forms = [single(PAGE), single("", PAGE.encode(), "POST"), many("?" + PAGE), many(PAGE),
             many("/matomo.php?" + PAGE), many(dict(parse_qsl(PAGE)))]  # fmt: skip
    assert [claims for claims in forms if claims != forms[0]] == []


@pytest.mark.parametrize(("query", "name", "kind", "properties"), [
    ("e_c=Video&e_a=Play&e_n=Intro&e_v=2.5", "Play", "track",
     {"category": "Video", "action": "Play", "name": "Intro", "value": 2.5}),
    ("idgoal=3&revenue=7", "goal", "track", {"goal": "3", "revenue": 7.0}),
    ("idgoal=0&revenue=5", "cart", "track", {"goal": "0", "revenue": 5.0}),
    ("search=shoe&search_cat=all&search_count=3", "search", "track",
     {"search": "shoe", "search_category": "all", "search_count": 3.0}),
    ("download=https://a/b.pdf", "download", "track", {"download": "https://a/b.pdf"}),
    ("link=https://b", "outlink", "track", {"link": "https://b"}),
    ("c_n=Ad&c_p=a.png", "content_impression", "track",
     {"content": "Ad", "content_piece": "a.png"}),
    ("c_n=Ad&c_i=click", "content_interaction", "track",
     {"content": "Ad", "content_interaction": "click"}),
    ("ping=1", "ping", "ping", {}),
    ("url=x&dimension2=gold", "page", "page", {"url": "x", "dimension2": "gold"}),
])  # fmt: skip
def test_each_hit_has_its_name(query: str, name: str, kind: str, properties: Any) -> None:
    """An event has its own name, the others Matomo's word for them."""
    event = one(query)
    assert (event.event, event.kind, event.properties) == (name, kind, properties)


def test_an_order_counts_once(project) -> None:
    """By its id; other hits have none."""
    items = msgspec.json.encode([["sku", "Shoe", "Men", 9.5, 2], ["s2"]]).decode()
    query = "idgoal=0&ec_id=O1&revenue=25.5&ec_tx=2&" + urlencode({"ec_items": items})
    event = one(query)
    assert (event.event, event.value, event.order_id) == ("order", 25.5, "O1")
    assert event.items == [{"item_id": "sku", "item_name": "Shoe", "item_category": "Men",
                            "price": 9.5, "quantity": 2}, {"item_id": "s2"}]  # fmt: skip
    project.take([one(query), one(query), one("ping=1"), one("ping=1")], "matomo")
    assert [each.event for each in project.events] == ["order", "ping", "ping"]


@pytest.mark.parametrize(("query", "who"), [
    ("uid=u&_id=a", ("u", "a", False)),
    ("uid=u", ("u", None, False)),
    ("cid=c&_id=a", (None, "c", False)),
    ("", (None, "site:1", True)),
])  # fmt: skip
def test_somebody_did_it(query: str, who: tuple[Any, ...]) -> None:
    """The user, the visitor, or nobody where cookies are off."""
    (event,) = single(f"idsite=1&rec=1&{query}")
    assert isinstance(event, Event)
    assert (event.user_id, event.anonymous_id, event.personless) == who


@pytest.mark.parametrize(("query", "at"), [
    ("cdt=1772366400", "2026-03-01T12:00:00Z"),
    ("cdt=2026-03-01+12:00:00", "2026-03-01T12:00:00Z"),
    ("cdo=30", "2026-03-02T11:59:30Z"),
    ("", "2026-03-02T12:00:00Z"),
    ("cdt=1900000000", "2026-03-02T12:00:00Z"),
])  # fmt: skip
def test_times_are_said_or_that_of_receipt(project, query: str, at: str) -> None:
    """As a time, or as how long ago; a clock years ahead is not believed."""
    project.take([one(query)], "matomo", at=parse("2026-03-02T12:00:00Z"))
    assert project.events[0].timestamp == parse(at)


def test_an_address_may_be_given() -> None:
    """``cip`` replaces the one that it came from."""
    event = one("cip=1.2.3.4&ua=Mozilla&lang=de")
    assert (event.ip_policy, event.context["ip"], event.context["locale"]) == (
        "override", "1.2.3.4", "de")  # fmt: skip


@pytest.mark.parametrize(("request_", "code", "at"), [
    (5, "wrong_type", "$"),
    ("?rec=1", "missing_parameter", "$.idsite"),
    ("?idsite=1&cdo=soon", "bad_time", "$.cdo"),
    ("?idsite=1&ec_id=a&ec_items=5", "wrong_type", "$.ec_items"),
    ("?idsite=1&ec_id=a&ec_items=[", "bad_json", "$"),
    ("?idsite=1&url=" + "x" * 40_000, "event_too_large", "$"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(request_: Any, code: str, at: str) -> None:
    """A hit that is no event says why and where; the others of its body are kept."""
    bad, good = many(request_, "?" + PAGE)
    assert isinstance(bad, Refusal)
    assert (bad.error.code, bad.error.at) == (code, at)
    assert isinstance(good, Event)


def test_one_bad_request_fails_no_body(project) -> None:
    """Half a character, and a time that is none."""
    body = b'{"requests":["?idsite=1&_id=a","?url=\\ud800","?idsite=1&cdt=soon&_id=a"]}'
    outcome = project.take(READ.claims(Request("", {}, {}, body)), "matomo")
    assert outcome.accepted == 1
    assert [each.code for each in outcome.rejected] == ["bad_text", "bad_time"]


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"requests":5}', b'{"requests":null}'])
def test_what_is_no_body_is_refused_whole(body: bytes) -> None:
    """A body of many that cannot be taken apart raises `Invalid`."""
    with pytest.raises(Invalid):
        READ.claims(Request("matomo.php", {}, {}, body))


@pytest.mark.parametrize(("request_", "key"), [
    (Request("eg_write_k/matomo.php", {}, {"token_auth": "old"}, b""), "eg_write_k"),
    (Request("matomo.php", {}, {"token_auth": "k"}, b""), "k"),
    (Request("matomo.php", {}, {}, b"idsite=1&token_auth=k"), "k"),
    (Request("matomo.php", {}, {}, b'{"requests":[],"token_auth":"k"}'), "k"),
    (Request("matomo.php", {}, {}, b'{"requests":[],"token_auth":5}'), None),
    (Request("matomo.php", {}, {}, b""), None),
])  # fmt: skip
def test_the_key_comes_in_four_ways(request_: Request, key: str | None) -> None:
    """The path, the query, a form or a body of many."""
    assert READ.key(request_) == key


def test_answers_are_a_picture_nothing_or_a_count() -> None:
    """As the hit asks for it."""
    good, bad = (
        Outcome(accepted=1),
        Outcome(accepted=1, duplicates=1, rejected=[Rejected(1, "a", "b", "c", "d")]),
    )
    reply = READ.answer(Request("matomo.php", {}, {}, b""), [], good)
    assert (reply.status, reply.body, reply.content_type) == (200, GIF, "image/gif")
    for asked in (Request("", {}, {"send_image": "0"}, b""), Request("", {}, {}, b"send_image=0")):
        assert (READ.answer(asked, [], bad).status, READ.answer(asked, [], good).body) == (204, b"")
    reply = READ.answer(Request("", {}, {}, b'{"requests":[]}'), [], bad)
    assert msgspec.json.decode(reply.body) == {
        "status": "success", "tracked": 2, "invalid": 1, "invalid_indices": [1]}  # fmt: skip


def test_other_calls_are_not_found() -> None:
    """Matomo's reporting API is not here."""
    with pytest.raises(NotFound):
        READ.claims(Request("index.php", {}, {}, b""))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.dictionaries(st.text(), st.text(), max_size=5))
def test_no_bytes_crash_the_reading(body: bytes, query: dict[str, str]) -> None:
    """Forms are anything; JSON is claims or `Invalid`."""
    for sent in (body, b"{" + body, b'{"requests":[' + body + b"]}"):
        try:
            READ.claims(Request("matomo.php", {}, query | {"idsite": "1"}, sent))
        except Invalid as error:
            assert error.code in ("bad_json", "bad_batch")


values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(values | st.lists(values) | st.dictionaries(st.text(), values), max_size=4))
def test_every_request_is_kept_or_refused(requests: list[Any]) -> None:
    """However oddly a body is made, each of its requests is a claim."""
    assert len(many(*requests)) == len(requests)
