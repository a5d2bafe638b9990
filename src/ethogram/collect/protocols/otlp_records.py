"""The log records of an OTLP export, JSON or protobuf, as plain data under their JSON names.

In JSON each record is taken apart before it is understood, so that one bad record spoils no
other. Numbers of 64 bits come as texts; a number that JSON does not have stays a text.
"""

import base64
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from ethogram.collect.protocols.fields import decoded, object_of
from ethogram.collect.protocols.texts import MOST_EVENTS, counted, elements, members
from ethogram.events.errors import EthogramError, Invalid, TooLarge
from ethogram.events.event import Json

LARGEST_EXPORT = 8 << 20
"""Bytes of an export's records, each with its resource and scope."""
_Read: TypeAlias = dict[str, Json] | EthogramError


@dataclass(frozen=True)
class Record:
    """One record, or why it is none; ``context`` is its resource and scope, shared by many.

    ``raw`` are the client's own bytes where they are JSON, ``size`` those of record and context.
    """

    said: _Read
    context: dict[str, Json]
    raw: bytes
    size: int


def of_json(body: bytes) -> list[Record]:
    """The records of a JSON export. Raises `Invalid` where they cannot be told apart."""
    return _counted(_of_json(body))


def of_protobuf(body: bytes) -> list[Record]:
    """The records of a protobuf export. Raises `Invalid` where it is none."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    try:
        export = ExportLogsServiceRequest.FromString(body)
    except DecodeError:
        raise Invalid("bad_protobuf", "The body is not an export of logs.", at="$") from None
    return _counted(_of_protobuf(export))


def _counted(found: Iterator[Record]) -> list[Record]:
    records = counted(list(islice(found, MOST_EVENTS + 1)))
    if sum(record.size for record in records) > LARGEST_EXPORT:
        raise TooLarge(
            "batch_too_large",
            f"An export has at most {LARGEST_EXPORT:,} bytes, its resource counted in each record.",
            hint="Send fewer records at a time.",
        )
    return records


def _of_json(body: bytes) -> Iterator[Record]:
    for resource in _inner(members(body), "resourceLogs"):
        outer = members(resource)
        above = outer.get("resource", b"{}")
        about = _read(_about, above)
        for scope in _inner(outer, "scopeLogs"):
            parts = members(scope)
            beside = parts.get("scope", b"{}")
            within = _read(_about, beside)
            for raw in _inner(parts, "logRecords"):
                yield _together(about, within, _read(_record, raw), raw, len(above) + len(beside))


def _together(about: _Read, within: _Read, said: _Read, raw: bytes, beside: int) -> Record:
    size = len(raw) + beside
    for each in (about, within, said):
        if isinstance(each, EthogramError):
            return Record(each, {}, raw, size)
    return Record(said, {"resource": about, "scope": within}, raw, size)


def _read(reading: Callable[[bytes], dict[str, Json]], raw: bytes) -> _Read:
    try:
        return reading(raw)
    except EthogramError as error:
        return error
    except RecursionError:
        return Invalid("too_deep", "The record is nested too deeply.", at="$")


def _inner(values: dict[str, bytes], name: str) -> list[bytes]:
    raw = values.get(name, b"null")
    return [] if raw == b"null" else elements(raw)


def _about(raw: bytes) -> dict[str, Json]:
    """A resource or a scope: its own fields, and its attributes beside them."""
    said = decoded(raw) or {}
    if not isinstance(said, dict):
        raise Invalid("wrong_type", "Expected an object.", at="$.resourceLogs")
    return _plain(said.pop("attributes", None)) | said


def _record(raw: bytes) -> dict[str, Json]:
    said = decoded(raw)
    if not isinstance(said, dict):
        raise Invalid("wrong_type", "A record is a JSON object.", at="$")
    said["attributes"] = _plain(said.get("attributes"))
    if "body" in said:
        said["body"] = _value(object_of(said, "body"))
    return said


def _plain(pairs: Json) -> dict[str, Json]:
    """Attributes as an object; ``pairs`` are OTLP's list of key and value."""
    found: dict[str, Json] = {}
    for pair in _list(pairs):
        if not isinstance(pair, dict) or not isinstance(key := pair.get("key"), str):
            raise _unlike()
        found[key] = _value(pair.get("value"))
    return found


def _value(value: Json) -> Json:
    """What an ``AnyValue`` says; None where it says nothing."""
    if value is not None and not isinstance(value, dict):
        raise _unlike()
    for name, said in (value or {}).items():
        if name in ("arrayValue", "kvlistValue"):
            if said is not None and not isinstance(said, dict):
                raise _unlike()
            inside = (said or {}).get("values")
            return _plain(inside) if name == "kvlistValue" else [*map(_value, _list(inside))]
        if name == "intValue":
            return _whole(said)
        if name.endswith("Value"):
            return said
    return None


def _list(said: Json) -> list[Json]:
    if said is not None and not isinstance(said, list):
        raise _unlike()
    return said or []


def _unlike() -> Invalid:
    return Invalid("wrong_type", "Attributes are a list of key and value.", at="$.attributes",
                   hint='Write {"key": "…", "value": {"stringValue": "…"}}.')  # fmt: skip


def _whole(said: Json) -> int:
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    if isinstance(said, str) and len(said) <= 20 and said.lstrip("-").isdecimal():
        return int(said)
    raise Invalid("wrong_type", "Expected a whole number.", at="$.attributes")


def _of_protobuf(export: Any) -> Iterator[Record]:
    for resource in export.resource_logs:
        about = _attributes(resource.resource.attributes)
        for scope in resource.scope_logs:
            said = _fields(scope.scope)
            context = {"resource": about, "scope": said.pop("attributes") | said}
            size = resource.resource.ByteSize() + scope.scope.ByteSize()
            for record in scope.log_records:
                said = _fields(record)
                yield Record(said, context, b"", size + record.ByteSize())


def _fields(message: Any) -> dict[str, Json]:
    """The fields of a record or a scope that say something, under their JSON names."""
    said: dict[str, Json] = {
        field.json_name: value.hex() if isinstance(value, bytes) else value
        for field, value in message.ListFields()
        if field.name not in ("attributes", "body")
    }
    if message.DESCRIPTOR.name == "LogRecord" and message.HasField("body"):
        said["body"] = _any(message.body)
    return said | {"attributes": _attributes(message.attributes)}


def _attributes(pairs: Any) -> dict[str, Json]:
    return {pair.key: _any(pair.value) for pair in pairs}


def _any(value: Any) -> Json:
    kind = value.WhichOneof("value")
    said: Any = getattr(value, kind) if kind else None
    if kind == "array_value":
        return [_any(each) for each in said.values]
    if kind == "kvlist_value":
        return _attributes(said.values)
    if kind == "bytes_value":
        return base64.b64encode(said).decode()
    if kind == "double_value":
        return said if math.isfinite(value.double_value) else _named(value.double_value)
    return said


def _named(number: float) -> str:
    """The name that protobuf's JSON has for what JSON has no number for."""
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
