"""Snowplow's posts and pixels become canonical events, and nothing that was said is lost."""

import asyncio
import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.collect.admission import Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.dialect import Request
from ethogram.collect.protocols.snowplow import LARGEST_POST, Snowplow
from ethogram.collect.protocols.snowplow_events import NOBODY
from ethogram.events.errors import (
    Broken,
    Busy,
    EthogramError,
    Invalid,
    NotFound,
    Refused,
    Throttled,
    TooLarge,
)
from ethogram.events.event import Event, Source
from ethogram.events.times import parse

READ = Snowplow()
TP2 = "com.snowplowanalytics.snowplow/tp2"
KEY = "eg_write_abc"
NETWORK = "11111111-2222-4333-8444-555555555555"
PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"
UNSTRUCT = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"
SNOWPLOW = "iglu:com.snowplowanalytics.snowplow/{}/jsonschema/1-0-0"
ECOMMERCE = "iglu:com.snowplowanalytics.snowplow.ecommerce/{}/jsonschema/1-0-0"


def post(*events: object, path: str = TP2, **headers: str) -> Request:
    """A batch."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(path, named, {}, msgspec.json.encode({"schema": PAYLOAD, "data": events}))


def get(query: dict[str, str], path: str = "i", method: str = "GET", **headers: str) -> Request:
    """A pixel."""
    return Request(path, headers, query, b"", method=method)


def one(request: Request | None = None, **fields: object) -> Event:
    """The only event of ``request``, or the one that ``fields`` become."""
    (claim,) = READ.claims(request or post(fields))
    assert isinstance(claim, Event), claim.error
    return claim


def refusal(**fields: object) -> EthogramError:
    """Why ``fields`` are no event."""
    (claim,) = READ.claims(post(fields))
    assert isinstance(claim, Refusal)
    return claim.error


def described(schema: str, data: object, *entities: tuple[str, object], **more: str) -> Event:
    """A self-describing event, its JSON raw."""
    ue = {"schema": UNSTRUCT, "data": {"schema": schema, "data": data}}
    co = {"schema": CONTEXTS, "data": [{"schema": s, "data": d} for s, d in entities]}
    parts = {"ue_pr": json.dumps(ue)} | ({"co": json.dumps(co)} if entities else {})
    return one(e="ue", duid="d", **parts, **more)


def test_a_page_view_as_the_browser_tracker_sends_it() -> None:
    """Who, where and when; what has no place of its own stands under x.snowplow."""
    fields = {
        "e": "pv", "url": "https://a.example/?q=1", "page": "Home", "refr": "https://b.example/",
        "eid": "e-1", "tv": "js-4.10.1", "tna": "sp", "aid": "shop", "p": "web",
        "tz": "Europe/Berlin", "lang": "de", "cs": "UTF-8", "res": "1920x1080", "cd": "24",
        "cookie": "1", "dtm": "1772366400000", "stm": "1772366401000", "vp": "800x600",
        "ds": "800x2000", "vid": "3", "sid": "s-1", "duid": "d-1", "uid": "u-1",
        "co": json.dumps({"schema": CONTEXTS, "data": [
            {"schema": SNOWPLOW.format("web_page"), "data": {"id": "w-1"}}]}),
    }  # fmt: skip
    page = {"url": "https://a.example/?q=1", "title": "Home", "referrer": "https://b.example/"}
    event = one(post(fields, cookie=f"a=b; sp={NETWORK}; c=d", user_agent="Firefox"))
    assert event.dedup_key
    assert event.dedup_key.startswith("e-1 ")
    event.dedup_key = None
    assert event == Event(
        "page_view", "u-1", "d-1", 1772366400000, "e-1", "s-1", NETWORK, kind="page",
        properties=page, sent_at=1772366401000, source=Source("snowplow", "tp2", "js", "4.10.1"),
        context={"page": page, "locale": "de", "timezone": "Europe/Berlin", "platform": "web",
                 "screen": {"width": 1920, "height": 1080}, "app": {"id": "shop"},
                 "viewport": {"width": 800, "height": 600}, "userAgent": "Firefox"},
        entities=[{"schema": SNOWPLOW.format("web_page"), "data": {"id": "w-1"}}],
        x={"snowplow": {"tna": "sp", "cs": "UTF-8", "cd": "24", "cookie": "1", "ds": "800x2000",
                        "vid": "3"}},
    )  # fmt: skip


@pytest.mark.parametrize("strip", [b"", b"="], ids=["padded", "unpadded"])
@pytest.mark.parametrize("size", range(4))
def test_packed_json_is_unpacked(strip: bytes, size: int) -> None:
    """Base64 for addresses, with its padding and without, says what raw JSON says."""
    data = {"text": "ÿ>?🎈" + "x" * size}
    ue = {"schema": UNSTRUCT, "data": {"schema": "iglu:com.acme/cart/jsonschema/1-0-0",
          "data": data}}  # fmt: skip
    co = {"schema": CONTEXTS, "data": [{"schema": "iglu:c/d/jsonschema/1-0-0", "data": data}]}
    packed = [
        base64.urlsafe_b64encode(json.dumps(each, ensure_ascii=False).encode()).rstrip(strip)
        for each in (ue, co)
    ]
    event = one(e="ue", duid="d", ue_px=packed[0].decode(), cx=packed[1].decode())
    assert (event.event, event.properties) == ("cart", data)
    assert event.entities == co["data"]
    assert event.x == {"snowplow": {"schema": "iglu:com.acme/cart/jsonschema/1-0-0"}}


@pytest.mark.parametrize(("fields", "event", "kind", "properties"), [
    ({"e": "pp", "url": "u", "pp_mix": "0", "pp_max": "7", "pp_miy": "1", "pp_may": "9"},
     "page_ping", "ping", {"url": "u", "min_x": 0, "max_x": 7, "min_y": 1, "max_y": 9}),
    ({"e": "se", "se_ca": "c", "se_ac": "play", "se_la": "l", "se_pr": "p", "se_va": "1.5"},
     "play", "track", {"category": "c", "label": "l", "property": "p", "value": 1.5}),
    ({"e": "se", "se_ca": "c", "se_ac": "play", "se_va": 2, "se_la": ""},
     "play", "track", {"category": "c", "value": 2.0}),
])  # fmt: skip
def test_plain_types(fields: dict, event: str, kind: str, properties: dict) -> None:
    """Pings and structured events; their texts become numbers where they are some."""
    made = one(**fields, duid="d")
    assert (made.event, made.kind, made.properties, made.x) == (event, kind, properties, {})


def test_a_transaction_is_revenue() -> None:
    """The transaction has the revenue, its items only say what was sold."""
    paid = one(e="tr", duid="d", tr_id="o1", tr_tt="30.5", tr_cu="CHF", tr_tx="2", tr_co="CH")
    assert (paid.kind, paid.value, paid.currency, paid.order_id) == ("revenue", 30.5, "CHF", "o1")
    assert paid.properties == {"order_id": "o1", "revenue": 30.5, "currency": "CHF", "tax": 2.0,
                               "country": "CH"}  # fmt: skip
    item = one(e="ti", duid="d", ti_id="o1", ti_sk="s", ti_pr="15.25", ti_qu="2", ti_cu="CHF")
    assert (item.event, item.value, item.order_id) == ("transaction_item", None, "o1")
    sold = {"order_id": "o1", "sku": "s", "currency": "CHF", "price": 15.25, "quantity": 2.0}
    assert (item.items, item.properties) == ([sold], sold)


def test_the_commerce_plugin_is_revenue_too() -> None:
    """A transaction's entity says how much; other actions of a shop sell nothing."""
    sale = {"transaction_id": "o1", "revenue": 30.5, "currency": "CHF"}
    product = {"id": "p", "price": 30.5, "currency": "CHF"}
    entities = ((ECOMMERCE.format("transaction"), sale), (ECOMMERCE.format("product"), product))
    action = ECOMMERCE.format("snowplow_ecommerce_action")
    paid = described(action, {"type": "transaction"}, *entities)
    assert (paid.kind, paid.value, paid.currency, paid.order_id) == ("revenue", 30.5, "CHF", "o1")
    assert (paid.items, paid.properties["revenue"]) == ([product], 30.5)
    seen = described(action, {"type": "product_view"}, *entities)
    assert (seen.kind, seen.value, seen.items) == ("track", None, [product])


