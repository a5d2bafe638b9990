"""Values as databases and APIs give them become values as JSON has them."""

import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ethogram.events.event import Json

_LARGE = 1 << 63


def plain(value: Any) -> Json:
    """``value`` as JSON has it: times in ISO 8601 (UTC where they say no zone), bytes in base64.

    A whole number beyond 64 bits becomes a text, half of a surrogate pair the sign for that.

    >>> plain(Decimal("12.50")), plain(datetime(2026, 3, 1, 12)), plain(float("nan"))
    (12.5, '2026-03-01T12:00:00+00:00', None)
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {_whole(str(name)): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(each) for each in value]
    for kind, made in _MADE:
        if isinstance(value, kind):
            return made(value)
    return _whole(str(value))


def _whole(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decimal(value: Decimal) -> Json:
    if not value.is_finite():
        return None
    return plain(int(value)) if value.as_tuple().exponent == 0 else float(value)


_MADE: tuple[tuple[Any, Callable[[Any], Json]], ...] = (
    (str, _whole),
    (int, lambda value: value if -_LARGE <= value < _LARGE else str(value)),
    (float, lambda value: value if math.isfinite(value) else None),
    (Decimal, _decimal),
    (datetime, lambda value: (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()),
    (date | time, lambda value: value.isoformat()),
    (timedelta, timedelta.total_seconds),
    (bytes | bytearray | memoryview, lambda value: b64encode(value).decode()),
)


def name_of(value: Any) -> str | None:
    """``value`` as an id, None where it says none.

    >>> name_of(7), name_of(Decimal("7")), name_of(""), name_of(7.0)
    ('7', '7', None, '7')
    """
    found = plain(value)
    if found is None or found == "":
        return None
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    return found if isinstance(found, str) else str(found)
