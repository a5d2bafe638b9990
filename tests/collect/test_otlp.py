"""OpenTelemetry's log records become canonical events, from JSON and from protobuf alike."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from ethogram.collect.admission import Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.dialect import Request
from ethogram.collect.protocols.otlp import OpenTelemetry
from ethogram.events.errors import Broken, Busy, EthogramError, Invalid, NotFound, TooLarge
from ethogram.events.event import Event, Source
from ethogram.events.times import parse

READ = OpenTelemetry()
NANOS = 1_772_366_400_123_456_789
JSON, PROTOBUF = "application/json", "application/x-protobuf"


def request(body: bytes, type_: str = JSON, path: str = "v1/logs") -> Request:
    """An export."""
    return Request(path, {"content-type": type_}, {}, body)


def export(*records: object, resource: object = None, scope: object = None) -> bytes:
    """A JSON export of one resource and one scope."""
    logs = {"scope": scope or {}, "logRecords": records}
    body = {"resourceLogs": [{"resource": resource or {}, "scopeLogs": [logs]}]}
    return msgspec.json.encode(body)


def pairs(**said: Any) -> list[dict[str, Any]]:
    """Attributes of texts, whose names are written with ``_`` for a dot."""
    return [
        {"key": key.replace("_", "."), "value": {"stringValue": value}}
        for key, value in said.items()
    ]


def one(record: dict[str, Any], resource: object = None) -> Event:
    """The event of one record."""
    (claim,) = READ.claims(request(export(record, resource=resource)))
    assert isinstance(claim, Event), claim.error
    return claim


RECORD = {
    "timeUnixNano": str(NANOS),
    "observedTimeUnixNano": str(NANOS + 5),
    "severityNumber": 9,
    "severityText": "INFO",
    "eventName": "checkout",
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "body": {"stringValue": "paid"},
    "attributes": [
        *pairs(user_id="ann", session_id="s1"),
        {"key": "n", "value": {"intValue": str(2**60)}},
        {"key": "share", "value": {"doubleValue": 0.5}},
        {"key": "yes", "value": {"boolValue": True}},
        {"key": "tags", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {}]}}},
        {"key": "deep", "value": {"kvlistValue": {"values": pairs(a="b")}}},
        {"key": "empty", "value": {}},
    ],
}
RESOURCE = {"attributes": pairs(service_name="shop", telemetry_sdk_name="opentelemetry",
                                telemetry_sdk_version="1.30")}  # fmt: skip


def protobuf() -> bytes:
    """`RECORD`, as protobuf has it."""
    built = ExportLogsServiceRequest()
    resource = built.resource_logs.add()
    for pair in RESOURCE["attributes"]:
        attribute = resource.resource.attributes.add(key=pair["key"])
        attribute.value.string_value = pair["value"]["stringValue"]
    scope = resource.scope_logs.add()
    scope.scope.name = "web"
    text = lambda said: AnyValue(string_value=said)  # noqa: E731
    scope.log_records.add(
        time_unix_nano=NANOS, observed_time_unix_nano=NANOS + 5, severity_number=9,
        severity_text="INFO", event_name="checkout", body=text("paid"),
        trace_id=bytes.fromhex(RECORD["traceId"]), span_id=bytes.fromhex(RECORD["spanId"]),
        attributes=[
            KeyValue(key="user.id", value=text("ann")),
            KeyValue(key="session.id", value=text("s1")),
            KeyValue(key="n", value=AnyValue(int_value=2**60)),
            KeyValue(key="share", value=AnyValue(double_value=0.5)),
            KeyValue(key="yes", value=AnyValue(bool_value=True)),
            KeyValue(key="tags", value=AnyValue(
                array_value=ArrayValue(values=[text("a"), AnyValue()]))),
            KeyValue(key="deep", value=AnyValue(
                kvlist_value=KeyValueList(values=[KeyValue(key="a", value=text("b"))]))),
            KeyValue(key="empty", value=AnyValue()),
        ],
    )  # fmt: skip
    return built.SerializeToString()


@pytest.mark.parametrize(("body", "type_"), [
    (export(RECORD, resource=RESOURCE, scope={"name": "web"}), JSON),
    (protobuf(), PROTOBUF),
    (protobuf(), "Application/X-Protobuf; x=y"),
])  # fmt: skip
def test_json_and_protobuf_say_the_same(body: bytes, type_: str) -> None:
    """Name, time, ids, typed attributes, body and trace, from either."""
    (event,) = READ.claims(request(body, type_))
    assert isinstance(event, Event)
    assert (event.event, event.kind) == ("checkout", "track")
    assert (event.user_id, event.anonymous_id, event.session_id) == ("ann", None, "s1")
    assert event.timestamp == NANOS // 1000
    assert event.properties == {
        "n": 2**60, "share": 0.5, "yes": True, "tags": ["a", None], "deep": {"a": "b"},
        "empty": None, "body": "paid"}  # fmt: skip
    assert event.context["scope"] == {"name": "web"}
    assert event.context["resource"]["service.name"] == "shop"
    assert event.source == Source("otlp", sdk="opentelemetry", sdk_version="1.30")
    rest = event.x["otlp"]
    assert (rest["severityNumber"], rest["traceId"]) == (9, RECORD["traceId"])
    assert int(rest["observedTimeUnixNano"]) == NANOS + 5
    assert (event.event_id, event.dedup_key) == (None, None)


@pytest.mark.parametrize(("record", "resource", "who"), [
    (pairs(user_id="u"), pairs(user_id="other"), ("u", None, False)),
    ([], pairs(user_id="u"), ("u", None, False)),
    (pairs(enduser_id="u"), [], ("u", None, False)),
    (pairs(session_id="s"), [], (None, "s", False)),
    ([], pairs(service_name="shop"), (None, "service:shop", True)),
    ([], [], (None, "service:unknown", True)),
])  # fmt: skip
def test_somebody_did_it(record: Any, resource: Any, who: tuple[Any, ...]) -> None:
    """The record names the person, else its resource; else it was the service, and nobody."""
    event = one({"attributes": record}, {"attributes": resource})
    assert (event.user_id, event.anonymous_id, event.personless) == who
    assert "user.id" not in msgspec.json.encode(event.context).decode()


def test_a_plain_record_is_a_log() -> None:
    """Without an event's name; an older one may stand among the attributes."""
    event = one({"body": {"stringValue": "started"}})
    assert (event.event, event.kind, event.timestamp) == ("log", "log", None)
    assert one({"attributes": pairs(event_name="cart")}).event == "cart"


