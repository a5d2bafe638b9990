"""What an event says of money, where its properties name it in a vendor's words.

Properties are what the caller wrote, so what is no amount or no currency is left where it is.
"""

from typing import Any, TypedDict

import msgspec

from ethogram.collect.protocols.fields import amount_of


class Sale(TypedDict, total=False):
    """The canonical fields of a sale; see `Event`."""

    value: float
    currency: str
    order_id: str
    items: list[Any]


class Words(msgspec.Struct, frozen=True):
    """The names of properties that say a sale's parts."""

    value: str
    order: str
    items: str
    currency: str = "currency"


def sale(properties: dict[str, Any], words: Words) -> Sale:
    """What ``properties`` say of a sale; they keep it too.

    >>> sale({"revenue": "12.50", "currency": "EUR", "n": 1}, Words("revenue", "order_id", "items"))
    {'value': 12.5, 'currency': 'EUR'}
    """
    found = Sale()
    if properties.keys().isdisjoint((words.value, words.order, words.items, words.currency)):
        return found
    if (value := amount_of(properties.get(words.value))) is not None:
        found["value"] = value
    if isinstance(currency := properties.get(words.currency), str) and currency:
        found["currency"] = currency
    if isinstance(order := properties.get(words.order), str) and order:
        found["order_id"] = order
    elif isinstance(order, int) and not isinstance(order, bool):
        found["order_id"] = str(order)
    if isinstance(items := properties.get(words.items), list) and items:
        found["items"] = items
    return found
