"""Segment's HTTP tracking API: ``/v1/batch``, ``/v1/track``, ``/v1/t`` and their kin.

Facts are from the SDKs' sources: the key comes as Basic user name or as ``writeKey``; an event
without ``timestamp`` may have ``originalTimestamp``; numbers are seen as ids; nulls are sent.
Every field that has no place of its own is kept under ``x.segment``.
"""

import base64
import binascii
from typing import Any

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Reply, Request, bearer
from ethogram.collect.protocols.native import LARGEST_EVENT, bad_json
from ethogram.events.errors import EthogramError, Invalid, NotFound, TooLarge, nearest
from ethogram.events.event import Event, Kind, Link, ProfileChange, Source
from ethogram.events.event import Group as EventGroup

_TYPES: dict[str, Kind] = {
    "track": "track",
    "identify": "identify",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
}
_SHORT = {name[0]: name for name in _TYPES if name != "alias"} | {"a": "alias"}
_BATCHES = ("batch", "b", "import")
_KNOWN = frozenset(
    """
    type event name category messageId timestamp originalTimestamp sentAt receivedAt userId
    anonymousId previousId groupId properties traits context writeKey
    """.split()  # noqa: SIM905
)


class Segment:
    """See the module."""

    name = "segment"

    def read(self, request: Request) -> tuple[str | None, list[Claim]]:
        """See `Dialect.read`."""
        call = request.path.strip("/").removeprefix("v1/")
        try:
            body = msgspec.json.decode(request.body, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, RecursionError) as error:
            raise bad_json(error) from None
        key = _key(request, body)
        if call in _BATCHES:
            return key, _batch(body)
        kind = _SHORT.get(call, call)
        if kind not in _TYPES:
            raise NotFound(
                "unknown_call",
                f"Segment has no call {call!r}.",
                at=request.path,
                hint=nearest(call, (*_TYPES, "batch")),
            )
        return key, [_claim(request.body, kind, None)]

    def answer(self, outcome: Outcome) -> Reply:
        """Any 2xx is success to Segment's clients; what was rejected is said beside."""
        said = (
            {"success": True} | {"rejected": outcome.rejected}
            if outcome.rejected
            else {"success": True}
        )
        return Reply(200, msgspec.json.encode(said))


def _key(request: Request, body: dict[str, msgspec.Raw]) -> str | None:
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(said, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return None
    if key := bearer(request.headers):
        return key
    return _text(_decoded(body["writeKey"]), "writeKey") if "writeKey" in body else None


def _batch(body: dict[str, msgspec.Raw]) -> list[Claim]:
    sent = _text(_decoded(body["sentAt"]), "sentAt") if "sentAt" in body else None
    try:
        raws = msgspec.json.decode(body.get("batch", b"null"), type=list[msgspec.Raw])
    except msgspec.DecodeError as error:
        raise Invalid("bad_batch", f"{error}.", at="$.batch", hint='Send {"batch": […]}.') from None
    return [_claim(bytes(raw), None, sent) for raw in raws]


def _claim(raw: bytes, kind: str | None, sent: str | None) -> Claim:
    try:
        if len(raw) > LARGEST_EVENT:
            raise TooLarge(
                "event_too_large", f"An event has at most {LARGEST_EVENT:,} bytes.", at="$"
            )
        message = _decoded(raw)
        if not isinstance(message, dict):
            raise Invalid("wrong_type", "An event is a JSON object.", at="$")
        return _event(message, kind or _text(message.get("type"), "type") or "track", sent)
    except EthogramError as error:
        return Refusal(error, raw)


def _event(message: dict[str, Any], type_: str, sent: str | None) -> Event:
    kind = _TYPES.get(type_)
    if kind is None:
        raise Invalid("unknown_type", f"Segment has no {type_!r}.", at="$.type",
                      hint=nearest(type_, _TYPES))  # fmt: skip
    traits = _object(message, "traits")
    context = _object(message, "context")
    properties = _object(message, "properties")
    if name := _text(message.get("name"), "name"):
        properties.setdefault("name", name)
    if category := _text(message.get("category"), "category"):
        properties.setdefault("category", category)
    group = _text(message.get("groupId"), "groupId")
    user, previous = (_text(message.get(key), key) for key in ("userId", "previousId"))
    rest = {key: value for key, value in message.items() if key not in _KNOWN and value is not None}
    return Event(
        event=(_text(message.get("event"), "event") or "") if kind == "track" else type_,
        kind=kind,
        user_id=user,
        anonymous_id=_text(message.get("anonymousId"), "anonymousId"),
        device_id=_text(_inner(context, "device", "id"), "context.device.id"),
        session_id=_text(context.get("sessionId"), "context.sessionId"),
        timestamp=_time(message, "timestamp") or _time(message, "originalTimestamp"),
        sent_at=_time(message, "sentAt") or sent,
        event_id=_text(message.get("messageId"), "messageId"),
        properties=properties,
        context=context,
        groups=[EventGroup("company", group)] if group else [],
        identity_links=[Link("alias", previous, user)] if previous and user else [],
        profile_ops=[ProfileChange("set", traits, "group" if kind == "group" else "person")]
        if traits
        else [],
        source=_source(context),
        x={"segment": rest} if rest else {},
    )


def _source(context: dict[str, Any]) -> Source:
    return Source(
        "segment",
        sdk=str(_inner(context, "library", "name") or ""),
        sdk_version=str(_inner(context, "library", "version") or ""),
    )


def _decoded(raw: bytes | msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise bad_json(error) from None


def _text(value: Any, place: str) -> str | None:
    """Segment's ids are texts, but numbers are seen too."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Invalid("wrong_type", f"Expected a text, got {type(value).__name__}.", at=f"$.{place}")


def _time(message: dict[str, Any], place: str) -> str | int | float | None:
    value = message.get(place)
    if value is None or isinstance(value, str | int | float):
        return value
    raise Invalid("wrong_type", f"Expected a time, got {type(value).__name__}.", at=f"$.{place}")


def _object(message: dict[str, Any], place: str) -> dict[str, Any]:
    value = message.get(place)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise Invalid("wrong_type", f"Expected an object, got {type(value).__name__}.", at=f"$.{place}")


def _inner(values: dict[str, Any], outer: str, name: str) -> Any:
    inside = values.get(outer)
    return inside.get(name) if isinstance(inside, dict) else None
