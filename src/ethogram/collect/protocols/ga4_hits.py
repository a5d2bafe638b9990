"""What gtag.js sends: an event is the request's query, or each line of the body beside it.

It has no time of its own and no id, so that a repeat cannot be known, but of a purchase.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from ethogram.collect.protocols.fields import amount_of
from ethogram.collect.protocols.ga4_measured import WORDS, kind, repeated
from ethogram.collect.protocols.sales import sale
from ethogram.collect.protocols.texts import counted
from ethogram.events.event import Event, Json, ProfileChange, Source

_PLACED = {"en", "cid", "uid", "sid", "cu", "_et", "dl", "dt", "dr", "ul", "sr", "_uip",
           "api_secret"}  # fmt: skip
_PAGE = {"dl": "url", "dt": "title", "dr": "referrer"}
_ITEM = re.compile(r"pr\d+")
_ITEM_WORDS = {
    "id": "item_id", "nm": "item_name", "br": "item_brand", "ca": "item_category",
    "va": "item_variant", "pr": "price", "qt": "quantity", "ds": "discount", "cp": "coupon",
    "lp": "index", "li": "item_list_id", "ln": "item_list_name", "af": "affiliation",
    "lo": "location_id",
}  # fmt: skip
_NUMBERS = {"price", "quantity", "discount", "index"}
_CONSENT = re.compile(r"G1([01])([01])")


def hits(body: bytes) -> list[bytes]:
    """The lines of a body; one empty line, the query alone, where it has none."""
    return counted([line for line in body.splitlines() if line.strip()]) or [b""]


def hit(query: Mapping[str, str], raw: bytes) -> Event:
    """The event of a line, beside the ``query`` that it shares with the others."""
    said = dict(query) | dict(parse_qsl(raw.decode("utf-8", "replace")))
    properties, users, rest = dict[str, Json](), dict[str, Json](), dict[str, Json]()
    for name, value in said.items():
        _place(name, value, properties, users, rest)
    if "_et" in said:
        properties["engagement_time_msec"] = _number(said["_et"])
    if "cu" in said:
        properties.setdefault("currency", said["cu"])
    if items := [_item(value) for name, value in said.items() if _ITEM.fullmatch(name)]:
        properties["items"] = items
    name, sold = said.get("en", ""), sale(properties, WORDS)
    consent = _consent(said.get("gcs", ""))
    return Event(
        event=name,
        kind=kind(name),
        user_id=said.get("uid"),
        anonymous_id=said.get("cid"),
        session_id=said.get("sid"),
        dedup_key=repeated(name, sold.get("order_id")),
        personless=bool(consent) and consent["analytics_storage"] == "denied",
        properties=properties,
        context=_context(said),
        ip_policy="override" if "_uip" in said else "use",
        profile_ops=[ProfileChange("set", users)] if users else [],
        consent=consent or None,
        source=Source("ga4", "g/collect", sdk="gtag.js"),
        x={"ga4": rest} if rest else {},
        **sold,
    )


def _place(
    name: str, value: str, properties: dict[str, Json], users: dict[str, Json],
    rest: dict[str, Json],
) -> None:  # fmt: skip
    """Put a parameter where it belongs: the event's, the user's, or aside."""
    prefix, _, inside = name.partition(".")
    if inside and prefix in ("ep", "epn"):
        properties[inside] = _number(value) if prefix == "epn" else value
    elif inside and prefix in ("up", "upn"):
        users[inside] = _number(value) if prefix == "upn" else value
    elif name not in _PLACED and not _ITEM.fullmatch(name):
        rest[name] = value


def _number(value: str) -> Json:
    """A number, whole where it is; the text where it is none."""
    number = amount_of(value)
    if number is None:
        return value
    return int(number) if number.is_integer() and abs(number) < 1 << 53 else number


def _item(value: str) -> dict[str, Json]:
    """An item: ``id7~nmShoe~pr9.5~qt2``, each part two letters and what they say."""
    parts = {part[:2]: part[2:] for part in value.split("~") if len(part) > 2}
    named = {_ITEM_WORDS.get(short, short): said for short, said in parts.items()}
    return {name: _number(said) if name in _NUMBERS else said for name, said in named.items()}


def _consent(said: str) -> dict[str, str]:
    """Consent mode's ``gcs``: ``G1``, then a digit for advertising and one for analytics."""
    found = _CONSENT.fullmatch(said)
    names = ("ad_storage", "analytics_storage")
    words = [("denied", "granted")[digit == "1"] for digit in found.groups()] if found else []
    return dict(zip(names, words, strict=False))


def _context(said: dict[str, str]) -> dict[str, Json]:
    context: dict[str, Json] = {}
    if page := {word: said[name] for name, word in _PAGE.items() if name in said}:
        context["page"] = page
    if "ul" in said:
        context["locale"] = said["ul"]
    if "sr" in said:
        context["screen"] = said["sr"]
    if "_uip" in said:
        context["ip"] = said["_uip"]
    return context
