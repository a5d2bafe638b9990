"""Segment's calls become canonical events, and nothing that was said is lost."""

import base64

import msgspec
import pytest

from ethogram.collect.admission import Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.dialect import Request
from ethogram.collect.protocols.segment import Segment
from ethogram.events.errors import Invalid, NotFound, TooLarge
from ethogram.events.event import Event, Group, Link, ProfileChange
from ethogram.events.times import parse

READ = Segment()


def request(call: str, body: object, **headers: str) -> Request:
    """A request whose body is ``body``, or its JSON."""
    text = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Request(call, headers, {}, text)


def one(message: dict[str, object], call: str = "v1/batch") -> Event:
    """The event that ``message`` becomes."""
    body = {"batch": [message]} if call.endswith("batch") else message
    (claim,) = READ.claims(request(call, body))
    assert isinstance(claim, Event), claim.error
    return claim


def refusal(message: dict[str, object]) -> Invalid:
    """Why ``message`` is no event."""
    (claim,) = READ.claims(request("v1/batch", {"batch": [message]}))
    assert isinstance(claim, Refusal)
    assert isinstance(claim.error, Invalid)
    return claim.error


@pytest.mark.parametrize("path", ["v1/{}", "{}", "/v1/{}", "v1/{}/"])
@pytest.mark.parametrize("call", ["track", "identify", "page", "screen", "group", "alias"])
def test_each_call_has_its_path(call: str, path: str) -> None:
    """A call says its kind by its path, written out or as one letter."""
    message = {"userId": "u", "event": "cart", "messageId": "m"}
    for name in (call, call[0]):
        event = one(message, path.format(name))
        assert (event.kind, event.user_id, event.event_id) == (call, "u", "m")
        assert event.event == ("cart" if call == "track" else call)


@pytest.mark.parametrize("path", ["v1/batch", "v1/b", "v1/import", "batch"])
def test_a_batch_says_each_type(path: str) -> None:
    """In a batch every event says its type; without one it is a track."""
    body = {"batch": [{"type": "page", "userId": "u"}, {"event": "x", "userId": "u"}]}
    events = READ.claims(request(path, body))
    assert [event.kind for event in events if isinstance(event, Event)] == ["page", "track"]


def test_an_unknown_call_is_not_found() -> None:
    """A call that there is not is answered with the nearest that there is."""
    with pytest.raises(NotFound) as missing:
        READ.claims(request("v1/trak", {}))
    assert '"track"' in missing.value.hint


@pytest.mark.parametrize(("headers", "body", "key"), [
    ({"authorization": "Basic " + base64.b64encode(b"k1:").decode()}, {}, "k1"),
    ({"authorization": "basic " + base64.b64encode(b"k1:ignored").decode()}, {}, "k1"),
    ({"authorization": "Bearer k2"}, {}, "k2"),
    ({}, {"writeKey": "k3"}, "k3"),
    ({"authorization": "Basic ???"}, {"writeKey": "k3"}, "k3"),
    ({"authorization": "Basic k1", "x": "y"}, {"writeKey": None}, None),
    ({}, {"writeKey": 5}, None),
    ({}, {}, None),
])  # fmt: skip
def test_the_key_comes_in_three_ways(headers: dict, body: dict, key: str | None) -> None:
    """Basic user, Bearer, or ``writeKey`` in the body."""
    assert READ.key(request("v1/batch", body | {"batch": []}, **headers)) == key


def test_identify_changes_the_profile() -> None:
    """Traits are a change to the person."""
    event = one({"type": "identify", "userId": "u", "anonymousId": "a", "traits": {"plan": "x"}})
    assert (event.user_id, event.anonymous_id) == ("u", "a")
    assert event.profile_ops == [ProfileChange("set", {"plan": "x"}, "person")]


def test_group_is_a_group_and_its_profile() -> None:
    """``groupId`` is a company, traits are the group's; context may name the group too."""
    event = one({"type": "group", "userId": "u", "groupId": "g", "traits": {"size": 5}})
    assert event.groups == [Group("company", "g")]
    assert event.profile_ops == [ProfileChange("set", {"size": 5}, "group")]
    event = one({"event": "e", "userId": "u", "context": {"groupId": "g"}})
    assert (event.groups, event.context) == ([Group("company", "g")], {})


