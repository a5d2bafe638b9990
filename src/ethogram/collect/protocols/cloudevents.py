"""CloudEvents 1.0 and 0.3 over HTTP: structured, binary and batched.

CloudEvents does not say who did something. The extensions ``userid``, ``anonymousid``,
``deviceid`` and ``sessionid`` do, else ``authid`` where ``authtype`` is a user, else ``subject``;
an event with none of them is its source's, and nobody's. Attributes that have no place of their
own are kept under ``x.cloudevents``.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Alone, Reply, Request, bearer, parted, refused
from ethogram.collect.protocols.fields import decoded, text_of, time_of
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import EthogramError, Invalid
from ethogram.events.event import Event, Json, Source

SMALLEST_LIMIT = 64 << 10
"""Bytes of an event that everybody who takes CloudEvents should take."""
_VERSIONS = ("1.0", "0.3")
_BATCH, _ONE = "application/cloudevents-batch", "application/cloudevents"
_JSON = re.compile(r"(.+/)?(.+\+)?json", re.IGNORECASE)
_QUOTED = re.compile(r'"(.*)"', re.DOTALL)
_PLACED = {"id", "type", "time", "data", "data_base64", "userid", "anonymousid", "deviceid",
           "sessionid"}  # fmt: skip
_PEOPLE = ("user", "app_user")


class CloudEvents:
    """See the module."""

    name = "cloudevents"
    methods = frozenset({"OPTIONS", "POST"})
    key_inside = False
    largest_body = 0

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: whoever asks whether it may send, may, and as fast as it will."""
        if request.method != "OPTIONS":
            return None
        origin = request.headers.get("webhook-request-origin")
        said = {"webhook-allowed-origin": origin, "webhook-allowed-rate": "*"} if origin else {}
        return Reply(204, b"", {"allow": "POST, OPTIONS", **said})

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: Bearer, or the path where a sender has an address only."""
        return bearer(request.headers) or parted(request.path)[0]

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`; the content type says the mode, else ``ce-`` headers do."""
        largest = max(request.largest, SMALLEST_LIMIT)
        type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if type_.startswith(_ONE) and not type_.endswith(("+json", _BATCH, _ONE)):
            raise _Unsupported(
                "unknown_format", "This format of CloudEvents is not known here.",
                at="content-type", hint=f"Send {_ONE}+json or {_BATCH}+json.",
            )  # fmt: skip
        binary = not type_.startswith(_ONE) and any(name[:3] == "ce-" for name in request.headers)
        if binary:
            return [_binary(request.headers, type_, request.body, largest)]
        if type_.startswith(_BATCH) or request.body.lstrip().startswith(b"["):
            return [_structured(raw, largest) for raw in elements(request.body)]
        members(request.body)
        return [_structured(request.body, largest)]

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        return lambda raw: replace(request, body=raw, headers={"content-type": f"{_ONE}+json"})

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: any 2xx is success; what was rejected is said."""
        if outcome.rejected:
            return Reply(200, msgspec.json.encode({"rejected": outcome.rejected}))
        return Reply(204, b"")

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: the status is all that senders look at."""
        return refused(error)


class _Unsupported(EthogramError):
    status = 415


def _structured(raw: bytes, largest: int) -> Claim:
    try:
        if len(raw) > largest:
            raise too_large(len(raw), largest)
        message = decoded(raw)
        if not isinstance(message, dict):
            raise Invalid("wrong_type", "An event is a JSON object.", at="$")
        return _event(message)
    except EthogramError as error:
        return Refusal(error, raw)


