"""CloudEvents become canonical events, in whichever of the three modes they come."""

import base64
from typing import Any

import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.cloudevents import CloudEvents
from ethogram.collect.protocols.dialect import Request
from ethogram.events.errors import EthogramError, Invalid
from ethogram.events.event import Event
from ethogram.events.times import parse

READ = CloudEvents()
WHO = {"specversion": "1.0", "id": "i1", "source": "/shop", "type": "org.example.paid"}
BATCH = "application/cloudevents-batch+json"
ONE = "application/cloudevents+json"


def claims(body: object, type_: str = ONE, **headers: str) -> list[Claim]:
    """The claims of a request whose body is ``body``, or its JSON."""
    text = body if isinstance(body, bytes) else msgspec.json.encode(body)
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return READ.claims(Request("", said | ({"content-type": type_} if type_ else {}), {}, text))


def one(body: object, type_: str = ONE, **headers: str) -> Event:
    """The one event of a request."""
    (claim,) = claims(body, type_, **headers)
    assert isinstance(claim, Event), claim.error
    return claim


def sent(message: HTTPMessage) -> Event:
    """The event of what the SDK made."""
    headers = {name.lower(): value for name, value in message.headers.items()}
    (claim,) = READ.claims(Request("", headers, {}, message.body))
    assert isinstance(claim, Event), claim.error
    return claim


def made(data: Any, **more: Any) -> CloudEvent:
    """An event of the SDK."""
    attributes = WHO | {"time": "2026-03-01T12:00:00Z", "subject": "ann", "datacontenttype":
                        "application/json"} | more  # fmt: skip
    attributes["time"] = None
    return CloudEvent({k: v for k, v in attributes.items() if v is not None}, data)


@pytest.mark.parametrize("to", [to_binary_event, to_structured_event])
def test_both_modes_of_the_sdk_say_the_same(to: Any) -> None:
    """Type, id, subject and data, with characters that a header cannot hold."""
    event = sent(to(made({"price": 5, "of": "Tür"}, subject='anné "x" 100%', tenant="t")))
    assert (event.event, event.event_id, event.user_id) == (
        "org.example.paid", "i1", 'anné "x" 100%')  # fmt: skip
    assert event.properties == {"price": 5, "of": "Tür"}
    assert event.dedup_key == "/shop\0i1"
    assert event.x["cloudevents"] == {
        "specversion": "1.0", "source": "/shop", "tenant": "t",
        "datacontenttype": "application/json"}  # fmt: skip


@pytest.mark.parametrize("to", [to_binary_event, to_structured_event])
@pytest.mark.parametrize(("data", "type_", "properties"), [
    (None, None, {}),
    ("hello", "text/plain", {"data": "hello"}),
    (b"\xff\x00", "application/octet-stream", {"data_base64": "/wA="}),
    ({"a": [1]}, None, {"a": [1]}),
])  # fmt: skip
def test_data_of_any_type_is_kept(to: Any, data: Any, type_: str | None, properties: Any) -> None:
    """Objects become properties; texts and bytes stand under one name."""
    assert sent(to(made(data, datacontenttype=type_))).properties == properties


def test_a_batch_has_many() -> None:
    """Each element is an event; ids are told apart by their source."""
    events = claims([WHO, WHO | {"source": "/other"}], BATCH)
    assert [event.dedup_key for event in events if isinstance(event, Event)] == [
        "/shop\0i1", "/other\0i1"]  # fmt: skip
    assert claims([], BATCH) == []


def test_without_a_content_type_the_mode_is_seen() -> None:
    """Some senders leave it out."""
    assert one(WHO, "").event == "org.example.paid"
    assert len(claims([WHO], "")) == 1
    headers = {f"ce_{name}": value for name, value in WHO.items()}
    assert one(b'{"a":1}', "", **headers).properties == {"a": 1}
    assert one(b"text", "", **headers).properties == {"data": "text"}


@pytest.mark.parametrize(("more", "user", "anonymous"), [
    ({"subject": "s"}, "s", None),
    ({"subject": "s", "userid": "u"}, "u", None),
    ({"subject": "s", "anonymousid": "a"}, None, "a"),
    ({"userid": 7, "anonymousid": "a"}, "7", "a"),
    ({"authtype": "app_user", "authid": "u", "subject": "s"}, "u", None),
    ({"authtype": "system", "authid": "job", "subject": "s"}, "s", None),
    ({}, None, "source:/shop"),
])  # fmt: skip
def test_somebody_did_it(more: dict, user: str | None, anonymous: str | None) -> None:
    """Extensions name the person, else the subject is one; else it was the source and nobody."""
    event = one(WHO | more)
    assert (event.user_id, event.anonymous_id) == (user, anonymous)
    assert event.personless is (not more)
    assert user not in event.x["cloudevents"].values()


def test_devices_and_sessions_are_extensions(project) -> None:
    """Time too has its place."""
    said = WHO | {"deviceid": "d", "sessionid": "s", "time": "2026-03-01T13:00:00+01:00"}
    event = one(said)
    assert (event.device_id, event.session_id) == ("d", "s")
    project.take(claims(said), "cloudevents")
    assert project.events[0].timestamp == parse("2026-03-01T12:00:00Z")