def test_alias_links_two_ids() -> None:
    """``previousId`` and ``userId`` are one person's."""
    event = one({"type": "alias", "userId": "new", "previousId": "old"})
    assert event.identity_links == [Link("alias", "old", "new", a_kind="either")]


@pytest.mark.parametrize("before", [("anonymous",), ("user",), ("anonymous", "user"), ()])
@pytest.mark.parametrize("apart", [True, False])
def test_an_alias_links_the_id_that_was_seen(project, before: tuple[str, ...], apart: bool) -> None:
    """``previousId`` is whatever other events call it, and either where none has named it yet."""
    seen = [{"event": "e", f"{kind}Id": "old"} for kind in before]
    alias = {"type": "alias", "userId": "new", "previousId": "old"}
    for sent in [seen, [alias]] if apart else [[*seen, alias]]:
        project.take(READ.claims(request("v1/batch", {"batch": sent})), "segment")
    links = project.events[-1].extra["links"]
    ends = [(project.vault.name(a), project.vault.name(b)) for _, a, b, _ in links]
    wanted = before or ("anonymous", "user")
    assert ends == [((kind, "old"), ("user", "new")) for kind in wanted]
    known = [kind for kind in ("anonymous", "user") if project.vault.find(kind, "old")]
    assert known == list(wanted)


def test_pages_and_screens_have_names() -> None:
    """Name and category are properties, unless the client has its own."""
    event = one({"type": "page", "userId": "u", "name": "Home", "category": "Docs",
                 "properties": {"category": "Own"}})  # fmt: skip
    assert event.properties == {"name": "Home", "category": "Own"}


def test_ids_move_out_of_the_context() -> None:
    """Device and session become the event's own ids and leave the context, which is kept."""
    event = one({"event": "e", "userId": "u", "context": {
        "device": {"id": "d", "model": "m"}, "sessionId": 17, "locale": "de"}})  # fmt: skip
    assert (event.device_id, event.session_id) == ("d", "17")
    assert event.context == {"device": {"model": "m"}, "locale": "de"}


def test_the_library_is_the_source() -> None:
    """Which client sent an event is kept, also where it says so oddly."""
    event = one({"event": "e", "userId": "u",
                 "context": {"library": {"name": "py", "version": 2}}})  # fmt: skip
    assert event.source is not None
    assert (event.source.protocol, event.source.sdk, event.source.sdk_version) == (
        "segment", "py", "")  # fmt: skip


def test_numbers_are_taken_for_ids_and_nulls_for_nothing() -> None:
    """Clients send numbers as ids, and null for what they do not know."""
    event = one({"event": "e", "userId": 7, "anonymousId": None, "properties": None,
                 "traits": None, "context": None, "timestamp": None,
                 "messageId": 2**60})  # fmt: skip
    assert (event.user_id, event.anonymous_id, event.event_id) == ("7", None, str(2**60))
    assert (event.properties, event.context, event.timestamp) == ({}, {}, None)


def test_what_has_no_place_is_kept_aside() -> None:
    """Every other field stands under x.segment, but the write key and what says nothing."""
    event = one({"event": "e", "userId": "u", "writeKey": "secret", "integrations": {"All": True},
                 "channel": "server", "version": None, "_metadata": {}, "timestamp": 5,
                 "originalTimestamp": 4, "receivedAt": "x"})  # fmt: skip
    rest = {"integrations": {"All": True}, "channel": "server", "originalTimestamp": 4,
            "receivedAt": "x"}  # fmt: skip
    assert event.x == {"segment": rest}


