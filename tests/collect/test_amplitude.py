"""Amplitude's calls become canonical events, and its answers are those that its clients obey."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.collect.admission import Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.amplitude import (
    LARGEST_BATCH,
    LARGEST_REQUEST,
    MOST_EVENTS,
    Amplitude,
)
from ethogram.collect.protocols.dialect import Request
from ethogram.events.errors import (
    Broken,
    Busy,
    EthogramError,
    Invalid,
    Refused,
    Throttled,
    TooLarge,
)
from ethogram.events.event import Event, Exposure, Group, ProfileChange, Source
from ethogram.events.times import parse

READ = Amplitude()
CALL = "2/httpapi"


def request(*events: object, path: str = CALL, **beside: object) -> Request:
    """A call with these events."""
    return Request(path, {}, {}, msgspec.json.encode({"api_key": "k", "events": events, **beside}))


def one(**fields: object) -> Event:
    """The event that ``fields`` become; somebody did something, if they do not say who and what."""
    (claim,) = READ.claims(request({"user_id": "user-1", "event_type": "a"} | fields))
    assert isinstance(claim, Event), claim.error
    return claim


def refusal(**fields: object) -> EthogramError:
    """Why ``fields`` are no event."""
    (claim,) = READ.claims(request({"user_id": "user-1", "event_type": "a"} | fields))
    assert isinstance(claim, Refusal)
    return claim.error


def said(reply: Any) -> tuple[int, dict[str, Any]]:
    """An answer's status and its parts, whose ``code`` is the status."""
    parts = msgspec.json.decode(reply.body)
    assert parts["code"] == reply.status
    return reply.status, parts


def test_an_event_as_the_browser_client_sends_it() -> None:
    """Who, where and when; what has no place of its own stands under x.amplitude."""
    event = one(
        user_id="user-1", device_id="device-1", session_id=1772366400000, time=1772366401000,
        platform="Web", language="de", ip="$remote", insert_id="i-1", event_id=7,
        event_type="Cart", event_properties={"sku": "s"}, user_properties={"$set": {"a": 1}},
        library="amplitude-ts/2.47.1", user_agent="Firefox", os_name="Linux", country="CH",
        device_model="M", location_lat=47.0, plan={"branch": "main"}, groups={"team": ["x", 5]},
        adid=None,
    )  # fmt: skip
    assert event == Event(
        "Cart", "user-1", "device-1", 1772366401000.0, "i-1", "1772366400000", "device-1",
        {"sku": "s"}, dedup_key="device-1 i-1", groups=[Group("team", "x"), Group("team", "5")],
        profile_ops=[ProfileChange("set", {"a": 1})],
        source=Source("amplitude", "", "amplitude-ts", "2.47.1"),
        context={"locale": "de", "platform": "Web", "userAgent": "Firefox", "latitude": 47.0,
                 "os": {"name": "Linux"}, "device": {"model": "M"}, "location": {"country": "CH"}},
        x={"amplitude": {"event_id": 7, "plan": {"branch": "main"}}},
    )  # fmt: skip


def test_identify_changes_the_profile() -> None:
    """Every operation keeps its name; what has none is set."""
    values = {
        "plain": 1, "$set": {"a": 1}, "$setOnce": {"b": 1}, "$add": {"c": 2}, "$append": {"d": "x"},
        "$prepend": {"e": "x"}, "$preInsert": {"f": "x"}, "$postInsert": {"g": "x"},
        "$remove": {"h": "x"}, "$unset": {"i": "-"}, "$clearAll": "-",
    }  # fmt: skip
    event = one(event_type="$identify", user_properties=values)
    assert event.kind == "identify"
    assert [(each.op, each.values) for each in event.profile_ops] == [
        ("set", {"plain": 1}), ("set", {"a": 1}), ("set_once", {"b": 1}), ("add", {"c": 2}),
        ("append", {"d": "x"}), ("prepend", {"e": "x"}), ("pre_insert", {"f": "x"}),
        ("post_insert", {"g": "x"}), ("remove", {"h": "x"}), ("unset", {"i": "-"}),
        ("clear_all", {})]  # fmt: skip


