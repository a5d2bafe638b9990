"""Matomo's visits (``Live.getLastVisitsDetails`` as JSON) and its log tables as CSV.

Sources: developer.matomo.org/api-reference/reporting-api#Live and
plugins/Live/VisitorDetailsAbstract.php (the fields of ``actionDetails``);
developer.matomo.org/guides/database-schema (``log_visit``, ``log_link_visit_action``,
``log_conversion``; the database's times are UTC). Each action is told in the parameters of the
tracking API, so that it becomes what the tracker's own hit would have.

``log_link_visit_action`` names its pages by number: select them from ``log_action`` as ``url``
and ``action_name``, and ``idvisitor`` by HEX. Any parameter of the tracking API may be a column.
"""

from typing import Any

import msgspec

from ethogram.collect.protocols.fields import text_of
from ethogram.collect.protocols.matomo_hit import hit
from ethogram.collect.sources.presets.preset import Export
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Json, Source

_ACTION = {
    "url": "url",
    "pageTitle": "action_name",
    "timestamp": "cdt",
    "eventCategory": "e_c",
    "eventAction": "e_a",
    "eventName": "e_n",
    "eventValue": "e_v",
    "goalId": "idgoal",
    "revenue": "revenue",
    "orderId": "ec_id",
    "revenueSubTotal": "ec_st",
    "revenueTax": "ec_tx",
    "revenueShipping": "ec_sh",
    "revenueDiscount": "ec_dt",
    "siteSearchKeyword": "search",
    "siteSearchCategory": "search_cat",
    "siteSearchCount": "search_count",
    "contentName": "c_n",
    "contentPiece": "c_p",
    "contentTarget": "c_t",
    "contentInteraction": "c_i",
    "idpageview": "pv_id",
}
_COLUMN = {
    "idvisitor": "_id",
    "user_id": "uid",
    "server_time": "cdt",
    "idorder": "ec_id",
    "revenue_subtotal": "ec_st",
    "revenue_tax": "ec_tx",
    "revenue_shipping": "ec_sh",
    "revenue_discount": "ec_dt",
}
_ITEM = ("itemSKU", "itemName", "itemCategory", "price", "quantity")
_VISIT = {
    "deviceType": ("device", "type"),
    "deviceBrand": ("device", "brand"),
    "deviceModel": ("device", "model"),
    "browserName": ("browser", "name"),
    "browserVersion": ("browser", "version"),
    "operatingSystemName": ("os", "name"),
    "operatingSystemVersion": ("os", "version"),
    "country": ("location", "country"),
    "region": ("location", "region"),
    "city": ("location", "city"),
    "referrerUrl": ("page", "referrer"),
    "referrerType": ("campaign", "type"),
    "referrerName": ("campaign", "source"),
    "referrerKeyword": ("campaign", "keyword"),
}
_LINKS = {"download": "download", "outlink": "link"}


def events(row: dict[str, Any], _: str | None) -> list[Event]:
    """See `Export`: the actions of a visit, or a row of a table."""
    if "actionDetails" in row:
        return _of_visit(row)
    if row.get("result") == "error":
        raise Invalid("vendor_error", "Matomo answered with an error instead of visits.", at="$")
    said = {_COLUMN.get(name, name): _text(value, name) for name, value in row.items()}
    if "_id" in said:
        said["_id"] = said["_id"].removeprefix("0x").lower()
    said["idgoal"] = "0" if said.get("idgoal") == "-1" else said.get("idgoal", "")
    visit = said.pop("visit_first_action_time", None)
    if visit is not None:
        said["cdt"] = visit
    made = hit({name: value for name, value in said.items() if value != ""})
    if visit is not None:
        made.event, made.kind = "visit", "track"
    return [_sourced(made, said.get("idsite", ""), said.get("idvisit"))]


def _of_visit(row: dict[str, Any]) -> list[Event]:
    actions = row["actionDetails"]
    if not isinstance(actions, list):
        raise Invalid("wrong_type", "Expected a list of actions.", at="$.actionDetails")
    site = _text(row.get("idSite"), "idSite")
    beside = {
        "idsite": site,
        "_id": _text(row.get("visitorId"), "visitorId"),
        "uid": _text(row.get("userId"), "userId"),
    }
    found: list[Event] = []
    for action in actions:
        if not isinstance(action, dict):
            raise Invalid("wrong_type", "An action is an object.", at="$.actionDetails")
        said = beside | _parameters(action)
        made = hit({name: value for name, value in said.items() if value})
        made.context = _context(row) | made.context
        found.append(_sourced(made, site, _text(row.get("idVisit"), "idVisit") or None))
    return found


def _parameters(action: dict[str, Any]) -> dict[str, str]:
    """An action in the words of the tracking API."""
    said = {_ACTION[name]: _text(value, name) for name, value in action.items() if name in _ACTION}
    kind = action.get("type")
    if kind in _LINKS:
        said[_LINKS[kind]] = said.get("url", "")
    if kind == "ecommerceAbandonedCart":
        said["idgoal"] = "0"
    if isinstance(items := action.get("itemDetails"), list):
        rows = [[each.get(name) for name in _ITEM] for each in items if isinstance(each, dict)]
        said["ec_items"] = msgspec.json.encode(rows).decode()
    return said


def _context(row: dict[str, Any]) -> dict[str, Json]:
    context: dict[str, Json] = {}
    for name, (outer, word) in _VISIT.items():
        if value := row.get(name):
            context.setdefault(outer, {})[word] = value
    return context


def _text(value: Any, name: str) -> str:
    """A parameter: a text or a number, empty where there is none."""
    if isinstance(value, float):
        return repr(value)
    return text_of(value, name) or ""


def _sourced(made: Event, site: str, visit: str | None) -> Event:
    made.source = Source("matomo", "export")
    made.session_id = f"{site}-{visit}" if visit else None
    made.ip_policy = "ignore"
    return made


MATOMO = Export("Matomo's visits as JSON, or its log tables as CSV", "matomo", events)