def test_times_are_corrected_by_when_they_were_sent(project) -> None:
    """``sentAt``, of the event or of its batch, says how wrong the client's clock is."""
    received = parse("2026-03-01T12:00:11Z")
    body = {
        "sentAt": "2026-03-02T12:00:10Z",
        "batch": [
            {"event": "a", "userId": "u", "timestamp": "2026-03-02T12:00:00Z"},
            {"event": "b", "userId": "u", "originalTimestamp": "2026-03-02T12:00:00.000Z",
             "sentAt": "2026-03-02T12:00:01Z"},
        ],
    }  # fmt: skip
    project.take(READ.claims(request("v1/batch", body)), "segment", at=received)
    at = [event.timestamp for event in project.events]
    assert at == [parse("2026-03-01T12:00:01Z"), parse("2026-03-01T12:00:10Z")]
    assert project.events[0].extra["timestamp_client"] == parse("2026-03-02T12:00:00Z")


def test_a_batchs_context_holds_for_its_events() -> None:
    """What is said beside the events is said of each, unless it says otherwise."""
    body = {"context": {"a": 1, "b": 1}, "batch": [{"event": "e", "userId": "u",
            "context": {"b": 2}}]}  # fmt: skip
    (event,) = READ.claims(request("v1/batch", body))
    assert isinstance(event, Event)
    assert event.context == {"a": 1, "b": 2}


def test_a_batchs_context_counts_in_every_event() -> None:
    """What each event would be with what is said beside it may be as large as an event may be."""
    body = {"context": {"a": "x" * 20_000}, "batch": [{"event": "e", "userId": "u", "p": "y" * n}
            for n in (5, 20_000)]}  # fmt: skip
    small, large = READ.claims(request("v1/batch", body))
    assert isinstance(small, Event)
    assert isinstance(large, Refusal)
    assert large.error.code == "event_too_large"


def test_a_batchs_context_is_not_copied() -> None:
    """Events without a context of their own share the batch's."""
    body = {"context": {"device": {"model": "m"}}, "batch": [{"event": "e", "userId": "u"}] * 2}
    one, other = READ.claims(request("v1/batch", body))
    assert isinstance(one, Event)
    assert isinstance(other, Event)
    assert one.context is other.context
    assert one.context == {"device": {"model": "m"}}


def test_a_batch_does_not_grow_without_bound() -> None:
    """A megabyte of small events beside a large context would be kept as a gigabyte."""
    body = {"context": {"a": "x" * 30_000}, "batch": [{"userId": "u"}] * 1_000}
    with pytest.raises(TooLarge) as refused:
        READ.claims(request("v1/batch", body))
    assert refused.value.code == "batch_too_large"


