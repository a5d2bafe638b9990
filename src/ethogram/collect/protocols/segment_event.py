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
    said = message.get
    context = object_of(message, "context")
    timed = "timestamp" if said("timestamp") is not None else "originalTimestamp"
    made = Event(
        event=(text_of(said("event"), "event") or "") if kind == "track" else type_,
        kind=kind,
        user_id=text_of(said("userId"), "userId"),
        anonymous_id=text_of(said("anonymousId"), "anonymousId"),
        timestamp=time_of(message, timed),
        sent_at=time_of(message, "sentAt"),
        event_id=text_of(said("messageId"), "messageId"),
        properties=_properties(message),
        source=_source(context, reading.vendor),
    )
    for name, value in sale(made.properties, _WORDS).items():
        setattr(made, name, value)
    traits = object_of(message, "traits")
    if reading.traits_inside and kind == "identify":
        traits, context = object_of(context, "traits") | traits, _without(context, {"traits"})
    if traits:
        made.profile_ops = [ProfileChange("set", traits, _targets.get(kind, "person"))]
    _add_ids(made, message, context)
    made.context = _without_ids(context)
    rest = {key: value for key in message.keys() - _KNOWN
            if ((value := message[key]) or value == 0) and key != timed}  # fmt: skip
    if rest:
        made.time_is_true = reading.stated and "originalTimestamp" in rest
        made.x = {reading.vendor: rest}
    return made


_targets = {"group": "group"}


def _properties(message: dict[str, Any]) -> dict[str, Any]:
    """The properties; a page's name and category stand beside them, and are some of them."""
    properties = object_of(message, "properties")
    for key in ("name", "category"):
        if key in message and (said := text_of(message[key], key)):
            properties.setdefault(key, said)
    return properties


def _add_ids(made: Event, message: dict[str, Any], context: dict[str, Any]) -> None:
    """The ids that most events do not have.

    ``previousId`` is an anonymous id or an earlier user id; it does not say which.
    """
    if "previousId" in message:
        previous = text_of(message["previousId"], "previousId")
        if previous and made.user_id:
            made.identity_links = [Link("alias", previous, made.user_id, a_kind="either")]
    if "groupId" in message or "groupId" in context:
        group = text_of(message.get("groupId", context.get("groupId")), "groupId")
        made.groups = [Group("company", group)] if group else []
    if "sessionId" in context:
        made.session_id = text_of(context["sessionId"], "context.sessionId")
    if "device" in context:
        made.device_id = text_of(inner(context, "device", "id"), "context.device.id")


def _without(values: dict[str, Json], names: set[str]) -> dict[str, Json]:
    return {key: value for key, value in values.items() if key not in names}


def _without_ids(context: dict[str, Json]) -> dict[str, Json]:
    """The context without the ids that became the event's own: those are not kept in the open."""
    device = context.get("device")
    if not isinstance(device, dict) or "id" not in device:
        return context if _MOVED.isdisjoint(context) else _without(context, _MOVED)
    rest = _without(context, _MOVED)
    rest["device"] = _without(device, {"id"})
    return rest


def _source(context: dict[str, Any], vendor: str) -> Source:
    library = context.get("library")
    if not isinstance(library, dict):
        return Source(vendor)
    name, version = library.get("name"), library.get("version")
    return Source(
        vendor,
        sdk=name if isinstance(name, str) else "",
        sdk_version=version if isinstance(version, str) else "",
    )
