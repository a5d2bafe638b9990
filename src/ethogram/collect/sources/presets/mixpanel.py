"""Mixpanel's raw export (``/api/2.0/export``): JSON Lines of ``{"event", "properties"}``.

Source: docs.mixpanel.com, "Event Export API": ``properties.time`` are seconds since 1970 in the
project's time zone, which is UTC for projects made since 2023; ``--timezone`` says another. What
Mixpanel adds begins with ``mp_`` or ``$`` and stays a property.
"""

from datetime import UTC, datetime
from typing import Any

from ethogram.collect.protocols.fields import amount_of, object_of
from ethogram.collect.protocols.mixpanel_events import Beside, event_of
from ethogram.collect.sources.mapping import zone
from ethogram.collect.sources.presets.preset import Export
from ethogram.events.event import Event

_BESIDE = Beside(imported=True, ignores_address=True)
_LARGEST = 4e9
"""Seconds: beyond it a number is milliseconds."""


def events(row: dict[str, Any], timezone: str | None) -> list[Event]:
    """See `Export`."""
    properties = object_of(row, "properties")
    seconds = amount_of(properties.get("time"))
    if timezone and seconds is not None and 0 <= seconds < _LARGEST:
        properties["time"] = _utc(seconds, timezone)
    return [event_of(row, _BESIDE)]


def _utc(seconds: float, timezone: str) -> int | float:
    """The Unix time of what a clock in ``timezone`` shows as ``seconds`` since 1970."""
    shown = datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=zone(timezone))
    return int(shown.timestamp()) + (seconds % 1 if seconds % 1 else 0)


MIXPANEL = Export("Mixpanel's raw export, JSON Lines", "mixpanel", events)