def test_snowplows_own_schemas_have_a_meaning() -> None:
    """Screens and consent; somebody else's schema of the same name is an event like others."""
    screen = described(SNOWPLOW.format("screen_view"), {"name": "Start"})
    assert (screen.event, screen.kind) == ("screen_view", "screen")
    document = {"id": "terms", "version": "2"}
    given_ = described(SNOWPLOW.format("consent_granted"), {"expiry": "2027-01-01"},
                       (SNOWPLOW.format("consent_document"), document))  # fmt: skip
    assert given_.kind == "consent"
    assert given_.consent == {"granted": True, "expiry": "2027-01-01", "documents": [document]}
    withdrawn = described(SNOWPLOW.format("consent_withdrawn"), {"all": True})
    assert withdrawn.consent == {"granted": False, "all": True, "documents": []}
    assert described("iglu:com.acme/screen_view/jsonschema/1-0-0", {}).kind == "track"


def test_a_session_entity_says_who() -> None:
    """Mobile trackers say their ids in an entity only; then they do not stand there any more."""
    session = {"userId": "install", "sessionId": "s", "sessionIndex": 4}
    entity = (SNOWPLOW.format("client_session"), session)
    event = one(e="se", se_ac="a", co=json.dumps(
        {"data": [{"schema": entity[0], "data": session}]}))  # fmt: skip
    assert (event.anonymous_id, event.session_id) == ("install", "s")
    assert event.entities[0]["data"] == {"sessionIndex": 4}
    other = described("iglu:a/b/jsonschema/1-0-0", {}, entity)
    assert (other.anonymous_id, other.session_id) == ("d", "s")
    assert other.entities[0]["data"] == {"userId": "install", "sessionIndex": 4}