@pytest.mark.parametrize(("message", "code", "at"), [
    ({"type": "trak", "userId": "u"}, "unknown_type", "$.type"),
    ({"type": 5, "userId": "u"}, "unknown_type", "$.type"),
    ({"userId": {"a": 1}, "event": "e"}, "wrong_type", "$.userId"),
    ({"userId": True, "event": "e"}, "wrong_type", "$.userId"),
    ({"userId": "u", "event": ["e"]}, "wrong_type", "$.event"),
    ({"userId": "u", "event": "e", "properties": []}, "wrong_type", "$.properties"),
    ({"userId": "u", "event": "e", "traits": "x"}, "wrong_type", "$.traits"),
    ({"userId": "u", "event": "e", "timestamp": True}, "wrong_type", "$.timestamp"),
    ({"userId": "u", "event": "e", "timestamp": {}}, "wrong_type", "$.timestamp"),
    ({"userId": "u", "event": "e", "properties": {"a": "x" * 40_000}}, "event_too_large", "$"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(message: dict[str, object], code: str, at: str) -> None:
    """A message that is no event says why and where, without repeating the value."""
    (claim,) = READ.claims(request("v1/batch", {"batch": [message]}))
    assert isinstance(claim, Refusal)
    assert (claim.error.code, claim.error.at) == (code, at)
    assert "trak" not in claim.error.message


def test_one_bad_event_fails_no_batch(project) -> None:
    """NaN, half a character, a deep one and what is no object: the others are kept."""
    good = b'{"event":"e","userId":"u"}'
    bad = [b'{"event":"e","userId":"u","properties":{"a":NaN}}', b"5", b'{"event":"\\ud800"}',
           b'{"properties":' + b'{"a":' * 3_000 + b"1" + b"}" * 3_001,
           b'{"event":"e"}']  # fmt: skip
    body = b'{"writeKey": "k", "batch": [' + b",".join([good, *bad, good]) + b'], "sentAt": null}'
    asked = request("v1/batch", body)
    assert READ.key(asked) == "k"
    outcome = project.take(READ.claims(asked), "segment")
    assert outcome.accepted == 2
    assert [(each.index, each.code) for each in outcome.rejected] == [
        (1, "bad_json"), (2, "wrong_type"), (3, "bad_text"), (4, "too_deep"),
        (5, "no_id")]  # fmt: skip


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"5", b'{"batch":', b'{"batch":{}}', b'{"batch":5}', b"{}", b'{"batch":null}',
    b"\xff", b'{"batch":[1}', b'{"batch":[]} x',
])  # fmt: skip
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    """A body that cannot be taken apart raises `Invalid`."""
    with pytest.raises(Invalid) as refused:
        READ.claims(request("v1/batch", body))
    assert refused.value.code in ("bad_json", "bad_batch")


def test_ids_and_keys_stay_out_of_the_log(project) -> None:
    """Nothing that a Segment client says of who it is can be read in the log's file."""
    message = {
        "type": "identify", "userId": "user-inmost", "anonymousId": "anon-inmost",
        "messageId": "m1", "groupId": "group-inmost", "writeKey": "key-inmost",
        "context": {"device": {"id": "device-inmost"}, "sessionId": "session-inmost",
                    "ip": "10.11.12.13", "traits": {"email": "inmost@example.org"}},
        "traits": {"email": "inmost@example.org", "firstName": "Secreta"},
    }  # fmt: skip
    project.take(READ.claims(request("v1/batch", {"batch": [message]})), "segment")
    project.take(READ.claims(request("v1/alias", {"userId": "user-inmost",
                                                  "previousId": "old-inmost"})))  # fmt: skip
    written = b"".join(path.read_bytes() for path in project.folder.iterdir())
    assert b"identify" in written
    assert [said for said in (b"inmost", b"Secreta", b"10.11.12") if said in written] == []


def test_success_is_said_in_segments_words() -> None:
    """Clients look for 2xx and ``success``; what was rejected stands beside."""
    said = msgspec.json.decode(READ.answer(request("v1/batch", {}), [], Outcome(accepted=1)).body)
    assert said == {"success": True}
    reply = READ.answer(
        request("v1/batch", {}), [], Outcome(rejected=[Rejected(0, "no_id", "m", "$", "h")])
    )
    assert reply.status == 200
    assert msgspec.json.decode(reply.body)["rejected"][0]["code"] == "no_id"


def test_revenue_is_the_events_value() -> None:
    """An order's money, id and products are the event's own too; what is no amount stays aside."""
    products = [{"product_id": "p", "price": 5}]
    said = {"revenue": "25.5", "currency": "EUR", "order_id": 7, "products": products}
    event = one({"event": "Order Completed", "userId": "u", "properties": said})
    assert (event.value, event.currency, event.order_id, event.items) == (
        25.5,
        "EUR",
        "7",
        products,
    )
    assert event.properties == said
    odd = {"revenue": "much", "currency": 5, "order_id": [], "products": {}}
    event = one({"event": "e", "userId": "u", "properties": odd})
    assert (event.value, event.currency, event.order_id, event.items) == (None, None, None, [])


def test_the_browser_client_is_told_where_to_send() -> None:
    """The address that gave the settings is the one that takes the events."""
    headers = {"host": "data.example.org", "x-forwarded-proto": "https"}
    reply = READ.told(Request("v1/projects/k/settings", headers, {}, b"", method="GET"))
    assert reply is not None
    site = msgspec.json.decode(reply.body)["integrations"]["Segment.io"]
    assert (site["apiKey"], site["protocol"]) == ("k", "https")
    assert site["apiHost"] == "data.example.org/segment/v1"


def test_a_clients_metrics_of_itself_are_taken_and_let_go() -> None:
    """They are no events, and must not come again."""
    reply = READ.told(request("v1/m", {"series": []}))
    assert reply is not None
    assert reply.status == 200
    assert READ.told(request("v1/t", {})) is None
