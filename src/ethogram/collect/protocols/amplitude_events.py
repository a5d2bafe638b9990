"""One event of Amplitude as a canonical event.

The device's id is the anonymous id too: what it did before somebody logged in is theirs. Every
field that has no place of its own is kept under ``x.amplitude``.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ethogram.collect.protocols.fields import number_of, object_of, text_of
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Exposure, Group, Json, Kind, ProfileChange, Source

_KINDS: Mapping[str, Kind] = {
    "$identify": "identify",
    "$groupidentify": "group",
    "$exposure": "exposure",
    "revenue_amount": "revenue",
    "[Amplitude] Page Viewed": "page",
    "[Amplitude] Screen Viewed": "screen",
}
_CLEAR = "$clearAll"
_OPERATIONS = {
    "$set": "set",
    "$setOnce": "set_once",
    "$add": "add",
    "$append": "append",
    "$prepend": "prepend",
    "$preInsert": "pre_insert",
    "$postInsert": "post_insert",
    "$remove": "remove",
    "$unset": "unset",
    _CLEAR: "clear_all",
}
_AROUND: Mapping[str, tuple[str, ...]] = {
    "ip": ("ip",),
    "language": ("locale",),
    "platform": ("platform",),
    "user_agent": ("userAgent",),
    "location_lat": ("latitude",),
    "location_lng": ("longitude",),
    "app_version": ("app", "version"),
    "version_name": ("app", "name"),
    "os_name": ("os", "name"),
    "os_version": ("os", "version"),
    "device_brand": ("device", "brand"),
    "device_manufacturer": ("device", "manufacturer"),
    "device_model": ("device", "model"),
    "carrier": ("network", "carrier"),
    "country": ("location", "country"),
    "region": ("location", "region"),
    "city": ("location", "city"),
    "dma": ("location", "dma"),
}
_REMOTE = "$remote"
_NO_SESSION = "-1"


class Batch(NamedTuple):
    """What a batch says beside its events: when it was sent, how short ids may be."""

    sent_at: str | int | float | None = None
    shortest_id: int = 0


def event(values: dict[str, Any], batch: Batch) -> Event:
    """The event that ``values`` say, which are used up. Raises `Invalid`."""
    name = _text(values, "event_type") or ""
    made = Event(name, kind=_KINDS.get(name, "track"), sent_at=batch.sent_at)
    made.timestamp = number_of(values.pop("time", None), "time")
    made.properties = _object(values, "event_properties")
    made.groups = _groups(_object(values, "groups"))
    _set_ids(made, values, batch.shortest_id)
    made.profile_ops = [
        *_changes(_object(values, "user_properties"), "person"),
        *_changes(_object(values, "group_properties"), "group"),
    ]
    _set_revenue(made, values)
    if name == "$exposure":
        made.exposure = _exposure(made.properties)
    made.context = _context(values)
    made.ip_policy = _ip_policy(made.context)
    sdk, _, version = (_text(values, "library") or "").partition("/")
    made.source = Source("amplitude", sdk=sdk, sdk_version=version)
    rest = {name: value for name, value in values.items() if value is not None}
    made.x = {"amplitude": rest} if rest else {}
    return made


def _text(values: dict[str, Any], name: str) -> str | None:
    return text_of(values.pop(name, None), name)


def _object(values: dict[str, Any], name: str) -> dict[str, Json]:
    found = object_of(values, name)
    values.pop(name, None)
    return found


def _set_ids(made: Event, values: dict[str, Any], shortest: int) -> None:
    made.user_id, made.device_id = (
        _id(values, "user_id", shortest),
        _id(values, "device_id", shortest),
    )
    made.anonymous_id = made.device_id
    session = _text(values, "session_id")
    made.session_id = None if session == _NO_SESSION else session
    made.event_id = _text(values, "insert_id") or None
    if made.event_id:
        made.dedup_key = f"{made.device_id or ''} {made.event_id}"
    if made.kind == "group" and made.groups and not (made.user_id or made.device_id):
        group = made.groups[0]
        made.anonymous_id, made.personless = f"group:{group.type}:{group.id}", True


def _id(values: dict[str, Any], name: str, shortest: int) -> str | None:
    said = _text(values, name)
    if said and len(said) < shortest:
        raise Invalid(
            "id_too_short",
            f"Amplitude's ids have at least {shortest} characters.",
            at=f"$.{name}",
            hint="Set the client's min_id_length.",
        )
    return said or None


def _groups(said: dict[str, Json]) -> list[Group]:
    """Groups by type; a type may have several."""
    return [
        Group(type_, group)
        for type_, ids in said.items()
        for each in (ids if isinstance(ids, list) else [ids])
        if (group := text_of(each, "groups"))
    ]


def _changes(said: dict[str, Json], target: str) -> list[ProfileChange]:
    """The operations that are said, in their order; what has none is set."""
    plain = {name: value for name, value in said.items() if name not in _OPERATIONS}
    changes = [ProfileChange("set", plain, target)] if plain else []
    for name in said:
        if name in _OPERATIONS:
            changed = {} if name == _CLEAR else object_of(said, name)
            changes.append(ProfileChange(_OPERATIONS[name], changed, target))
    return changes


def _set_revenue(made: Event, values: dict[str, Any]) -> None:
    """Price times quantity where there is a price, else the revenue.

    ``properties.revenue`` and ``currency`` say it in the words of other dialects, too.
    """
    inside = made.properties if made.kind == "revenue" else {}
    said = {name: inside.get(f"${name}") for name in (*_AMOUNTS, *_WORDS)}
    said |= {name: value for name in said if (value := values.pop(name, None)) is not None}
    sold: dict[str, Json] = {name: number_of(said[name], name) for name in _AMOUNTS}
    sold |= {longer: text_of(said[name], name) for name, longer in _WORDS.items()}
    revenue, price, quantity = (sold[name] for name in _AMOUNTS)
    if price is not None:
        revenue = price * (1 if quantity is None else quantity)
    if revenue is None:
        return
    made.value, made.currency = revenue, sold["currency"]
    made.properties.setdefault("revenue", revenue)
    if made.currency:
        made.properties.setdefault("currency", made.currency)
    if item := {name: sold[name] for name in _ITEM if sold[name] is not None}:
        made.items = [item]


_AMOUNTS = ("revenue", "price", "quantity")
_WORDS = {"currency": "currency", "productId": "product_id", "revenueType": "revenue_type"}
_ITEM = ("product_id", "price", "quantity", "revenue_type")


def _exposure(properties: dict[str, Json]) -> Exposure | None:
    flag = text_of(properties.get("flag_key"), "event_properties.flag_key")
    variant = text_of(properties.get("variant"), "event_properties.variant")
    return Exposure(flag, variant) if flag else None


def _context(values: dict[str, Any]) -> dict[str, Json]:
    context: dict[str, Json] = {}
    for name, place in _AROUND.items():
        value = values.pop(name, None)
        if value is None:
            continue
        inside = context if len(place) == 1 else context.setdefault(place[0], {})
        inside[place[-1]] = value
    return context


def _ip_policy(context: dict[str, Json]) -> Any:
    """Amplitude looks at an address only if asked to; ``$remote`` is the one that is connected."""
    if context.get("ip") == _REMOTE:
        del context["ip"]
        return "use"
    return "override" if "ip" in context else "ignore"