@pytest.mark.parametrize(("fields", "anonymous", "device", "personless"), [
    ({"duid": "d", "nuid": "n"}, "d", "n", False),
    ({"uid": "u", "tnuid": "t", "nuid": "n"}, None, "t", False),
    ({"nuid": "n"}, "n", "n", False),
    ({"nuid": "00000000-0000-0000-0000-000000000000"}, NOBODY, None, True),
    ({"sid": "s"}, "session:s", None, True),
    ({}, NOBODY, None, True),
])  # fmt: skip
def test_who_it_was(fields: dict, anonymous: str, device: str, personless: bool) -> None:
    """Without an id of the visitor's the network's stands in; without any it was nobody."""
    event = one(e="pv", **fields)
    assert (event.anonymous_id, event.device_id) == (anonymous, device)
    assert event.personless is personless


def test_anonymous_senders_stay_so() -> None:
    """``SP-Anonymous`` asks for no cookie, no network id and no address."""
    asked = post({"e": "pv"}, sp_anonymous="*", cookie=f"sp={NETWORK}", origin="https://a.example")
    event = one(asked)
    assert (event.device_id, event.personless, event.ip_policy) == (None, True, "ignore")
    assert "set-cookie" not in READ.answer(asked, [event], Outcome(1)).headers


def test_browsers_get_a_network_id() -> None:
    """A new one, then the same again; who is no browser gets none."""
    browser = {"origin": "https://a.example", "x_forwarded_proto": "https"}
    first = READ.answer(post(**browser), [], Outcome()).headers["set-cookie"]
    assert first.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")
    again = READ.answer(post(**browser, cookie=first.partition(";")[0]), [], Outcome())
    assert again.headers["set-cookie"] == first
    assert "set-cookie" not in READ.answer(post(), [], Outcome()).headers


def test_the_application_may_know_the_time(project) -> None:
    """``ttm`` is believed; otherwise the clock's error is ``stm`` against the time of receipt."""
    received = parse("2026-03-01T12:00:11Z")
    events = [
        {"e": "pv", "duid": "d", "dtm": "1740830400000", "ttm": "1740830300000"},
        {"e": "pv", "duid": "d", "dtm": "1803988800000", "stm": "1803988810000"},
        {"e": "pv", "duid": "d", "dtm": "1772366411900", "stm": "1772366411000"},
        {"e": "pv", "duid": "d"},
    ]
    project.take(READ.claims(post(*events)), "snowplow", at=received)
    at = [event.timestamp for event in project.events]
    assert at == [1740830300000000, parse("2026-03-01T12:00:01Z"), received, received]
    assert project.events[0].extra["x"]["snowplow"]["dtm"] == "1740830400000"


