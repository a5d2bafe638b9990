"""One call of Segment's specification as a canonical event, as Segment and RudderStack say it.

Numbers are seen as ids; nulls and empty objects are sent, and say nothing. Every other field that
has no place of its own is kept under ``x`` and the vendor's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ethogram.collect.protocols.fields import inner, object_of, text_of, time_of
from ethogram.collect.protocols.sales import Words, sale
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Event, Group, Json, Kind, Link, ProfileChange, Source

TYPES: Mapping[str, Kind] = {
    "track": "track",
    "identify": "identify",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
}
_KNOWN = frozenset(
    """
    type event name category messageId sentAt userId anonymousId previousId groupId
    properties traits context writeKey
    """.split()  # noqa: SIM905
)
_MOVED = {"sessionId", "groupId"}
_WORDS = Words(value="revenue", order="order_id", items="products")


@dataclass(frozen=True)
class Reading:
    """In what two vendors differ who say the same calls.

    ``stated``: ``timestamp`` beside ``originalTimestamp`` is the caller's own, and believed.
    ``traits_inside``: identify's traits may stand in its context alone.
    ``batch_first``: a batch's time of sending is newer than its events'.
    """

    vendor: str
    stated: bool = False
    traits_inside: bool = False
    batch_first: bool = False


def event(message: dict[str, Any], type_: str, reading: Reading) -> Event:
    """The event that ``message`` says. Raises `Invalid`."""
    kind = TYPES.get(type_)
    if kind is None:
        raise Invalid("unknown_type", f"{reading.vendor.capitalize()} has no such type.",
                      at="$.type", hint=nearest(type_, TYPES))  # fmt: skip
    context = object_of(message, "context")
    properties = object_of(message, "properties")
    for key in ("name", "category"):
        if said := text_of(message.get(key), key):
            properties.setdefault(key, said)
    traits = object_of(message, "traits")
    if reading.traits_inside and kind == "identify":
        traits, context = object_of(context, "traits") | traits, _without(context, {"traits"})
    user, previous = (text_of(message.get(key), key) for key in ("userId", "previousId"))
    group = text_of(message.get("groupId", context.get("groupId")), "groupId")
    timed = "timestamp" if message.get("timestamp") is not None else "originalTimestamp"
    rest = {key: value for key, value in message.items()
            if key not in _KNOWN and key != timed and (value or value == 0)}  # fmt: skip
    return Event(
        event=(text_of(message.get("event"), "event") or "") if kind == "track" else type_,
        kind=kind,
        user_id=user,
        anonymous_id=text_of(message.get("anonymousId"), "anonymousId"),
        device_id=text_of(inner(context, "device", "id"), "context.device.id"),
        session_id=text_of(context.get("sessionId"), "context.sessionId"),
        timestamp=time_of(message, timed),
        sent_at=time_of(message, "sentAt"),
        time_is_true=reading.stated and "originalTimestamp" in rest,
        event_id=text_of(message.get("messageId"), "messageId"),
        properties=properties,
        context=_without_ids(context),
        groups=[Group("company", group)] if group else [],
        identity_links=_alias(previous, user) if previous and user else [],
        profile_ops=_changes(kind, traits),
        source=_source(context, reading.vendor),
        x={reading.vendor: rest} if rest else {},
        **sale(properties, _WORDS),
    )


def _alias(previous: str, user: str) -> list[Link]:
    """``previousId`` is an anonymous id or an earlier user id; it does not say which."""
    return [Link("alias", previous, user, a_kind="either")]


def _changes(kind: Kind, traits: dict[str, Json]) -> list[ProfileChange]:
    target = "group" if kind == "group" else "person"
    return [ProfileChange("set", traits, target)] if traits else []


def _without(values: dict[str, Json], names: set[str]) -> dict[str, Json]:
    return {key: value for key, value in values.items() if key not in names}


def _without_ids(context: dict[str, Json]) -> dict[str, Json]:
    """The context without the ids that became the event's own: those are not kept in the open."""
    device = context.get("device")
    if inner(context, "device", "id") is None and not _MOVED & context.keys():
        return context
    rest = _without(context, _MOVED)
    if isinstance(device, dict):
        rest["device"] = _without(device, {"id"})
    return rest


def _source(context: dict[str, Any], vendor: str) -> Source:
    name, version = (inner(context, "library", part) for part in ("name", "version"))
    return Source(
        vendor,
        sdk=name if isinstance(name, str) else "",
        sdk_version=version if isinstance(version, str) else "",
    )
