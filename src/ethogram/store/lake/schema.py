"""The columns of the events table, and how a property's name becomes a column's.

Each property has a column per type that its values were seen with: ``price`` has
``p_price_number``, and ``p_price_text`` too once somebody sends a text. At most one of them is
non-null in a row, so a property of mixed type is a tagged union and nothing is guessed.
"""

import re
from functools import lru_cache
from typing import Literal, TypeAlias, get_args

import pyarrow as pa

Tag: TypeAlias = Literal["number", "text", "flag", "json", "null"]
TAGS: tuple[Tag, ...] = get_args(Tag)
TYPES: dict[Tag, pa.DataType] = {
    "number": pa.float64(),
    "text": pa.string(),
    "flag": pa.bool_(),
    "json": pa.string(),
    "null": pa.bool_(),
}
"""A number is the nearest float64, so an integer beyond 2^53 is exact in ``properties`` only;
a null is true where the property was there and null."""

INSTANT = pa.timestamp("us", tz="UTC")
EVENTS = pa.schema(
    [
        ("position", pa.int64()),
        ("event", pa.string()),
        ("kind", pa.string()),
        ("event_id", pa.string()),
        ("timestamp", INSTANT),
        ("received_at", INSTANT),
        ("person", pa.int64()),
        ("anonymous", pa.int64()),
        ("device", pa.int64()),
        ("session", pa.int64()),
        ("groups", pa.string()),
        ("properties", pa.string()),
        ("context", pa.string()),
        ("sealed", pa.binary()),
        ("extra", pa.string()),
    ]
)
"""What every event has; ``groups``, ``properties``, ``context`` and ``extra`` are JSON objects."""

PROPERTIES = 500
"""So many properties get columns; what comes later stays in ``properties`` alone."""
NAME_LENGTH = 200
"""A property whose name is longer stays in ``properties`` alone."""

_PLAIN = re.compile(r"[a-z0-9_$.:/-]*")
_ESCAPED = re.compile(r"%(?:9([0-9a-f]{6})|([0-8][0-9a-f])|(.))", re.DOTALL)
_FORBIDDEN = frozenset(" ,;{}()=%\x7f") | {chr(c) for c in range(0x20)}


@lru_cache(maxsize=4096)
def column_name(property: str, tag: Tag) -> str:
    """The column of the values of ``property`` that have the type ``tag``.

    Delta forbids some characters, and its readers take names that differ in case only for the
    same. So ``%20`` is a space, ``%p`` a capital P, ``%9`` and six hex digits any other code
    point whose case has no simple way back.

    >>> column_name("price", "number"), column_name("UnitPrice", "number")
    ('p_price_number', 'p_%unit%price_number')
    """
    plain = _PLAIN.fullmatch(property)
    return f"p_{property if plain else ''.join(map(_escape, property))}_{tag}"


def _escape(char: str) -> str:
    if char in _FORBIDDEN:
        return f"%{ord(char):02x}"
    lower, upper = char.lower(), char.upper()
    if char == lower and (len(upper) > 1 or upper.lower() == char):
        return char
    if len(lower) == 1 and lower.upper() == char:
        return f"%{lower}"
    return f"%9{ord(char):06x}"


@lru_cache(maxsize=4096)
def property_of(column: str) -> tuple[str, Tag] | None:
    """The property and the type that ``column`` holds; None for a canonical column.

    >>> property_of("p_%unit%price_number"), property_of("person")
    (('UnitPrice', 'number'), None)
    """
    name, _, suffix = column.rpartition("_")
    if not name.startswith("p_"):
        return None
    for tag in TAGS:
        if suffix == tag:
            return _ESCAPED.sub(_unescape, name[2:]), tag
    return None


def _unescape(match: re.Match[str]) -> str:
    point, byte, letter = match.groups()
    return letter.upper() if letter else chr(int(point or byte, 16))
