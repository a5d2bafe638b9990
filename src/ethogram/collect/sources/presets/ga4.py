"""GA4's export to BigQuery, saved from there as JSON Lines or Parquet, an event a row.

Source: support.google.com/analytics/answer/7029846, "BigQuery Export schema". Parameters are a
list of ``{"key", "value": {"string_value" | "int_value" | "float_value" | "double_value"}}``;
BigQuery writes whole numbers as texts into JSON. GA4 has no id of an event, so that only a
purchase's transaction is known when it comes again.
"""

from typing import Any

from ethogram.collect.protocols.fields import amount_of, inner, object_of, text_of
from ethogram.collect.protocols.ga4_measured import WORDS, kind, repeated
from ethogram.collect.protocols.sales import sale
from ethogram.collect.sources.presets.preset import Export
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Json, ProfileChange, Source

NOBODY = "ga4:nobody"
"""Who did what nobody is said to have done, as without consent; never counted as a person."""
_PAGE = {"page_location": "url", "page_title": "title", "page_referrer": "referrer"}
_ABOUT = {
    "device": "device",
    "geo": "location",
    "app_info": "app",
    "traffic_source": "traffic_source",
    "collected_traffic_source": "campaign",
    "platform": "platform",
}
_PLACED = {"event_name", "event_timestamp", "event_params", "user_properties", "user_id",
           "user_pseudo_id", "items", "privacy_info", *_ABOUT}  # fmt: skip
_UNSET = ("(not set)", "")


def events(row: dict[str, Any], _: str | None) -> list[Event]:
    """See `Export`."""
    name = text_of(row.get("event_name"), "event_name") or ""
    properties = _parameters(row, "event_params")
    session = text_of(properties.pop("ga_session_id", None), "event_params.ga_session_id")
    _add_sale(row, properties)
    sold = sale(properties, WORDS)
    user = text_of(row.get("user_id"), "user_id") or None
    visitor = text_of(row.get("user_pseudo_id"), "user_pseudo_id") or None
    rest = {key: value for key, value in row.items()
            if key not in _PLACED and value not in (None, [], {})}  # fmt: skip
    changed = _parameters(row, "user_properties")
    return [
        Event(
            event=name,
            kind=kind(name),
            user_id=user,
            anonymous_id=visitor if user or visitor else NOBODY,
            personless=not (user or visitor),
            session_id=session,
            timestamp=_micros(row),
            dedup_key=repeated(name, sold.get("order_id")),
            properties=properties,
            context=_context(row, properties),
            profile_ops=[ProfileChange("set", changed)] if changed else [],
            consent=_told(object_of(row, "privacy_info")) or None,
            ip_policy="ignore",
            source=Source("ga4", "bigquery"),
            x={"ga4": rest} if rest else {},
            **sold,
        )
    ]


def _micros(row: dict[str, Any]) -> int:
    said = row.get("event_timestamp")
    if isinstance(said, str) and said.isdecimal() and len(said) <= 18:
        return int(said)
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    raise Invalid("bad_time", "This is not a time in microseconds.", at="$.event_timestamp")


def _parameters(row: dict[str, Any], name: str) -> dict[str, Json]:
    """A list of keys and values as an object."""
    said = row.get(name) or []
    if not isinstance(said, list):
        raise Invalid("wrong_type", "Expected a list of keys and values.", at=f"$.{name}")
    found: dict[str, Json] = {}
    for each in said:
        key = each.get("key") if isinstance(each, dict) else None
        if not isinstance(key, str):
            raise Invalid("wrong_type", "A parameter has a key and a value.", at=f"$.{name}")
        found[key] = _value(object_of(each, "value"))
    return found


def _value(said: dict[str, Any]) -> Json:
    """The one value of the four that is there."""
    whole = said.get("int_value")
    if isinstance(whole, str) and whole.removeprefix("-").isdecimal() and len(whole) <= 20:
        return int(whole)
    if whole is not None:
        return whole
    for name in ("float_value", "double_value"):
        if said.get(name) is not None:
            number = amount_of(said[name])
            return said[name] if number is None else number
    return said.get("string_value")


def _add_sale(row: dict[str, Any], properties: dict[str, Json]) -> None:
    """What GA4 keeps beside the parameters of a sale."""
    order = inner(row, "ecommerce", "transaction_id")
    if isinstance(order, str) and order not in _UNSET:
        properties.setdefault("transaction_id", order)
    revenue = amount_of(inner(row, "ecommerce", "purchase_revenue"))
    if revenue is not None:
        properties.setdefault("value", revenue)
    if isinstance(row.get("items"), list) and row["items"]:
        properties.setdefault("items", [_told(each) if isinstance(each, dict) else each
                                        for each in row["items"]])  # fmt: skip


def _context(row: dict[str, Any], properties: dict[str, Json]) -> dict[str, Json]:
    about = {word: _told(row[name]) for name, word in _ABOUT.items() if row.get(name)}
    page = {word: properties[name] for name, word in _PAGE.items() if name in properties}
    return {**{word: said for word, said in about.items() if said},
            **({"page": page} if page else {})}  # fmt: skip


def _told(said: Any) -> Any:
    """Without what is not said."""
    if not isinstance(said, dict):
        return said
    return {name: told for name, value in said.items()
            if value is not None and (told := _told(value)) not in ({}, [])}  # fmt: skip


GA4 = Export("GA4's BigQuery export, JSON Lines or Parquet", "ga4", events)