def _binary(headers: Mapping[str, str], type_: str, body: bytes, largest: int) -> Claim:
    """One event whose attributes are headers; a refusal keeps it as a structured one."""
    said = {name[3:]: value for name, value in headers.items() if name[:3] == "ce-"}
    if type_:
        said["datacontenttype"] = headers["content-type"]
    whole = said | {"data_base64": base64.b64encode(body).decode()}
    try:
        if (size := len(body) + sum(map(len, said.values()))) > largest:
            raise too_large(size, largest)
        message: dict[str, Any] = {name: _header(name, value) for name, value in said.items()}
        if body:
            message["data"] = _content(body, type_)
        return _event(message)
    except EthogramError as error:
        return Refusal(error, msgspec.json.encode(whole))


def _header(name: str, value: str) -> str:
    """The text of a header, whose characters are percent-encoded, once."""
    if quoted := _QUOTED.fullmatch(value):
        value = re.sub(r"\\(.)", r"\1", quoted[1])
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode()
    except UnicodeDecodeError as error:
        raise Invalid("bad_text", f"A header is not UTF-8: {error.reason}.",
                      at=f"$.{name}") from None  # fmt: skip


def _content(body: bytes, type_: str) -> Json:
    """The data of a body: what its content type says, and without one what it can be."""
    if _JSON.fullmatch(type_):
        return decoded(body)
    try:
        text = body.decode()
        return text if type_ else _as_json(text)
    except UnicodeDecodeError:
        return {"data_base64": base64.b64encode(body).decode()}


def _as_json(text: str) -> Json:
    try:
        return decoded(text.encode())
    except Invalid:
        return text


def _event(message: dict[str, Any]) -> Event:
    if text_of(message.get("specversion"), "specversion") not in _VERSIONS:
        raise Invalid("unknown_version", "This version of CloudEvents is not known here.",
                      at="$.specversion", hint=f"There are: {', '.join(_VERSIONS)}.")  # fmt: skip
    type_, source, id_ = (_required(message, name) for name in ("type", "source", "id"))
    anonymous = text_of(message.get("anonymousid"), "anonymousid")
    user, named = _user(message, nobody=not anonymous)
    nobody = not (user or anonymous)
    rest = {key: value for key, value in message.items()
            if key not in _PLACED and key != named and value is not None}  # fmt: skip
    return Event(
        event=type_,
        user_id=user,
        anonymous_id=f"source:{source}" if nobody else anonymous,
        personless=nobody,
        device_id=text_of(message.get("deviceid"), "deviceid"),
        session_id=text_of(message.get("sessionid"), "sessionid"),
        timestamp=time_of(message, "time"),
        event_id=id_,
        dedup_key=f"{source}\0{id_}",
        properties=_properties(message),
        source=Source("cloudevents"),
        x={"cloudevents": rest},
    )


def _required(message: dict[str, Any], name: str) -> str:
    said = text_of(message.get(name), name)
    if not said:
        raise Invalid("missing_attribute", f"There is no {name}.", at=f"$.{name}")
    return said


def _user(message: dict[str, Any], *, nobody: bool) -> tuple[str | None, str]:
    """Who did it, and the attribute that says so; ``nobody`` else is known."""
    if user := text_of(message.get("userid"), "userid"):
        return user, "userid"
    if message.get("authtype") in _PEOPLE and (user := text_of(message.get("authid"), "authid")):
        return user, "authid"
    return (text_of(message.get("subject"), "subject"), "subject") if nobody else (None, "")


def _properties(message: dict[str, Any]) -> dict[str, Json]:
    """The data; under ``data`` where it is no object, as base64 where it is no text."""
    data, encoded = message.get("data"), message.get("data_base64")
    if message.get("datacontentencoding") == "base64":
        data, encoded = None, data
    if data is None and encoded is not None:
        type_ = text_of(message.get("datacontenttype"), "datacontenttype") or ""
        data = _content(_bytes(encoded), type_.partition(";")[0].strip())
    return {} if data is None else data if isinstance(data, dict) else {"data": data}


def _bytes(encoded: Json) -> bytes:
    try:
        return base64.b64decode(text_of(encoded, "data_base64") or "", validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("bad_base64", "The data is not base64.", at="$.data_base64") from None