def test_a_group_may_be_told_of_alone(project) -> None:
    """A call about a group has nobody who did it, and is kept all the same."""
    told = {"event_type": "$groupidentify", "groups": {"company": "acme"},
            "group_properties": {"$set": {"seats": 5}}}  # fmt: skip
    (event,) = READ.claims(request(told))
    assert isinstance(event, Event)
    assert (event.kind, event.anonymous_id, event.personless) == (
        "group", "group:company:acme", True)  # fmt: skip
    assert event.profile_ops == [ProfileChange("set", {"seats": 5}, "group")]
    assert project.take([event], "amplitude").accepted == 1
    assert one(**told).personless is False


@pytest.mark.parametrize(("fields", "value", "item"), [
    ({"event_type": "revenue_amount", "event_properties": {
        "$price": 12.5, "$quantity": 2, "$revenue": 1, "$productId": "p", "$revenueType": "buy",
        "$currency": "EUR"}}, 25.0,
     {"price": 12.5, "quantity": 2.0, "product_id": "p", "revenue_type": "buy"}),
    ({"event_type": "revenue_amount", "event_properties": {"$revenue": 7}}, 7.0, None),
    ({"event_type": "Sold", "price": 3, "currency": "EUR"}, 3.0, {"price": 3.0}),
    ({"event_type": "Sold", "revenue": "-4.5"}, -4.5, None),
    ({"event_type": "Sold", "event_properties": {"$price": 3}}, None, None),
])  # fmt: skip
def test_revenue_is_price_times_quantity(fields: dict, value: float | None, item: Any) -> None:
    """As Amplitude counts it; it stands in the properties in other dialects' words, too."""
    event = one(**fields)
    assert (event.value, event.items) == (value, [item] if item else [])
    assert event.properties.get("revenue") == value
    assert event.properties.get("currency") == event.currency


def test_exposures_pages_and_screens_are_known() -> None:
    """What Amplitude's own events mean."""
    shown = one(event_type="$exposure", event_properties={"flag_key": "f", "variant": "b"})
    assert (shown.kind, shown.exposure) == ("exposure", Exposure("f", "b"))
    assert one(event_type="[Amplitude] Page Viewed").kind == "page"
    assert one(event_type="[Amplitude] Screen Viewed").kind == "screen"


@pytest.mark.parametrize(("fields", "ids"), [
    ({"device_id": "device-1"}, ("user-1", "device-1", "device-1", None)),
    ({"user_id": None, "device_id": "device-1"}, (None, "device-1", "device-1", None)),
    ({"user_id": 12345678901234567890, "session_id": -1},
     ("12345678901234567890", None, None, None)),
    ({"user_id": "", "device_id": "device-1", "session_id": 2**53 + 1},
     (None, "device-1", "device-1", str(2**53 + 1))),
])  # fmt: skip
def test_who_it_was(fields: dict, ids: tuple) -> None:
    """The device stands for its visitor; a session of -1 is none."""
    event = one(**fields)
    assert (event.user_id, event.anonymous_id, event.device_id, event.session_id) == ids


@pytest.mark.parametrize(("ip", "policy", "context"), [
    ("$remote", "use", {}), ("10.0.0.1", "override", {"ip": "10.0.0.1"}), (None, "ignore", {}),
])  # fmt: skip
def test_an_address_is_looked_at_if_asked(ip: str | None, policy: str, context: dict) -> None:
    """Amplitude takes the connection's address only where the client says so."""
    event = one(ip=ip)
    assert (event.ip_policy, event.context) == (policy, context)