def test_one_id_may_have_two_contents(project) -> None:
    """An event sent again is a duplicate; another one with its id is not, as with Snowplow."""
    first = {"e": "se", "se_ac": "a", "duid": "d", "eid": "1", "dtm": "1772366400000"}
    project.take(READ.claims(post(first | {"stm": "1772366400000"})), "snowplow")
    again = READ.claims(post(first | {"stm": "1772366500000"}, first | {"se_ac": "b"}))
    outcome = project.take(again, "snowplow")
    assert (outcome.accepted, outcome.duplicates) == (1, 1)
    assert READ.claims(post({"e": "pv", "duid": "d"}))[0].dedup_key is None


@pytest.mark.parametrize(("request_", "key"), [
    (post(path=f"{KEY}/{TP2}"), KEY),
    (post(authorization=f"Bearer {KEY}"), KEY),
    (post({"aid": KEY}, {"aid": "other"}), KEY),
    (post({"aid": 5}), None),
    (post(5), None),
    (post(), None),
    (Request(TP2, {}, {}, b""), None),
    (get({"aid": KEY}), KEY),
    (get({}, f"{KEY}/i"), KEY),
    (get({}), None),
])  # fmt: skip
def test_the_key_stands_in_the_path_or_is_the_application(request_: Request, key: str) -> None:
    """Trackers can be given an address and an application's id, and nothing else."""
    assert READ.key(request_) == key


def test_the_key_is_not_kept() -> None:
    """An application's id is kept, unless it is the key."""
    assert one(e="pv", aid="shop").context == {"app": {"id": "shop"}}
    assert one(e="pv", aid=KEY).context == {}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["i", f"{KEY}/i", "ice.png"])
def test_a_pixel_brings_one_event(method: str, path: str) -> None:
    """What a post has as fields, a pixel has as its query."""
    asked = get({"e": "se", "se_ac": "play", "duid": "d", "ip": "10.0.0.1"}, path, method)
    event = one(asked)
    assert (event.event, event.anonymous_id, event.ip_policy) == ("play", "d", "override")
    assert event.source == Source("snowplow", "i")
    reply = READ.answer(asked, [event], Outcome(1))
    assert (reply.status, reply.content_type) == (200, "image/gif")
    assert reply.body[:6] == (b"GIF89a" if method == "GET" else b"")
    assert "no-store" in reply.headers["cache-control"]


def test_only_pixels_are_got() -> None:
    """Other addresses are not found."""
    with pytest.raises(NotFound):
        READ.claims(get({"e": "pv"}, "r/tp2"))


def test_a_post_is_ok() -> None:
    """Any 2xx is success, also where an event was rejected: it is in the dead letters."""
    outcome = Outcome(rejected=[Rejected(0, "no_id", "m", "$", "h")])
    reply = READ.answer(post({}), [], outcome)
    assert (reply.status, reply.body) == (200, b"ok")


@pytest.mark.parametrize(("error", "status"), [
    (TooLarge("body_too_large", ""), 400),
    (NotFound("unknown_call", ""), 400),
    (Invalid("bad_json", ""), 400),
    (Refused("unknown_key", ""), 401),
    (Throttled("rate", "", retry_after=7), 429),
    (Busy("queue_full", ""), 503),
    (Broken("log", ""), 500),
])  # fmt: skip
def test_only_what_may_help_is_sent_again(error: EthogramError, status: int) -> None:
    """Trackers stop at 400, 401, 403, 410 and 422, and send again after anything else."""
    reply = READ.refused(post(), error)
    assert reply.status == status
    assert reply.headers.get("retry-after") == {429: "7", 503: "1"}.get(status)


