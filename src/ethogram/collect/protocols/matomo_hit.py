"""One hit of Matomo as a canonical event: a page view, an event, a goal, an order, a search, ….

Matomo has no id by which a repeat could be known, but an order's. Parameters that have no place
of their own are kept under ``x.matomo``.
"""

from collections.abc import Mapping

from ethogram.collect.protocols.fields import amount_of, decoded
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Json, Kind, Source

_NAMED = {
    "action_name": "title", "url": "url", "e_c": "category", "e_a": "action", "e_n": "name",
    "e_v": "value", "idgoal": "goal", "search": "search", "search_cat": "search_category",
    "search_count": "search_count", "download": "download", "link": "link", "c_n": "content",
    "c_p": "content_piece", "c_t": "content_target", "c_i": "content_interaction",
    "revenue": "revenue", "ec_id": "order_id", "ec_st": "subtotal", "ec_tx": "tax",
    "ec_sh": "shipping", "ec_dt": "discount",
}  # fmt: skip
"""Parameters that are properties, by other names."""
_NUMBERS = ("e_v", "search_count", "revenue", "ec_st", "ec_tx", "ec_sh", "ec_dt")
_ABOUT = {"lang": "locale", "ua": "user_agent", "res": "screen", "cip": "ip"}
_PLACED = {*_NAMED, *_ABOUT, "_id", "cid", "uid", "cdt", "cdo", "urlref", "ec_items", "rand",
           "rec", "token_auth", "send_image"}  # fmt: skip
_ITEM = ("item_id", "item_name", "item_category", "price", "quantity")


def hit(said: Mapping[str, str]) -> Event:
    """The event of a hit's parameters. Raises `Invalid`."""
    if not (site := said.get("idsite")):
        raise Invalid("missing_parameter", "There is no idsite.", at="$.idsite")
    name, kind = _called(said)
    visitor = said.get("cid") or said.get("_id")
    user = said.get("uid") or None
    order = said.get("ec_id")
    timestamp, sent = _time(said)
    rest = {key: value for key, value in said.items()
            if key not in _PLACED and not key.startswith("dimension")}  # fmt: skip
    return Event(
        event=name,
        kind=kind,
        user_id=user,
        anonymous_id=visitor or (None if user else f"site:{site}"),
        personless=not (user or visitor),
        timestamp=timestamp,
        sent_at=sent,
        dedup_key=f"{site}\0{order}" if order else None,
        properties=_properties(said),
        context=_context(said),
        value=amount_of(said.get("revenue")),
        order_id=order,
        items=_items(said.get("ec_items")),
        ip_policy="override" if "cip" in said else "use",
        source=Source("matomo"),
        x={"matomo": rest} if rest else {},
    )


def _called(said: Mapping[str, str]) -> tuple[str, Kind]:
    """The hit's name and kind; an event has its own name, Matomo's word is that of the others."""
    if said.get("e_c") and said.get("e_a"):
        return said["e_a"], "track"
    if said.get("ping") == "1":
        return "ping", "ping"
    if said.get("idgoal") == "0" or "ec_id" in said:
        return ("order" if "ec_id" in said else "cart"), "track"
    for name, called in (("idgoal", "goal"), ("download", "download"), ("link", "outlink"),
                         ("search", "search"), ("c_i", "content_interaction"),
                         ("c_n", "content_impression")):  # fmt: skip
        if name in said:
            return called, "track"
    return "page", "page"


def _properties(said: Mapping[str, str]) -> dict[str, Json]:
    """What was said of the hit; custom dimensions keep their names."""
    found: dict[str, Json] = {}
    for name, value in said.items():
        if word := _NAMED.get(name) or (name if name.startswith("dimension") else None):
            number = amount_of(value) if name in _NUMBERS else None
            found[word] = value if number is None else number
    return found


def _context(said: Mapping[str, str]) -> dict[str, Json]:
    context: dict[str, Json] = {word: said[name] for name, word in _ABOUT.items() if name in said}
    if page := {word: said[name] for name, word in (("url", "url"), ("urlref", "referrer"))
                if name in said}:  # fmt: skip
        context["page"] = page
    return context


def _time(said: Mapping[str, str]) -> tuple[str | float | None, float | None]:
    """When it happened and was sent; ``cdo`` are the seconds between them, by any clock."""
    if at := said.get("cdt"):
        seconds = amount_of(at)
        return (at if seconds is None else seconds), None
    if "cdo" in said:
        ago = amount_of(said["cdo"])
        if ago is None or ago < 0:
            raise Invalid("bad_time", "This is no number of seconds.", at="$.cdo")
        return 0.0, ago
    return None, None


def _items(said: str | None) -> list[Json]:
    """The items of an order: lists of sku, name, category, price and quantity."""
    if not said:
        return []
    rows = decoded(said.encode("utf-8", "replace"))
    if not isinstance(rows, list):
        raise Invalid("wrong_type", "Items are a list.", at="$.ec_items")
    return [dict(zip(_ITEM, row, strict=False)) if isinstance(row, list) else row for row in rows]
