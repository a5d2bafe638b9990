"""OpenTelemetry's logs over HTTP: ``POST /v1/logs``, JSON or protobuf.

A record with an event name is that event, any other is a ``log``. Who did it is said by the
attributes ``user.id`` and ``session.id`` of the record or its resource; a record with neither is
its service's, and nobody's. OTLP has no id by which a repeat could be known: an export that is
sent again is kept again. Exporters send again after 429, 502, 503 and 504 only.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Alone, Reply, Request, bearer, parted, refused
from ethogram.collect.protocols.fields import text_of
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.otlp_records import Record, of_json, of_protobuf
from ethogram.events.errors import EthogramError, Invalid, NotFound
from ethogram.events.event import Event, Json, Source

PROTOBUF = "application/x-protobuf"
_RETRIED = {408: 503, 500: 503}
_INVALID_ARGUMENT, _UNAVAILABLE = 3, 14
"""Of google.rpc.Code."""
_PLACED = {"eventName", "attributes", "body", "timeUnixNano"}
_MOVED = {"event.name", "user.id", "enduser.id", "session.id", "device.id"}


class OpenTelemetry:
    """See the module."""

    name = "otlp"
    methods = frozenset({"POST"})
    key_inside = False
    largest_body = 0

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: nothing."""

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: Bearer, or the path where an exporter has an address only."""
        return bearer(request.headers) or parted(request.path)[0]

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `NotFound` for traces and metrics."""
        if parted(request.path)[1] != "v1/logs":
            raise NotFound("unknown_call", "Only logs are taken here.", at="path",
                           hint="Send them to /otlp/v1/logs.")  # fmt: skip
        records = of_protobuf(request.body) if _binary(request) else of_json(request.body)
        return [_claim(record, request.largest) for record in records]

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`: a record does not say whose it is, its resource does."""

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: what was rejected is partial success, not to be sent again."""
        said = ". ".join(sorted({f"{each.message} {each.at}" for each in outcome.rejected})[:5])
        if _binary(request):
            return Reply(200, _protobuf(len(outcome.rejected), said), content_type=PROTOBUF)
        partial = {"rejectedLogRecords": str(len(outcome.rejected)), "errorMessage": said}
        body = {"partialSuccess": partial} if outcome.rejected else {}
        return Reply(200, msgspec.json.encode(body))

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: a ``google.rpc.Status``, in the request's content type."""
        reply = refused(error)
        status = _RETRIED.get(reply.status, reply.status)
        code = _UNAVAILABLE if status in (429, 503) else _INVALID_ARGUMENT
        if not _binary(request):
            said = {"code": code, "message": str(error)}
            return replace(reply, status=status, body=msgspec.json.encode(said))
        text = str(error).encode()[:127].decode(errors="ignore").encode()
        body = bytes((0x08, code, 0x12, len(text))) + text
        return replace(reply, status=status, body=body, content_type=PROTOBUF)


def _binary(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == PROTOBUF


def _protobuf(rejected: int, said: str) -> bytes:
    if not rejected:
        return b""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
        ExportLogsPartialSuccess,
        ExportLogsServiceResponse,
    )

    partial = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=said)
    return ExportLogsServiceResponse(partial_success=partial).SerializeToString()


def _claim(record: Record, largest: int) -> Claim:
    try:
        if record.size > largest:
            raise too_large(record.size, largest)
        if isinstance(record.said, EthogramError):
            raise record.said
        return _event(record.said, record.context)
    except EthogramError as error:
        return Refusal(error, _raw(record))


def _raw(record: Record) -> bytes:
    """The client's own bytes; of protobuf what was read of it."""
    if record.raw or isinstance(record.said, EthogramError):
        return record.raw
    return msgspec.json.encode(record.said)


def _event(said: dict[str, Any], context: dict[str, Json]) -> Event:
    attributes: dict[str, Json] = said["attributes"]
    resource: dict[str, Json] = context["resource"]
    ids = {name: text_of(attributes.get(name, resource.get(name)), f"attributes.{name}")
           for name in _MOVED}  # fmt: skip
    user, session = ids["user.id"] or ids["enduser.id"], ids["session.id"]
    event = text_of(said.get("eventName"), "eventName") or ids["event.name"]
    service = resource.get("service.name")
    service = service if isinstance(service, str) and service else "unknown"
    properties = {key: value for key, value in attributes.items() if key not in _MOVED}
    if said.get("body") is not None:
        properties.setdefault("body", said["body"])
    rest = {key: value for key, value in said.items() if key not in _PLACED and value}
    return Event(
        event=event or "log",
        kind="track" if event else "log",
        user_id=user,
        anonymous_id=None if user else session or f"service:{service}",
        personless=not (user or session),
        session_id=session,
        device_id=ids["device.id"],
        timestamp=_time(said),
        properties=properties,
        context=_without_ids(context),
        source=_source(resource),
        x={"otlp": rest} if rest else {},
    )


def _time(said: dict[str, Any]) -> int | None:
    """Microseconds, of the record or else of who observed it."""
    for name in ("timeUnixNano", "observedTimeUnixNano"):
        value = said.get(name) or 0
        if isinstance(value, str) and len(value) <= 20 and value.isdecimal():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Invalid("bad_time", "This is not a time in nanoseconds.", at=f"$.{name}")
        if value:
            return value // 1000
    return None


def _without_ids(context: dict[str, Json]) -> dict[str, Json]:
    """The context without the ids that became the event's own: those are not kept in the open."""
    resource = context["resource"]
    if _MOVED & resource.keys():
        resource = {key: value for key, value in resource.items() if key not in _MOVED}
    return {key: value for key, value in (context | {"resource": resource}).items() if value}


def _source(resource: dict[str, Json]) -> Source:
    name, version = (resource.get(f"telemetry.sdk.{part}") for part in ("name", "version"))
    return Source(
        "otlp",
        sdk=name if isinstance(name, str) else "",
        sdk_version=version if isinstance(version, str) else "",
    )
