"""Snowplow's types of events: what ``e`` says, and what Snowplow's own schemas mean.

Revenue has the names in ``properties`` that other dialects' clients use, too.
"""

from collections.abc import Callable, Mapping

from ethogram.collect.protocols.fields import number_of, object_of, text_of
from ethogram.collect.protocols.snowplow_fields import Fields, schema_of
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Event, Json

_OWN = "com.snowplowanalytics."
_PINGED = {"pp_mix": "min_x", "pp_max": "max_x", "pp_miy": "min_y", "pp_may": "max_y"}
_STRUCTURED = {"se_ca": "category", "se_la": "label", "se_pr": "property"}
_ORDER = {"tr_id": "order_id", "tr_cu": "currency", "tr_af": "affiliation", "tr_ci": "city",
          "tr_st": "state", "tr_co": "country"}  # fmt: skip
_AMOUNTS = {"tr_tt": "revenue", "tr_tx": "tax", "tr_sh": "shipping"}
_ITEM = {"ti_id": "order_id", "ti_sk": "sku", "ti_nm": "name", "ti_ca": "category",
         "ti_cu": "currency"}  # fmt: skip
_COUNTED = {"ti_pr": "price", "ti_qu": "quantity"}
_CONSENT = {"consent_granted": True, "consent_withdrawn": False, "consent_preferences": None}


def said(fields: Fields) -> Event:
    """The event without who, when and where. Raises `Invalid`."""
    code = fields.rest.pop("e", None) or ""
    if code not in _READERS:
        raise Invalid("unknown_type", "Snowplow has no such type of event.", at="$.e",
                      hint=nearest("", _READERS))  # fmt: skip
    return _READERS[code](fields)


def _page_view(fields: Fields) -> Event:
    return Event("page_view", kind="page", properties=fields.page.copy())


def _page_ping(fields: Fields) -> Event:
    properties = fields.page | fields.named(_PINGED, fields.whole)
    return Event("page_ping", kind="ping", properties=properties)


def _structured(fields: Fields) -> Event:
    properties = fields.named(_STRUCTURED, fields.text)
    properties |= fields.named({"se_va": "value"}, fields.number)
    return Event(fields.text("se_ac") or "", properties=properties)


def _transaction(fields: Fields) -> Event:
    properties = fields.named(_ORDER, fields.text) | fields.named(_AMOUNTS, fields.number)
    return _sold(Event("transaction", properties=properties), properties)


def _item(fields: Fields) -> Event:
    """An item of a transaction, whose own event has the revenue."""
    properties = fields.named(_ITEM, fields.text) | fields.named(_COUNTED, fields.number)
    return Event("transaction_item", properties=properties, order_id=properties.get("order_id"),
                 items=[properties])  # fmt: skip


def _described(fields: Fields) -> Event:
    """A self-describing event: its schema's name is its name, its data its properties."""
    inner = object_of(fields.json("ue_pr", "ue_px"), "data")
    address = inner.get("schema")
    schema = schema_of(address) if isinstance(address, str) else None
    if schema is None:
        raise Invalid("bad_schema", "The event has no schema.", at="$.ue_pr.data.schema",
                      hint="A schema is iglu:VENDOR/NAME/jsonschema/1-0-0.")  # fmt: skip
    made = Event(schema[1], properties=object_of(inner, "data"), x={"schema": address})
    if schema[0].startswith(_OWN):
        _own(made, fields)
    return made


def _own(made: Event, fields: Fields) -> None:
    """What Snowplow's own schemas say beside a name and properties."""
    if made.event == "screen_view":
        made.kind = "screen"
    elif made.event in _CONSENT:
        documents: list[Json] = [*fields.of_schema("consent_document")]
        made.kind = "consent"
        made.consent = made.properties | {"granted": _CONSENT[made.event], "documents": documents}
    elif made.event == "snowplow_ecommerce_action":
        made.items = [*fields.of_schema("product")]
        sales = fields.of_schema("transaction")
        if sales and made.properties.get("type") == "transaction":
            made.properties = sales[0] | made.properties
            _sold(made, sales[0])


def _sold(made: Event, sale: Mapping[str, Json]) -> Event:
    """``made`` with the revenue of ``sale``."""
    made.kind = "revenue"
    made.value = number_of(sale.get("revenue"), "revenue")
    made.currency = text_of(sale.get("currency"), "currency")
    made.order_id = text_of(sale.get("order_id") or sale.get("transaction_id"), "order_id")
    return made


_READERS: Mapping[str, Callable[[Fields], Event]] = {
    "pv": _page_view,
    "pp": _page_ping,
    "se": _structured,
    "ue": _described,
    "tr": _transaction,
    "ti": _item,
}