def test_one_insert_id_on_two_devices_is_two_events(project) -> None:
    """Amplitude knows an event again by its device and its ``insert_id``."""
    events = [{"device_id": f"device-{i % 2}", "event_type": "a", "insert_id": "x"}
              for i in range(4)]  # fmt: skip
    outcome = project.take(READ.claims(request(*events)), "amplitude")
    assert (outcome.accepted, outcome.duplicates) == (2, 2)


def test_times_are_corrected_by_when_they_were_sent(project) -> None:
    """``client_upload_time`` says how wrong the client's clock is."""
    received = parse("2026-03-01T12:00:11Z")
    year_on = {"user_id": "user-1", "event_type": "a", "time": 1803902400000}
    claims = READ.claims(request(year_on, client_upload_time="2027-03-01T12:00:10.000Z"))
    project.take(claims, "amplitude", at=received)
    claims = READ.claims(request(year_on | {"time": 1772366400000}, year_on))
    project.take(claims, "amplitude", at=received)
    at = [event.timestamp for event in project.events]
    assert at == [parse("2026-03-01T12:00:01Z"), parse("2026-03-01T12:00:00Z"), received]


@pytest.mark.parametrize(("request_", "key"), [
    (request(), "k"), (request(path="eg_write_x/batch"), "eg_write_x"),
    (Request(CALL, {}, {}, b""), None), (Request(CALL, {}, {}, b'{"api_key":5}'), None),
])  # fmt: skip
def test_the_key_stands_in_the_body(request_: Request, key: str | None) -> None:
    """Or in the path."""
    assert READ.key(request_) == key


def test_success_has_a_code() -> None:
    """Clients believe the body's code; a duplicate was ingested too."""
    asked = request({"a": 1})
    outcome = Outcome(1, 1, [Rejected(2, "no_id", "m", "$.user_id", "h")])
    status, parts = said(READ.answer(asked, [], outcome))
    assert (status, parts["events_ingested"]) == (200, 2)
    assert parts["payload_size_bytes"] == len(asked.body)
    assert parts["server_upload_time"] > 1.7e12


def test_what_was_all_rejected_is_named() -> None:
    """Then no client sends it again, and each says which field of which event was wrong."""
    rejected = [Rejected(0, "no_id", "who", "$.user_id", "h"),
                Rejected(1, "id_too_short", "m", "$.user_id", "h"),
                Rejected(2, "wrong_type", "m", "$.time", "h"),
                Rejected(3, "bad_json", "m", "$", "h")]  # fmt: skip
    status, parts = said(READ.answer(request(), [], Outcome(rejected=rejected)))
    assert (status, parts["error"]) == (400, "who")
    assert parts["events_with_missing_fields"] == {"user_id": [0]}
    assert parts["events_with_invalid_id_lengths"] == {"user_id": [1]}
    assert parts["events_with_invalid_fields"] == {"time": [2], "event": [3]}


@pytest.mark.parametrize(("error", "status", "parts"), [
    (Refused("unknown_key", "This key may not write here."), 400,
     {"error": "Invalid API key: This key may not write here."}),
    (Invalid("bad_json", "m"), 400, {"error": "m", "missing_field": "events"}),
    (TooLarge("batch_too_large", "m"), 413, {"error": "m"}),
    (Throttled("rate", "m", retry_after=7), 429,
     {"error": "m", "throttled_events": [*range(MOST_EVENTS)]}),
    (Busy("queue_full", "m"), 429, {"error": "m", "throttled_events": [*range(MOST_EVENTS)]}),
    (Broken("log", "m"), 500, {"error": "m"}),
])  # fmt: skip
def test_errors_have_amplitudes_shape(error: EthogramError, status: int, parts: dict) -> None:
    """What a client may send again, and what it waits for half a minute with."""
    reply = READ.refused(request(), error)
    assert said(reply) == (status, parts | {"code": status})
    assert reply.headers.get("retry-after") == {"rate": "7", "queue_full": "1"}.get(error.code)


