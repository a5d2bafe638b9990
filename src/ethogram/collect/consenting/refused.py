"""Who did an event that was refused, as far as it says so, and what of it may be kept."""

from collections.abc import Mapping, Set
from typing import Any

import msgspec

from ethogram.collect.admission import Refusal
from ethogram.events.event import Event

_USER = ("user_id", "userId", "distinct_id")
_VISITOR = ("anonymous_id", "anonymousId", "distinct_id")
_ENOUGH = 1 << 20
"""Bytes: nobody is looked for in more."""


def who_did(refused: Refusal) -> Event:
    """The name and the ids of an event that could not be read, empty where it does not say them.

    >>> from ethogram.events.errors import Invalid
    >>> who_did(Refusal(Invalid("x", "x"), b'{"user_id": "eve", "properties": "oops"}')).user_id
    'eve'
    """
    said: Any = None
    if len(refused.raw) <= _ENOUGH:
        try:
            said = msgspec.json.decode(refused.raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            said = None
    if not isinstance(said, Mapping):
        return Event("")
    return Event(_text(said, "event") or "", _text(said, *_USER), _text(said, *_VISITOR))


def without(event: Event, names: Set[str]) -> Event:
    """``event`` without the properties ``names``, and without what it changes of them."""
    changed = {name for change in event.profile_ops for name in change.values}
    if names.isdisjoint(event.properties.keys() | changed):
        return event
    return msgspec.structs.replace(
        event,
        properties=_left(event.properties, names),
        profile_ops=[
            msgspec.structs.replace(change, values=_left(change.values, names))
            for change in event.profile_ops
        ],
    )


def _text(said: Mapping[str, Any], *names: str) -> str | None:
    """What stands there under the first of ``names`` that has a text."""
    return next((text for name in names if isinstance(text := said.get(name), str) and text), None)


def _left(values: dict[str, Any], names: Set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
