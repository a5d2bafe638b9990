"""Changes of profiles as clients say them: an operation, a property, a value.

The words are those of Mixpanel and Amplitude. What each does to a value is `people.profiles`.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec

from ethogram.events.event import Instant, Json


class Op(IntEnum):
    """What a change does; those of one event are made in this order."""

    CLEAR = 0
    SET = 1
    SET_ONCE = 2
    ADD = 3
    PREPEND = 4
    APPEND = 5
    INSERT = 6
    UNION = 7
    REMOVE = 8
    UNSET = 9


WORDS = {
    "clear_all": Op.CLEAR,
    "delete": Op.CLEAR,
    "set": Op.SET,
    "set_once": Op.SET_ONCE,
    "add": Op.ADD,
    "prepend": Op.PREPEND,
    "append": Op.APPEND,
    "pre_insert": Op.INSERT,
    "post_insert": Op.UNION,
    "union": Op.UNION,
    "remove": Op.REMOVE,
    "unset": Op.UNSET,
}
"""By what clients call them; a word that is not here changes nothing."""
LISTING = (Op.PREPEND, Op.APPEND, Op.INSERT, Op.UNION, Op.REMOVE)
"""Those that make a list of a value, or leave one."""
TARGETS = ("person", "group")


class Change(NamedTuple):
    """One change of one property; ``place`` tells those of an event apart.

    ``turn`` orders those of one instant. ``name`` and ``value`` are empty where all is cleared.
    """

    at: Instant
    turn: int
    op: Op
    place: int
    name: str
    value: Json


def changes_of(
    at: Instant, event_id: str, said: Sequence[Mapping[str, Any]], target: str = "person"
) -> Iterator[Change]:
    """The changes to a ``target`` in an event's ``profile_ops`` as they are kept."""
    place, own = 0, turn(event_id)
    for each in said:
        op = WORDS.get(each["op"])
        values: Mapping[str, Json] = {"": None} if op is Op.CLEAR else each["values"]
        for name, value in values.items():
            place += 1
            if op is not None and each.get("target", "person") == target:
                yield Change(at, own, op, place, name, value)


def without_changes(extra: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An event's rare fields without what they change of the property ``name``."""
    said: list[dict[str, Any]] = extra.get("profile_ops", [])
    if not any(name in each["values"] for each in said):
        return dict(extra)
    left = [each | {"values": {k: v for k, v in each["values"].items() if k != name}}
            for each in said if each["values"].keys() != {name}]  # fmt: skip
    return {**extra, "profile_ops": left}


def turn(event_id: str) -> int:
    """By which changes of one instant are ordered, whichever came first: an int32.

    >>> turn("a"), turn("b")
    (1756872259, -239144967)
    """
    return zlib.crc32(event_id.encode("utf-8", "surrogatepass")) - (1 << 31)


def elements(value: Json) -> list[Json]:
    """What a change adds to a list, or takes from it: a list's elements, or the value."""
    return value if isinstance(value, list) else [value]


def key_of(value: Json) -> object:
    """What tells values apart: True is not 1, and 1 is 1.0."""
    if isinstance(value, bool | list | dict):
        return type(value), msgspec.json.encode(value, order="deterministic")
    return value