@pytest.mark.parametrize(("count", "size", "path", "large"), [
    (MOST_EVENTS, 0, CALL, False),
    (MOST_EVENTS + 1, 0, "batch", True),
    (LARGEST_REQUEST // 30_000, 30_000, CALL, False),
    (LARGEST_REQUEST // 30_000 + 1, 30_000, CALL, True),
    (LARGEST_REQUEST // 30_000 + 1, 30_000, "batch", False),
])  # fmt: skip
def test_a_call_has_limits(count: int, size: int, path: str, large: bool) -> None:
    """Two thousand events, and a megabyte where it is no batch."""
    event = {"user_id": "user-1", "event_type": "a", "text": "x" * size}
    asked = request(*[event] * count, path=path)
    if large:
        with pytest.raises(TooLarge):
            READ.claims(asked)
    else:
        assert all(isinstance(claim, Event) for claim in READ.claims(asked))


def test_ids_have_five_characters_unless_they_need_not() -> None:
    """``options.min_id_length`` says how short they may be."""
    error = refusal(user_id="u")
    assert (error.code, error.at) == ("id_too_short", "$.user_id")
    for length in (1, 0, None):
        asked = request({"user_id": "12345" if length is None else "u", "event_type": "a"},
                        options={"min_id_length": length})  # fmt: skip
        assert isinstance(READ.claims(asked)[0], Event)


@pytest.mark.parametrize(("fields", "code", "at"), [
    ({"user_id": {"Ann": 1}}, "wrong_type", "$.user_id"),
    ({"user_id": True}, "wrong_type", "$.user_id"),
    ({"event_type": ["Ann"]}, "wrong_type", "$.event_type"),
    ({"event_properties": []}, "wrong_type", "$.event_properties"),
    ({"user_properties": "Ann"}, "wrong_type", "$.user_properties"),
    ({"user_properties": {"$set": "Ann"}}, "wrong_type", "$.$set"),
    ({"groups": {"company": {}}}, "wrong_type", "$.groups"),
    ({"time": "Ann"}, "wrong_type", "$.time"),
    ({"time": True}, "wrong_type", "$.time"),
    ({"price": "Ann"}, "wrong_type", "$.price"),
    ({"library": 1.5}, "wrong_type", "$.library"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(fields: dict, code: str, at: str) -> None:
    """An event that is none says why and where, without repeating the value."""
    error = refusal(**fields)
    assert (error.code, error.at) == (code, at)
    assert "Ann" not in error.message + error.hint


def test_one_bad_event_fails_no_batch(project) -> None:
    """NaN, half a character, a deep one and what is no object: the others are kept."""
    good = b'{"event_type":"a","user_id":"user-1"}'
    large = b'{"event_type":"a","user_id":"user-1","event_properties":{"n":123456789012345678901}}'
    bad = [b'{"event_type":"a","user_id":"user-1","event_properties":{"a":NaN}}', b"5",
           b'{"event_type":"\\ud800"}', b'{"event_type":"a"}', b'{"user_id":"user-1"}',
           b'{"event_properties":' + b'{"a":' * 3_000 + b"1" + b"}" * 3_001]  # fmt: skip
    body = b'{"api_key":"k","events":[' + b",".join([good, *bad, large]) + b'],"options":null}'
    asked = Request(CALL, {}, {}, body)
    assert READ.key(asked) == "k"
    outcome = project.take(READ.claims(asked), "amplitude")
    assert outcome.accepted == 2
    assert [(each.index, each.code) for each in outcome.rejected] == [
        (1, "bad_json"), (2, "wrong_type"), (3, "bad_text"), (4, "no_id"),
        (5, "bad_event_name"), (6, "too_deep")]  # fmt: skip
    assert project.raw(project.letters[0]) == bad[0]


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"5", b'{"events":', b'{"events":{}}', b'{"events":5}', b"{}",
    b'{"events":null}', b"\xff", b'{"events":[1}', b'{"events":[]} x',
    b'{"events":[],"options":5}', b'{"events":[],"options":{"min_id_length":"x"}}',
    b'{"events":[],"client_upload_time":[]}',
])  # fmt: skip
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    """A body that cannot be taken apart raises `Invalid`."""
    with pytest.raises(Invalid):
        READ.claims(Request(CALL, {}, {}, body))


def test_ids_stay_out_of_the_log(project) -> None:
    """Nothing that a client says of who somebody is can be read in the log's file."""
    fields = {
        "event_type": "visible", "user_id": "user-inmost", "device_id": "device-inmost",
        "session_id": 17723664001234, "insert_id": "1", "ip": "10.11.12.13",
        "location_lat": 47.123456, "groups": {"company": "group-inmost"},
        "event_properties": {"email": "inmost@example.org"},
        "user_properties": {"$set": {"email": "inmost@example.org"}},
    }  # fmt: skip
    project.take(READ.claims(request(fields, api_key="key-inmost")), "amplitude")
    written = b"".join(path.read_bytes() for path in project.folder.iterdir())
    assert b"visible" in written
    secrets = (b"inmost", b"10.11.12", b"17723664001234", b"47.123456")
    assert [said for said in secrets if said in written] == []


def test_the_collector_answers_clients(project, serving) -> None:
    """A beacon of JSON as text, a wrong key, and a body that is too large, each with its code."""
    event = {"user_id": "user-1", "event_type": "a"}

    async def scenario() -> None:
        async with serving() as client:

            async def sent(body: bytes) -> tuple[int, dict[str, Any]]:
                beacon = {"content-type": "text/plain;charset=UTF-8"}
                return said(await client.post(body, "/amplitude/2/httpapi", headers=beacon))

            key = project.vault.keyring.access("write")
            status, parts = await sent(request(event, api_key=key).body)
            assert (status, parts["events_ingested"]) == (200, 1)
            status, parts = await sent(request(event, api_key="wrong").body)
            assert (status, parts["error"][:17]) == (400, "Invalid API key: ")
            status, _ = await sent(b" " * (LARGEST_BATCH + 1))
            assert status == 413

    asyncio.run(asyncio.wait_for(scenario(), 60))
    assert len(project.events) == 1


_TEXTS = st.text("a1-x{}\u00e9\U0001f388", max_size=8)
_VALUES = st.none() | st.booleans() | st.floats() | st.integers() | _TEXTS | st.just([{}])
_OBJECTS = st.dictionaries(
    st.sampled_from(["$set", "$add", "$clearAll", "$price", "a"]), _VALUES | st.just({"a": 1})
)
_NAMES = """
    event_type user_id device_id session_id insert_id time price quantity revenue currency ip
    library groups event_properties user_properties group_properties language os_name zz
""".split()  # noqa: SIM905
_TYPES = st.sampled_from(["$identify", "$groupidentify", "revenue_amount", "$exposure", "12345"])
_EVENTS = st.dictionaries(st.sampled_from(_NAMES), _TYPES | _VALUES | _OBJECTS)


def read(request: Request) -> list[Any]:
    """Each event is kept or refused, and a body is only ever refused by `EthogramError`."""
    try:
        READ.key(request)
        claims = READ.claims(request)
    except EthogramError:
        return []
    assert all(isinstance(claim, Event | Refusal) for claim in claims)
    for claim in claims:
        assert msgspec.json.encode(claim) if isinstance(claim, Event) else claim.error.code
    return claims


@given(st.binary(), st.booleans())
def test_no_bytes_break_it(body: bytes, inside: bool) -> None:
    """Whatever comes is kept or refused."""
    read(Request(CALL, {}, {}, b'{"events":[' + body + b"]}" if inside else body))


@given(st.lists(_EVENTS, max_size=3))
def test_no_fields_break_it(events: list[dict[str, Any]]) -> None:
    """Each event is kept or refused by itself, whatever its fields are."""
    body = json.dumps({"events": events}).encode()
    assert len(read(Request(CALL, {}, {}, body))) == len(events)


PROPERTIES = {"$set": {"plan": "pro"}, "$add": {"visits": 1}, "city": "Ulm"}
ANN = {"user_id": "ann", "device_id": "d", "user_properties": PROPERTIES}
SELLER = {"group_type": "Seller", "group_value": "7", "group_properties": {"plan": "big"}}


def told(call: str, identification: object, how: str) -> Request:
    """A call with an identification in a form, in the query or in JSON."""
    text = identification if isinstance(identification, str) else json.dumps(identification)
    said = {"api_key": "k", "identification": text}
    if how == "query":
        return Request(call, {}, said, b"")
    if how == "form":
        return Request(call, {}, {}, urlencode(said).encode())
    inside = identification if how == "json" else text
    return Request(call, {}, {}, json.dumps(said | {"identification": inside}).encode())


HOW = pytest.mark.parametrize("how", ["form", "query", "json", "text in json"])


@HOW
def test_a_person_is_identified_without_an_event(how: str) -> None:
    """By one object or a list, with every operation that events have."""
    for said in (ANN, [ANN]):
        asked = told("identify", said, how)
        (claim,) = READ.claims(asked)
        assert isinstance(claim, Event)
        assert (READ.key(asked), claim.event, claim.kind) == ("k", "$identify", "identify")
        assert (claim.user_id, claim.device_id, claim.anonymous_id) == ("ann", "d", "d")
        assert claim.profile_ops == [
            ProfileChange("set", {"city": "Ulm"}),
            ProfileChange("set", {"plan": "pro"}),
            ProfileChange("add", {"visits": 1}),
        ]
        alone = READ.alone(asked)
        assert alone is not None
        assert READ.claims(alone(json.dumps(ANN).encode())) == [claim]
        assert b"k" not in alone(b"").body.replace(b"identification", b"")


@HOW
def test_a_group_is_identified_without_a_person(how: str) -> None:
    """Its properties change, and nobody did anything."""
    (claim,) = READ.claims(told("groupidentify", [SELLER], how))
    assert isinstance(claim, Event)
    assert (claim.kind, claim.groups) == ("group", [Group("Seller", "7")])
    assert (claim.personless, claim.user_id) == (True, None)
    assert claim.profile_ops == [ProfileChange("set", {"plan": "big"}, "group")]


def test_an_identification_is_answered_as_amplitude_does(project, serving) -> None:
    """The word success where something was kept; a wrong one costs its neighbours nothing."""
    key = project.vault.keyring.access("write")

    async def scenario() -> list[Any]:
        async with serving() as client:
            return [
                await client.post(urlencode({"api_key": key, "identification": said}).encode(),
                                  f"/amplitude/{call}", headers={})
                for call, said in (
                    ("identify", json.dumps([ANN, {"user_properties": {}}, 5])),
                    ("groupidentify", json.dumps([SELLER, {"group_type": "Seller"}])),
                    ("identify", json.dumps([{"user_properties": {}}])),
                    ("identify", ""),
                    ("identify", "{"),
                )
            ]  # fmt: skip

    kept, group, none, empty, broken = asyncio.run(scenario())
    assert [(each.status, each.body) for each in (kept, group)] == [(200, b"success")] * 2
    assert none.json["events_with_missing_fields"] == {"user_id": [0]}
    assert [each.json["missing_field"] for each in (empty,)] == ["identification"]
    assert [each.status for each in (none, empty, broken)] == [400, 400, 400]
    assert [event.event for event in project.events] == ["$identify", "$groupidentify"]
    codes = [letter.code for letter in project.letters]
    assert codes == ["no_id", "wrong_type", "missing_field", "no_id", "bad_json"]


def test_too_many_identifications_are_refused() -> None:
    """As many as Amplitude takes are taken."""
    assert len(READ.claims(told("identify", [ANN] * 1024, "form"))) == 1024
    with pytest.raises(TooLarge):
        READ.claims(told("identify", [{}] * 1025, "form"))
