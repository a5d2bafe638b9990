"""What dialects read out of a decoded event, and how they refuse what is of another type."""

import math
from typing import Any

import msgspec

from ethogram.collect.protocols.native import unreadable
from ethogram.collect.protocols.texts import UNREADABLE
from ethogram.events.errors import Invalid


def decoded(raw: bytes) -> Any:
    """The value of a JSON text. Raises `Invalid`."""
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE as error:
        raise unreadable(error, raw) from None


_TIMES = (str, int, float)


def text_of(value: Any, place: str) -> str | None:
    """A text; ids that are texts are sent as whole numbers too. Raises `Invalid` for others."""
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Invalid("wrong_type", f"Expected a text, got {type(value).__name__}.", at=f"$.{place}")


def number_of(value: Any, place: str) -> float | None:
    """A finite number, from a text too; None where it is empty. Raises `Invalid`."""
    if value is None or value == "":
        return None
    number = amount_of(value)
    if number is None:
        raise Invalid("wrong_type", "Expected a number.", at=f"$.{place}")
    return number


def time_of(message: dict[str, Any], place: str) -> str | int | float | None:
    """A time as `Event.timestamp` takes it, which reads it later. Raises `Invalid`."""
    value = message.get(place)
    if value is None or value.__class__ in _TIMES:
        return value
    raise Invalid("wrong_type", f"Expected a time, got {type(value).__name__}.", at=f"$.{place}")


def object_of(message: dict[str, Any], place: str) -> dict[str, Any]:
    """An object, empty where there is none. Raises `Invalid` for what is no object."""
    value = message.get(place)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise Invalid("wrong_type", f"Expected an object, got {type(value).__name__}.", at=f"$.{place}")


def inner(values: dict[str, Any], outer: str, name: str) -> Any:
    """``values[outer][name]``, where they are there."""
    inside = values.get(outer)
    return inside.get(name) if isinstance(inside, dict) else None


def amount_of(value: Any) -> float | None:
    """A sum of money, said as a number or as its text; None for anything else.

    >>> amount_of("9.90"), amount_of(True), amount_of("much")
    (9.9, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and (len(value) > 40 or "_" in value):
        return None
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return None
    return amount if math.isfinite(amount) else None
