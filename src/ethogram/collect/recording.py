"""From a checked event to what is kept: internal ids for its own, personal values sealed."""

from ethogram.collect.admission import Checked
from ethogram.events.event import Event, Instant, Json, Recorded
from ethogram.events.times import uuid7
from ethogram.protect.detectors import split
from ethogram.protect.sealing import seal
from ethogram.protect.vault import Vault


def record(
    checked: Checked, received_at: Instant, vault: Vault, tagged: frozenset[str]
) -> Recorded:
    """What is kept of an event; ``tagged`` are the names that the tracking plan calls personal."""
    event, internal = checked.event, vault.id
    anonymous = internal("anonymous", event.anonymous_id) if event.anonymous_id else None
    person = internal("user", event.user_id) if event.user_id else anonymous
    assert person is not None
    event_id = event.event_id or uuid7(received_at)
    if event.identity_links:
        checked.extra["links"] = _links(event, vault)
    hidden: dict[str, Json] = {}
    properties = _opened("properties", event.properties, tagged, hidden)
    context = _opened("context", event.context, tagged, hidden)
    extra = _opened("extra", checked.extra, tagged, hidden)
    return Recorded(
        event.event,
        event.kind,
        event_id,
        checked.timestamp,
        received_at,
        person,
        anonymous if event.user_id else None,
        internal("device", event.device_id) if event.device_id else None,
        internal("session", event.session_id) if event.session_id else None,
        properties,
        context,
        _groups(event, vault) if event.groups else {},
        seal(vault, person, event_id, hidden) if hidden else None,
        extra,
    )


def _opened(
    place: str, values: dict[str, Json], tagged: frozenset[str], hidden: dict[str, Json]
) -> dict[str, Json]:
    """What may stand in the open; the rest goes to ``hidden`` under its place."""
    if not values:
        return values
    opened, personal = split(values, tagged)
    if personal:
        hidden[place] = personal
    return opened


def _groups(event: Event, vault: Vault) -> dict[str, int]:
    return {group.type: vault.id(f"group:{group.type}", group.id) for group in event.groups}


def _links(event: Event, vault: Vault) -> list[Json]:
    return [
        [link.kind, vault.id("user", link.a), vault.id("user", link.b), link.directed]
        for link in event.identity_links
    ]
