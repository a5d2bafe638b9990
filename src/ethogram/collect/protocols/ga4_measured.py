"""An event of GA4's Measurement Protocol."""

from collections.abc import Mapping
from typing import Any

from ethogram.collect.protocols.fields import decoded, inner, object_of, text_of
from ethogram.collect.protocols.sales import Words, sale
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Json, Kind, ProfileChange, Source

WORDS = Words(value="value", order="transaction_id", items="items")
_KINDS: Mapping[str, Kind] = {
    "page_view": "page",
    "screen_view": "screen",
    "user_engagement": "ping",
}
_ABOUT = ("device", "user_location", "user_agent")
_PLACED = {*_ABOUT, "client_id", "app_instance_id", "user_id", "timestamp_micros", "consent",
           "user_properties", "ip_override", "events"}  # fmt: skip


def kind(name: str) -> Kind:
    """What kind an event of GA4 is."""
    return _KINDS.get(name, "track")


def repeated(name: str, order: str | None) -> str | None:
    """The deduplication key: GA4 counts a purchase's transaction once, and has no other."""
    return f"{name}\0{order}" if name == "purchase" and order else None


def measurements(body: bytes) -> tuple[dict[str, Json], list[bytes]]:
    """What a request says beside its events, and the events' texts. Raises `Invalid`."""
    parts = members(body)
    if "events" not in parts:
        raise Invalid("bad_batch", "There are no events.", at="$.events",
                      hint='Send {"client_id": "…", "events": [{"name": "…"}]}.')  # fmt: skip
    events = elements(parts.pop("events"))
    return {name: decoded(raw) for name, raw in parts.items()}, events


def measured(query: Mapping[str, str], beside: dict[str, Json], raw: bytes) -> Event:
    """The event of ``raw``; ``beside`` is what its request says of all. Raises `Invalid`."""
    said = decoded(raw)
    if not isinstance(said, dict):
        raise Invalid("wrong_type", "An event is a JSON object.", at="$")
    properties = object_of(said, "params")
    session = text_of(properties.pop("session_id", None), "params.session_id")
    name = text_of(said.get("name"), "name") or ""
    sold = sale(properties, WORDS)
    app = text_of(beside.get("app_instance_id"), "app_instance_id")
    rest = {key: value for key, value in (dict(query) | beside).items()
            if key not in _PLACED and key != "api_secret"}  # fmt: skip
    more = {key: value for key, value in said.items()
            if key not in ("name", "params", "timestamp_micros")}  # fmt: skip
    return Event(
        event=name,
        kind=kind(name),
        user_id=text_of(beside.get("user_id"), "user_id"),
        anonymous_id=text_of(beside.get("client_id"), "client_id") or app,
        device_id=app,
        session_id=session,
        timestamp=_micros(said) or _micros(beside),
        dedup_key=repeated(name, sold.get("order_id")),
        properties=properties,
        context=_context(beside),
        ip_policy="override" if beside.get("ip_override") else "use",
        profile_ops=_changes(object_of(beside, "user_properties")),
        consent=object_of(beside, "consent") or None,
        source=Source("ga4", "mp/collect"),
        x={"ga4": rest | more} if rest or more else {},
        **sold,
    )


def _micros(said: dict[str, Any]) -> int | None:
    """Microseconds, as a number or as the text of one."""
    value = said.get("timestamp_micros")
    if isinstance(value, str) and len(value) <= 20 and value.isdecimal():
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Invalid("bad_time", "This is not a time in microseconds.", at="$.timestamp_micros")


def _context(beside: dict[str, Json]) -> dict[str, Json]:
    context = {name: beside[name] for name in _ABOUT if beside.get(name)}
    return context | ({"ip": beside["ip_override"]} if beside.get("ip_override") else {})


def _changes(properties: dict[str, Json]) -> list[ProfileChange]:
    """The user's properties, each of which is ``{"value": …}``."""
    values = {name: inner(properties, name, "value") for name in properties}
    return [ProfileChange("set", values)] if values else []