@pytest.mark.parametrize(("fields", "code", "at"), [
    ({}, "unknown_type", "$.e"),
    ({"e": "Ann"}, "unknown_type", "$.e"),
    ({"e": ["pv"]}, "wrong_type", "$.e"),
    ({"e": "pv", "uid": {"a": 1}}, "wrong_type", "$.uid"),
    ({"e": "pv", "uid": True}, "wrong_type", "$.uid"),
    ({"e": "pv", "dtm": "Ann"}, "wrong_type", "$.dtm"),
    ({"e": "pv", "dtm": "9" * 5_000}, "wrong_type", "$.dtm"),
    ({"e": "pv", "ttm": "NaN"}, "wrong_type", "$.ttm"),
    ({"e": "pv", "stm": True}, "wrong_type", "$.stm"),
    ({"e": "se", "se_ac": "a", "se_va": "inf"}, "wrong_type", "$.se_va"),
    ({"e": "se", "se_ac": "a", "se_va": "1_000"}, "wrong_type", "$.se_va"),
    ({"e": "ue"}, "bad_schema", "$.ue_pr.data.schema"),
    ({"e": "ue", "ue_pr": "{}"}, "bad_schema", "$.ue_pr.data.schema"),
    ({"e": "ue", "ue_pr": '{"data":{"schema":"Ann"}}'}, "bad_schema", "$.ue_pr.data.schema"),
    ({"e": "ue", "ue_pr": '{"data":[]}'}, "wrong_type", "$.data"),
    ({"e": "ue", "ue_pr": "[]"}, "wrong_type", "$.ue_pr"),
    ({"e": "ue", "ue_pr": '{"data":'}, "bad_json", "$"),
    ({"e": "ue", "ue_pr": '{"data":{"a":NaN}}'}, "bad_json", "$"),
    ({"e": "ue", "ue_pr": '{"a":"\\ud800"}'}, "bad_text", "$"),
    ({"e": "ue", "ue_pr": '{"a":' * 3_000 + "1" + "}" * 3_000}, "too_deep", "$"),
    ({"e": "ue", "ue_px": "ä"}, "bad_base64", "$.ue_px"),
    ({"e": "ue", "ue_px": "a"}, "bad_base64", "$.ue_px"),
    ({"e": "pv", "co": '{"data":{"a":1}}'}, "wrong_type", "$.co.data"),
    ({"e": "pv", "co": '{"data":5}'}, "wrong_type", "$.co.data"),
    ({"e": "pv", "url": "x" * 40_000}, "event_too_large", "$"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(fields: dict, code: str, at: str) -> None:
    """An event that is none says why and where, without repeating the value."""
    error = refusal(**fields)
    assert (error.code, error.at) == (code, at)
    assert "Ann" not in error.message + error.hint


def test_one_bad_event_fails_no_batch(project) -> None:
    """NaN, half a character, a deep one and what is no object: the others are kept."""
    good = b'{"e":"pv","duid":"d"}'
    deep = json.dumps({"data": {"schema": "iglu:a/b/jsonschema/1-0-0",
                                "data": json.loads('{"a":' * 40 + "1" + "}" * 40)}})  # fmt: skip
    large = '{"data":{"schema":"iglu:a/b/jsonschema/1-0-0","data":{"n":123456789012345678901234}}}'
    bad = [b'{"e":"pv","url":NaN}', b"5", b'{"e":"\\ud800"}', b'{"e":"se","duid":"d"}',
           msgspec.json.encode({"e": "ue", "duid": "d", "ue_pr": deep})]  # fmt: skip
    fine = msgspec.json.encode({"e": "ue", "duid": "d", "ue_pr": large})
    body = b'{"schema":"", "data": [' + b",".join([good, *bad, fine, good]) + b"]}"
    outcome = project.take(READ.claims(Request(TP2, {}, {}, body)), "snowplow")
    assert outcome.accepted == 3
    assert [(each.index, each.code) for each in outcome.rejected] == [
        (1, "bad_json"), (2, "wrong_type"), (3, "bad_text"), (4, "bad_event_name"),
        (5, "too_deep")]  # fmt: skip
    assert project.raw(project.letters[0]) == bad[0]


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"5", b'{"data":', b'{"data":{}}', b'{"data":5}', b"{}", b'{"data":null}',
    b"\xff", b'{"data":[1}', b'{"data":[]} x',
])  # fmt: skip
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    """A body that cannot be taken apart raises `Invalid`."""
    with pytest.raises(Invalid) as refused:
        READ.claims(Request(TP2, {}, {}, body))
    assert refused.value.code in ("bad_json", "bad_batch")


def test_ids_stay_out_of_the_log(project) -> None:
    """Nothing that a tracker says of who somebody is can be read in the log's file."""
    fields = {
        "e": "ue", "uid": "user-inmost", "duid": "duid-inmost", "sid": "sid-inmost", "eid": "1",
        "tnuid": "net-inmost", "nuid": "net2-inmost", "ip": "10.11.12.13", "aid": KEY,
        "ue_pr": json.dumps({"data": {"schema": "iglu:a/visible/jsonschema/1-0-0",
                                      "data": {"email": "inmost@example.org"}}}),
        "co": json.dumps({"data": [
            {"schema": SNOWPLOW.format("client_session"),
             "data": {"userId": "duid-inmost", "sessionId": "sid-inmost"}},
            {"schema": "iglu:a/user/jsonschema/1-0-0", "data": {"email": "inmost@example.org"}},
        ]}),
    }  # fmt: skip
    project.take(READ.claims(post(fields)), "snowplow")
    written = b"".join(path.read_bytes() for path in project.folder.iterdir())
    assert b"visible" in written
    assert [said for said in (b"inmost", b"10.11.12", KEY.encode()) if said in written] == []


def test_the_collector_answers_trackers(project, serving) -> None:
    """A browser's pixel, preflight and post, each with its key; what is too large is 400."""
    key = project.vault.keyring.access("write")
    browser = {"origin": "https://a.example", "cookie": f"sp={NETWORK}"}
    large = b'{"data":["' + b"x" * LARGEST_POST + b'"]}'

    async def scenario() -> None:
        async with serving() as client:
            pixel = f"/snowplow/i?e=pv&page=%C3%A4&aid={key}"
            answer = await client.send("GET", pixel, headers=browser)
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert answer.headers["set-cookie"].startswith(f"sp={NETWORK};")
            assert answer.headers["content-type"] == "image/gif"
            head = await client.send("HEAD", pixel, headers=browser)
            assert (head.status, head.body) == (200, b"")
            path = f"/snowplow/{key}/{TP2}"
            asked = browser | {"access-control-request-headers": "content-type,sp-anonymous"}
            preflight = await client.send("OPTIONS", path, headers=asked)
            allowed = preflight.headers["access-control-allow-headers"]
            assert (preflight.status, allowed) == (204, "content-type,sp-anonymous")
            assert (await client.post(large, path, headers={})).status == 400
            posted = await client.post(post({"e": "pv"}).body, path, headers=browser)
            assert (posted.status, posted.body) == (200, b"ok")

    asyncio.run(asyncio.wait_for(scenario(), 60))
    assert [event.context.get("page") for event in project.events] == [{"title": "ä"}] * 2 + [None]
    assert len({event.device for event in project.events}) == 1


_TEXTS = st.text("a1-x{}\u00e9\U0001f388", max_size=8)
_VALUES = st.none() | st.booleans() | st.floats() | st.integers() | _TEXTS | st.just([{}])
_NAMES = (
    "e eid dtm stm ttm uid duid sid nuid ue_pr ue_px co cx tv res se_va tr_tt aid ip zz".split()  # noqa: SIM905
)
_SAID = ["pv", "pp", "se", "ue", "tr", "ti", "{}", '{"data":[{}]}', "1", "e30", "-1"]
_FIELDS = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_SAID) | _VALUES)


def read(request: Request) -> None:
    """Each event is kept or refused, and a body is only ever refused by `EthogramError`."""
    try:
        READ.key(request)
        claims = READ.claims(request)
    except EthogramError:
        return
    assert all(isinstance(claim, Event | Refusal) for claim in claims)
    for claim in claims:
        assert msgspec.json.encode(claim) if isinstance(claim, Event) else claim.error.code


@given(st.binary(), st.booleans())
def test_no_bytes_break_it(body: bytes, inside: bool) -> None:
    """Whatever comes is kept or refused."""
    read(Request(TP2, {}, {}, b'{"data":[' + body + b"]}" if inside else body))


@given(st.lists(_FIELDS, max_size=3))
def test_no_fields_break_it(events: list[dict[str, Any]]) -> None:
    """Each event is kept or refused by itself, whatever its fields are."""
    body = json.dumps({"data": events}).encode()
    read(Request(TP2, {}, {}, body))
    try:
        assert len(READ.claims(Request(TP2, {}, {}, body))) == len(events)
    except Invalid as error:
        assert error.code == "bad_json"
