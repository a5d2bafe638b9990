"""Amplitude's export: a ZIP archive of gzipped JSON Lines, an event a line.

Source: amplitude.com/docs/apis/analytics/export, "Response schema". Times are UTC without a
zone; ``event_time`` is corrected already. ``user_properties`` are those that the person had then.
"""

from typing import Any

from ethogram.collect.protocols.amplitude_events import Batch, event
from ethogram.collect.protocols.fields import text_of
from ethogram.collect.sources.presets.preset import Export
from ethogram.events.event import Event

_CALLED = {"$insert_id": "insert_id", "ip_address": "ip", "device_carrier": "carrier"}
"""What the export calls otherwise than the clients do."""


def events(row: dict[str, Any], _: str | None) -> list[Event]:
    """See `Export`."""
    values = {_CALLED.get(name, name): value for name, value in row.items()}
    said = values.pop("event_time", None) or values.pop("client_event_time", None)
    made = event(values, Batch())
    made.timestamp = text_of(said, "event_time") or made.timestamp
    return [made]


AMPLITUDE = Export("Amplitude's export, its ZIP archive or the JSON in it", "amplitude", events)