def test_times_are_nanoseconds(project) -> None:
    """As text or number; observed counts where the record's own is not known."""
    records = [{"timeUnixNano": NANOS}, {"timeUnixNano": "0", "observedTimeUnixNano": str(NANOS)}]
    project.take(READ.claims(request(export(*records))), "otlp")
    at = parse("2026-03-01T12:00:00.123456Z")
    assert [event.timestamp for event in project.events] == [at, at]


def test_what_json_has_no_number_for_is_a_text() -> None:
    """Protobuf's NaN and infinity, under the names that its JSON has for them."""
    built = ExportLogsServiceRequest()
    record = built.resource_logs.add().scope_logs.add().log_records.add()
    for name, number in (("a", "nan"), ("b", "inf"), ("c", "-inf")):
        record.attributes.add(key=name, value=AnyValue(double_value=float(number)))
    record.attributes.add(key="d", value=AnyValue(bytes_value=b"\xff"))
    (event,) = READ.claims(request(built.SerializeToString(), PROTOBUF))
    assert isinstance(event, Event)
    assert event.properties == {"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": "/w=="}


@pytest.mark.parametrize(("record", "code", "at"), [
    (5, "wrong_type", "$"),
    ({"attributes": 5}, "wrong_type", "$.attributes"),
    ({"attributes": [5]}, "wrong_type", "$.attributes"),
    ({"attributes": [{"key": "a", "value": {"intValue": "x"}}]}, "wrong_type", "$.attributes"),
    ({"attributes": [{"key": "a", "value": 5}]}, "wrong_type", "$.attributes"),
    ({"body": {"arrayValue": 5}}, "wrong_type", "$.attributes"),
    ({"body": {"arrayValue": {"values": "x"}}}, "wrong_type", "$.attributes"),
    ({"body": {"kvlistValue": {"values": [{}]}}}, "wrong_type", "$.attributes"),
    ({"attributes": [{"key": "user.id", "value": {"boolValue": True}}]}, "wrong_type",
     "$.attributes.user.id"),
    ({"timeUnixNano": "soon"}, "bad_time", "$.timeUnixNano"),
    ({"timeUnixNano": True}, "bad_time", "$.timeUnixNano"),
    ({"eventName": []}, "wrong_type", "$.eventName"),
    ({"body": "text"}, "wrong_type", "$.body"),
    ({"body": {"stringValue": "x" * 40_000}}, "event_too_large", "$"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(record: Any, code: str, at: str) -> None:
    """A record that is no event says why and where; the others of its export are kept."""
    bad, good = READ.claims(request(export(record, RECORD)))
    assert isinstance(bad, Refusal)
    assert (bad.error.code, bad.error.at) == (code, at)
    assert isinstance(good, Event)


def test_a_refused_record_of_protobuf_is_kept_as_json() -> None:
    """Its own bytes would say nothing without the export around them."""
    built = ExportLogsServiceRequest()
    record = built.resource_logs.add().scope_logs.add().log_records.add(event_name="x" * 40_000)
    record.attributes.add(key="n", value=AnyValue(int_value=1))
    (claim,) = READ.claims(request(built.SerializeToString(), PROTOBUF))
    assert isinstance(claim, Refusal)
    assert msgspec.json.decode(claim.raw) == {"eventName": "x" * 40_000, "attributes": {"n": 1}}


def test_one_bad_record_fails_no_export(project) -> None:
    """NaN, half a character and one that is nested too deep; the others are kept."""
    deep = b'{"body":' + b'{"arrayValue":{"values":[' * 700 + b"{}" + b"]}}" * 700 + b"}"
    bad = [b'{"body":{"doubleValue":NaN}}', b'{"eventName":"\\ud800"}', deep]
    records = b",".join([msgspec.json.encode(RECORD), *bad])
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[' + records + b"]}]}]}"
    outcome = project.take(READ.claims(request(body)), "otlp")
    assert outcome.accepted == 1
    assert [each.code for each in outcome.rejected] == ["bad_json", "bad_text", "too_deep"]


def test_a_bad_resource_spoils_its_own_records_only() -> None:
    """What cannot be read of a resource is said of each of its records."""
    bad, good = (msgspec.json.decode(export(RECORD))["resourceLogs"][0] for _ in range(2))
    bad["resource"] = {"attributes": 5}
    claims = READ.claims(request(msgspec.json.encode({"resourceLogs": [bad, good]})))
    assert [type(claim) for claim in claims] == [Refusal, Event]


def test_an_export_does_not_grow_without_bound() -> None:
    """A large resource beside many small records would be kept with each."""
    resource = {"attributes": pairs(a="x" * 30_000)}
    with pytest.raises(TooLarge) as refused:
        READ.claims(request(export(*[{}] * 1_000, resource=resource)))
    assert refused.value.code == "batch_too_large"


@pytest.mark.parametrize(("body", "type_"), [
    (b"", JSON), (b"[]", JSON), (b'{"resourceLogs":5}', JSON), (b"\xff", PROTOBUF),
])  # fmt: skip
def test_what_is_no_export_is_refused_whole(body: bytes, type_: str) -> None:
    """A body that cannot be taken apart raises `Invalid`."""
    with pytest.raises(Invalid) as refused:
        READ.claims(request(body, type_))
    assert refused.value.code in ("bad_json", "bad_protobuf")


@pytest.mark.parametrize("body", [b"{}", b'{"resourceLogs":null}', b'{"resourceLogs":[{}]}'])
def test_an_empty_export_is_one(body: bytes) -> None:
    """It has no records, and is no error."""
    assert READ.claims(request(body)) == READ.claims(request(b"", PROTOBUF)) == []


def test_only_logs_are_taken() -> None:
    """Traces and metrics are not events."""
    with pytest.raises(NotFound):
        READ.claims(request(b"{}", path="v1/traces"))
    assert READ.key(request(b"", path="eg_write_k/v1/logs")) == "eg_write_k"
    assert READ.claims(request(b"{}", path="eg_write_k/v1/logs")) == []


def test_success_is_said_in_the_requests_content_type() -> None:
    """Empty, or with how many records were rejected and why."""
    rejected = Outcome(rejected=[Rejected(0, "no_id", "It is wrong.", "$", "h")] * 2)
    reply = READ.answer(request(b""), [], Outcome(accepted=1))
    assert (reply.status, reply.content_type, reply.body) == (200, JSON, b"{}")
    said = msgspec.json.decode(READ.answer(request(b""), [], rejected).body)["partialSuccess"]
    assert said == {"rejectedLogRecords": "2", "errorMessage": "It is wrong. $"}
    reply = READ.answer(request(b"", PROTOBUF), [], rejected)
    partial = ExportLogsServiceResponse.FromString(reply.body).partial_success
    assert (reply.content_type, partial.rejected_log_records) == (PROTOBUF, 2)
    assert partial.error_message == "It is wrong. $"
    assert READ.answer(request(b"", PROTOBUF), [], Outcome(accepted=1)).body == b""


@pytest.mark.parametrize(("error", "status", "code"), [
    (Invalid("bad_json", "No."), 400, 3),
    (Busy("busy", "Later."), 503, 14),
    (Broken("broken", "The log is away; " + "ö" * 200), 503, 14),
])  # fmt: skip
def test_refusals_are_statuses(error: EthogramError, status: int, code: int) -> None:
    """Exporters drop what is answered with 500; what may succeed later must be 503."""
    reply = READ.refused(request(b""), error)
    assert reply.status == status
    assert msgspec.json.decode(reply.body) == {"code": code, "message": str(error)}
    reply = READ.refused(request(b"", PROTOBUF), error)
    assert reply.content_type == PROTOBUF
    assert reply.body[:3] == bytes((8, code, 18))
    assert reply.body[3] == len(reply.body[4:])
    assert str(error).startswith(reply.body[4:].decode())


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["stringValue", "intValue", "arrayValue", "kvlistValue", "values", "key",
                         "value", "doubleValue"]), inner),
    max_leaves=8,
)  # fmt: skip
names = st.sampled_from([*RECORD, "flags"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(names, values) | values, max_size=4), values)
def test_every_record_is_kept_or_refused(records: list[Any], resource: Any) -> None:
    """However oddly an export is made, each of its records is a claim."""
    body = export(*records, resource={"attributes": resource})
    assert len(READ.claims(request(body))) == len(records)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.sampled_from([JSON, PROTOBUF]))
def test_no_bytes_crash_the_reading(body: bytes, type_: str) -> None:
    """What cannot be read is `Invalid`, and nothing else is raised."""
    try:
        READ.claims(request(body, type_))
    except Invalid as error:
        assert error.code in ("bad_json", "bad_protobuf")
