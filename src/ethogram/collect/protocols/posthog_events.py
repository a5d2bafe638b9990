"""PostHog's events: what is said of persons and groups, when, and what else stands in them."""

from dataclasses import dataclass
from typing import Any

from ethogram.collect.protocols.fields import amount_of, object_of, text_of, time_of
from ethogram.collect.protocols.posthog_identity import Who, groups_of, identity
from ethogram.events.errors import Invalid
from ethogram.events.event import (
    Event,
    Exposure,
    Instant,
    Json,
    Kind,
    ProfileChange,
    Source,
)
from ethogram.events.times import iso, now, parse

_KINDS: dict[str, Kind] = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$create_alias": "alias",
    "$merge_dangerously": "alias",
    "$groupidentify": "group",
    "$set": "profile",
    "$set_once": "profile",
    "$unset": "profile",
    "$feature_flag_called": "exposure",
    "$experiment_exposure": "exposure",
    "$opt_in": "consent",
}
_OPTIONS = {
    "cookieless_mode": "$cookieless_mode",
    "disable_skew_correction": "$ignore_sent_at",
    "process_person_profile": "$process_person_profile",
    "product_tour_id": "$product_tour_id",
}
"""What v1 lifts out of the properties, and what it was called there."""
_LIFTED = {"session_id": "$session_id", "window_id": "$window_id"}
_KNOWN = frozenset(
    """
    event uuid distinct_id $distinct_id timestamp offset sent_at properties options session_id
    window_id $set $set_once $unset token $token api_key library library_version type
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Beside:
    """What a request says beside its events.

    ``history`` says that times are not to be corrected, ``event`` what an event without a name
    is called, ``sdk`` is ``name/version``.
    """

    sent_at: str | int | float | None = None
    history: bool = False
    event: str | None = None
    sdk: str = ""
    attempt: int = 0
    ignores_address: bool = False


def event_of(message: dict[str, Any], beside: Beside) -> Event:
    """The event that ``message`` says, which is taken apart for it. Raises `Invalid`."""
    name = text_of(message.get("event"), "event") or beside.event or ""
    kind = _KINDS.get(name, "track")
    properties = _unlifted(message)
    said = message.get("distinct_id", message.get("$distinct_id"))
    distinct = text_of(_taken(properties, "distinct_id", said), "distinct_id")
    device = text_of(properties.pop("$device_id", None), "properties.$device_id")
    who, links = identity(name, distinct, device, properties)
    groups, changes = groups_of(kind, properties), _changes(kind, message, properties)
    if kind == "group" and distinct and groups and distinct == f"${groups[0].type}_{groups[0].id}":
        who = Who(anonymous=distinct, personless=True)
    timestamp, sent = _times(message, properties, beside)
    event = Event(
        event=name,
        kind=kind,
        user_id=who.user,
        anonymous_id=who.anonymous,
        device_id=device,
        session_id=text_of(properties.pop("$session_id", None), "properties.$session_id"),
        timestamp=timestamp,
        sent_at=sent,
        event_id=text_of(message.get("uuid"), "uuid"),
        identity_links=links,
        groups=groups,
        profile_ops=changes,
        source=_source(message, properties, beside),
        properties=properties,
    )
    event.time_is_true, event.personless = beside.history, who.personless
    _add_rare(event, beside)
    if not _KNOWN.issuperset(message):
        rest = {key: value for key, value in message.items() if key not in _KNOWN and value}
        event.x = {"posthog": rest} if rest else {}
    return event


def _add_rare(event: Event, beside: Beside) -> None:
    """What only some events say: money, a flag, consent, and that no place is wanted."""
    said = event.properties
    if "revenue" in said or "$revenue" in said:
        event.value = amount_of(said.get("revenue", said.get("$revenue")))
    if "currency" in said:
        event.currency = _text(said["currency"])
    if "order_id" in said:
        event.order_id = _text(said["order_id"])
    if isinstance(said.get("products"), list):
        event.items = said["products"]
    if event.kind == "exposure":
        event.exposure = _exposure(said)
    elif event.kind == "consent":
        event.consent = {"analytics": True}
    if beside.ignores_address or said.get("$geoip_disable") is True:
        event.ip_policy = "ignore"


def sent_of(said: Any) -> str | int | float | None:
    """When events were sent; PostHog goes without where that is no time."""
    if isinstance(said, str) and said.isdecimal():
        said = int(said[:20])
    if not isinstance(said, str | int | float) or isinstance(said, bool):
        return None
    try:
        parse(said)
    except Invalid:
        return None
    return said


def _unlifted(message: dict[str, Any]) -> dict[str, Any]:
    """The properties as they were before v1, without the write key."""
    properties = object_of(message, "properties")
    if isinstance(properties.get("token"), str):
        del properties["token"]
    if "options" not in message:
        return properties
    for option, value in object_of(message, "options").items():
        properties.setdefault(_OPTIONS.get(option, option), value)
    for field, name in _LIFTED.items():
        if message.get(field) is not None:
            properties.setdefault(name, message[field])
    return properties


def _taken(properties: dict[str, Any], name: str, first: Any) -> Any:
    """``first``, or else what the property says; a property that says the same leaves."""
    if first is None or properties.get(name) == first:
        return properties.pop(name, first)
    return first


def _changes(
    kind: Kind, message: dict[str, Any], properties: dict[str, Any]
) -> list[ProfileChange]:
    """What changes about the person; nothing where no profile is wanted: then it stays put."""
    changes: list[ProfileChange] = []
    if kind == "group" and (values := object_of(properties, "$group_set")):
        changes.append(ProfileChange("set", values, "group"))
        del properties["$group_set"]
    if properties.get("$process_person_profile") is False:
        outer = {name: message[name] for name in _OPERATIONS if message.get(name)}
        properties.update(outer)
        return changes
    for name, op in _OPERATIONS.items():
        if name not in message and name not in properties:
            continue
        values = _named(properties.pop(name, None), name) | _named(message.get(name), name)
        if values:
            changes.append(ProfileChange(op, values))
    return changes


_OPERATIONS = {"$set": "set", "$set_once": "set_once", "$unset": "unset"}


def _named(value: Any, place: str) -> dict[str, Json]:
    """An object; names alone are an object of nothing."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value)
    return object_of({place: value}, place)


def _times(
    message: dict[str, Any], properties: dict[str, Any], beside: Beside
) -> tuple[str | int | float | None, str | int | float | None]:
    """(when it happened, when it was sent), by the client's clock."""
    sent = beside.sent_at or sent_of(message.get("sent_at"))
    if properties.get("$ignore_sent_at") is True:
        sent = None
    at, offset = time_of(message, "timestamp"), message.get("offset")
    if at is None and isinstance(offset, int | float) and not isinstance(offset, bool):
        ago: Instant = round(min(max(offset, 0), 1e12) * 1000)
        return iso(max((parse(sent) if sent else now()) - ago, 0)), sent
    return at, sent


def _exposure(properties: dict[str, Any]) -> Exposure | None:
    flag = properties.get("$feature_flag")
    if not isinstance(flag, str):
        return None
    value = properties.get("$feature_flag_response")
    variant = properties.get("$feature_flag_variant_key", value)
    version = properties.get("$feature_flag_version")
    return Exposure(
        flag,
        variant=variant if isinstance(variant, str) else None,
        value=value,
        reason=_text(properties.get("$feature_flag_reason")),
        version=None if version is None else str(version)[:64],
    )


def _source(message: dict[str, Any], properties: dict[str, Any], beside: Beside) -> Source:
    name, _, version = beside.sdk.partition("/")
    sdk = _text(properties.get("$lib") or message.get("library") or name)
    number = _text(properties.get("$lib_version") or message.get("library_version") or version)
    return Source("posthog", "", sdk or "", number or "", beside.attempt)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= 200 else None
