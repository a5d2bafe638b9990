"""PostHog's exports of events: batch and file exports (Parquet, JSON Lines), CSV, and the API.

Sources: posthog.com/docs/cdp/batch-exports/s3, "Events model" (``properties`` are JSON in a text
in Parquet, ``uuid`` the event's own id), posthog.com/docs/api/events (``{"results": […]}``, where
the uuid is called ``id``). In a CSV file properties may have columns of their own,
``properties.$browser``, with ``*.`` before them.
"""

from typing import Any

from ethogram.collect.protocols.fields import decoded
from ethogram.collect.protocols.posthog_events import Beside, event_of
from ethogram.collect.sources.presets.preset import Export
from ethogram.events.errors import Invalid
from ethogram.events.event import Event

_BESIDE = Beside(history=True)
_INSIDE = "properties."
_TEXTS = ("properties", "person_properties", "set", "set_once")


def events(row: dict[str, Any], _: str | None) -> list[Event]:
    """See `Export`."""
    message: dict[str, Any] = {}
    inside: dict[str, Any] = {}
    for column, value in row.items():
        name = column.removeprefix("*.")
        if name.startswith(_INSIDE):
            inside[name.removeprefix(_INSIDE)] = _nested(value)
        else:
            message[name] = _object(name, value) if name in _TEXTS else value
    properties = message.get("properties")
    message["properties"] = inside | (properties if isinstance(properties, dict) else {})
    if "uuid" not in message and "id" in message:
        message["uuid"] = message.pop("id")
    for name in ("set", "set_once"):
        if value := message.pop(name, None):
            message.setdefault(f"${name}", value)
    return [event_of(message, _BESIDE)]


def _nested(value: Any) -> Any:
    """A cell, decoded where it is an object or a list."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return decoded(value.encode("utf-8", "replace"))
    except Invalid:
        return value


def _object(name: str, value: Any) -> Any:
    """An object, from the text of one too."""
    if not isinstance(value, str):
        return value
    found = decoded(value.encode("utf-8", "replace")) if value.strip() else {}
    if not isinstance(found, dict | None):
        raise Invalid("wrong_type", "Expected an object.", at=f"$.{name}")
    return found


POSTHOG = Export("PostHog's events: batch export, CSV or API", "posthog", events)