def test_base64_of_both_versions_is_read() -> None:
    """``data_base64`` of 1.0, and ``datacontentencoding`` of 0.3."""
    text = base64.b64encode(b'{"a":1}').decode()
    new = WHO | {"data_base64": text, "datacontenttype": "application/json; charset=utf-8"}
    old = WHO | {"specversion": "0.3", "data": text, "datacontentencoding": "base64",
                 "datacontenttype": "application/vnd.a+json"}  # fmt: skip
    assert one(new).properties == one(old).properties == {"a": 1}


@pytest.mark.parametrize(("more", "code", "at"), [
    ({"specversion": "2.0"}, "unknown_version", "$.specversion"),
    ({"specversion": None}, "unknown_version", "$.specversion"),
    ({"id": ""}, "missing_attribute", "$.id"),
    ({"source": None}, "missing_attribute", "$.source"),
    ({"type": ["x"]}, "wrong_type", "$.type"),
    ({"time": {}}, "wrong_type", "$.time"),
    ({"userid": True}, "wrong_type", "$.userid"),
    ({"data_base64": "?"}, "bad_base64", "$.data_base64"),
    ({"data_base64": 5}, "bad_base64", "$.data_base64"),
    ({"data": "x" * 70_000}, "event_too_large", "$"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(more: dict, code: str, at: str) -> None:
    """An event that is none says why and where; the others of its batch are kept."""
    bad, good = claims([WHO | more, WHO], BATCH)
    assert isinstance(bad, Refusal)
    assert (bad.error.code, bad.error.at) == (code, at)
    assert isinstance(good, Event)


def test_an_event_of_64_kilobytes_is_taken() -> None:
    """The specification asks for as much of everybody."""
    assert len(one(WHO | {"data": "x" * 60_000}).properties["data"]) == 60_000


@pytest.mark.parametrize("body", [b'{"a":NaN}', b'{"a":"\\ud800"}', b"{"])
def test_a_binary_event_that_is_refused_is_kept_whole(body: bytes) -> None:
    """Its attributes and its bytes stand in one structured event."""
    headers = {f"ce_{name}": value for name, value in WHO.items()}
    (claim,) = claims(body, "application/json", **headers)
    assert isinstance(claim, Refusal)
    kept = msgspec.json.decode(claim.raw)
    assert base64.b64decode(kept.pop("data_base64")) == body
    assert kept == WHO | {"datacontenttype": "application/json"}


def test_a_header_that_is_no_text_is_refused() -> None:
    """Percent-encoded bytes that are not UTF-8."""
    headers = {f"ce_{name}": value for name, value in WHO.items()} | {"ce_subject": "%ff"}
    (claim,) = claims(b"", "", **headers)
    assert isinstance(claim, Refusal)
    assert (claim.error.code, claim.error.at) == ("bad_text", "$.subject")


@pytest.mark.parametrize(
    "type_", ["application/cloudevents+protobuf", "application/cloudevents+avro"]
)
def test_an_unknown_format_is_refused(type_: str) -> None:
    """415, as the specification says."""
    with pytest.raises(EthogramError) as refused:
        claims(b"\x00", type_)
    assert (refused.value.status, refused.value.code) == (415, "unknown_format")


def test_the_key_is_bearer_or_in_the_path() -> None:
    """For senders that have nothing but an address."""
    assert READ.key(Request("", {"authorization": "Bearer k"}, {}, b"")) == "k"
    assert READ.key(Request("eg_write_k", {}, {}, b"")) == "eg_write_k"
    assert READ.key(Request("", {}, {}, b"")) is None


def test_success_has_nothing_to_say() -> None:
    """204; 200 where something was rejected."""
    asked = Request("", {}, {}, b"")
    assert READ.answer(asked, [], Outcome(accepted=1)).status == 204
    reply = READ.answer(asked, [], Outcome(rejected=[Rejected(0, "no_id", "m", "$", "h")]))
    assert (reply.status, msgspec.json.decode(reply.body)["rejected"][0]["code"]) == (200, "no_id")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
names = st.sampled_from([*WHO, "time", "data", "data_base64", "datacontenttype", "subject",
                         "authtype", "authid", "userid", "datacontentencoding"])  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(names, values).map(lambda each: WHO | each) | values, max_size=4))
def test_every_event_is_kept_or_refused(batch: list[Any]) -> None:
    """However oddly a batch is made, each of its elements is a claim."""
    assert len(claims(batch, BATCH)) == len(batch)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.sampled_from([ONE, BATCH, "", "text/plain", "application/json"]))
def test_no_bytes_crash_the_reading(body: bytes, type_: str) -> None:
    """Structured ones are refused whole, binary ones are kept or refused."""
    headers = {f"ce_{name}": value for name, value in WHO.items()}
    assert type_ in (ONE, BATCH) or len(claims(body, type_, **headers)) == 1
    try:
        claims(body, type_)
    except Invalid as error:
        assert error.code == "bad_json"
