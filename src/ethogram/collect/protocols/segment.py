"""Segment's HTTP tracking API: ``/v1/batch``, ``/v1/track``, ``/v1/t`` and their kin.

Facts are from the SDKs' sources: the key comes as Basic user name or as ``writeKey``; an event
without ``timestamp`` may have ``originalTimestamp``; numbers are seen as ids; nulls are sent.
Every field that has no place of its own is kept under ``x.segment``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Reply, Request, basic, bearer, refused
from ethogram.collect.protocols.fields import decoded, inner, object_of, text_of, time_of
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import EthogramError, Invalid, NotFound, TooLarge, nearest
from ethogram.events.event import Event, Group, Json, Kind, Link, ProfileChange, Source

_TYPES: Mapping[str, Kind] = {
    "track": "track",
    "identify": "identify",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
}
_SHORT = {name[0]: name for name in _TYPES}
LARGEST_BATCH = 8 << 20
"""Bytes of a batch's events, each with what is said beside them."""
_BATCHES = ("batch", "b", "import")
_KNOWN = frozenset(
    """
    type event name category messageId timestamp sentAt userId anonymousId previousId groupId
    properties traits context writeKey
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class _Beside:
    """What a batch says beside its events, and how many bytes that has; it holds for each."""

    values: dict[str, Json]
    size: int


_ALONE = _Beside({}, 0)
_MOVED = {"sessionId", "groupId"}


class Segment:
    """See the module."""

    name = "segment"
    methods = frozenset({"POST"})
    key_inside = True
    largest_body = 0

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: nothing."""

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: the user of Basic, Bearer, or ``writeKey`` in the body."""
        return basic(request.headers) or bearer(request.headers) or _inside(request.body)

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `NotFound` for a call that Segment does not have."""
        call = request.path.strip("/").removeprefix("v1/")
        if call in _BATCHES:
            return _batch(members(request.body), request.largest)
        kind = _SHORT.get(call, call)
        if kind not in _TYPES:
            raise NotFound(
                "unknown_call",
                "Segment has no such call.",
                at="path",
                hint=nearest(call, (*_TYPES, "batch")),
            )
        members(request.body)
        return [_claim(request.body, kind, _ALONE, request.largest)]

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: any 2xx is success; what was rejected is said beside."""
        said: dict[str, Json] = {"success": True}
        if outcome.rejected:
            said["rejected"] = outcome.rejected
        return Reply(200, msgspec.json.encode(said))

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: the status is all that clients look at."""
        return refused(error)


def _inside(body: bytes) -> str | None:
    key = decoded(members(body).get("writeKey", b"null")) if body else None
    return key if isinstance(key, str) else None


def _batch(body: dict[str, bytes], largest: int) -> list[Claim]:
    """The events of a batch; what is said beside them holds for each that does not say it."""
    if "batch" not in body:
        raise Invalid("bad_batch", "There is no batch.", at="$.batch", hint='Send {"batch": […]}.')
    shared = {name: body[name] for name in ("sentAt", "context") if name in body}
    beside = _Beside({name: decoded(raw) for name, raw in shared.items()},
                     sum(map(len, shared.values())))  # fmt: skip
    events = elements(body["batch"])
    if sum(map(len, events)) + len(events) * beside.size > LARGEST_BATCH:
        raise TooLarge(
            "batch_too_large",
            f"A batch has at most {LARGEST_BATCH:,} bytes, its context counted in each event.",
            at="$.context",
            hint="Send fewer events at a time, or a smaller context.",
        )
    return [_claim(raw, None, beside, largest) for raw in events]


def _claim(raw: bytes, type_: str | None, beside: _Beside, largest: int) -> Claim:
    try:
        if (size := len(raw) + beside.size) > largest:
            raise too_large(size, largest)
        message = decoded(raw)
        if not isinstance(message, dict):
            raise Invalid("wrong_type", "An event is a JSON object.", at="$")
        shared, own = object_of(beside.values, "context"), object_of(message, "context")
        message["context"] = shared | own if shared and own else shared or own
        message["sentAt"] = message.get("sentAt") or beside.values.get("sentAt")
        return _event(message, type_ or text_of(message.get("type"), "type") or "track")
    except EthogramError as error:
        return Refusal(error, raw)


def _event(message: dict[str, Any], type_: str) -> Event:
    kind = _TYPES.get(type_)
    if kind is None:
        raise Invalid("unknown_type", "Segment has no such type.", at="$.type",
                      hint=nearest(type_, _TYPES))  # fmt: skip
    context = message["context"]
    properties = object_of(message, "properties")
    for key in ("name", "category"):
        if said := text_of(message.get(key), key):
            properties.setdefault(key, said)
    user, previous = (text_of(message.get(key), key) for key in ("userId", "previousId"))
    group = text_of(message.get("groupId", context.get("groupId")), "groupId")
    timed = "timestamp" if message.get("timestamp") is not None else "originalTimestamp"
    known = _KNOWN | {timed}
    rest = {key: value for key, value in message.items() if key not in known and value}
    return Event(
        event=(text_of(message.get("event"), "event") or "") if kind == "track" else type_,
        kind=kind,
        user_id=user,
        anonymous_id=text_of(message.get("anonymousId"), "anonymousId"),
        device_id=text_of(inner(context, "device", "id"), "context.device.id"),
        session_id=text_of(context.get("sessionId"), "context.sessionId"),
        timestamp=time_of(message, timed),
        sent_at=time_of(message, "sentAt"),
        event_id=text_of(message.get("messageId"), "messageId"),
        properties=properties,
        context=_without_ids(context),
        groups=[Group("company", group)] if group else [],
        identity_links=_alias(previous, user) if previous and user else [],
        profile_ops=_changes(kind, object_of(message, "traits")),
        source=_source(context),
        x={"segment": rest} if rest else {},
    )


def _alias(previous: str, user: str) -> list[Link]:
    """Segment's ``previousId`` is an anonymous id or an earlier user id; it does not say which."""
    return [Link("alias", previous, user, a_kind="either")]


def _changes(kind: Kind, traits: dict[str, Json]) -> list[ProfileChange]:
    target = "group" if kind == "group" else "person"
    return [ProfileChange("set", traits, target)] if traits else []


def _without_ids(context: dict[str, Json]) -> dict[str, Json]:
    """The context without the ids that became the event's own: those are not kept in the open."""
    device = context.get("device")
    if inner(context, "device", "id") is None and not _MOVED & context.keys():
        return context
    rest = {key: value for key, value in context.items() if key not in _MOVED}
    if isinstance(device, dict):
        rest["device"] = {key: value for key, value in device.items() if key != "id"}
    return rest


def _source(context: dict[str, Any]) -> Source:
    name, version = (inner(context, "library", part) for part in ("name", "version"))
    return Source(
        "segment",
        sdk=name if isinstance(name, str) else "",
        sdk_version=version if isinstance(version, str) else "",
    )
