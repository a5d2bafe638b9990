"""From a checked event to what is kept: internal ids for its own, personal values sealed."""

from collections.abc import Mapping, Sequence

from ethogram.collect.admission import Checked
from ethogram.events.event import EndKind, Event, Instant, Json, Recorded
from ethogram.events.times import uuid7
from ethogram.protect.sealing import seal
from ethogram.protect.vault import Vault


def gather(checked: Sequence[Checked], vault: Vault) -> None:
    """Have the internal ids of all these events at hand, found or made together."""
    for kind, said in (
        ("user", [each.event.user_id for each in checked]),
        ("anonymous", [each.event.anonymous_id for each in checked]),
        ("device", [each.event.device_id for each in checked]),
        ("session", [each.event.session_id for each in checked]),
    ):
        vault.gather(kind, filter(None, said))


def record(checked: Checked, received_at: Instant, vault: Vault, nonce: bytes) -> Recorded:
    """What is kept of an event; ``nonce`` is for its seal, if it needs one."""
    event, hidden = checked.event, checked.hidden
    anonymous = vault.anonymous[event.anonymous_id] if event.anonymous_id else None
    person = vault.users[event.user_id] if event.user_id else anonymous
    assert person is not None
    event_id = event.event_id or uuid7(received_at)
    if hidden:
        _note_values(hidden, person, checked.timestamp, vault)
    if event.identity_links:
        checked.extra["links"] = _links(event, vault)
    return Recorded(
        event.event,
        event.kind,
        event_id,
        checked.timestamp,
        received_at,
        person,
        anonymous,
        vault.devices[event.device_id] if event.device_id else None,
        vault.sessions[event.session_id] if event.session_id else None,
        checked.properties,
        checked.context,
        _groups(event, vault) if event.groups else {},
        seal(vault, person, event_id, hidden, nonce) if hidden else None,
        checked.extra,
    )


def _note_values(hidden: Mapping[str, Json], person: int, at: Instant, vault: Vault) -> None:
    """What the person can be found by of what is sealed: properties, traits, their profile's."""
    said = [hidden.get("properties", {}), hidden.get("context", {}).get("traits")]
    changes = hidden.get("extra", {}).get("profile_ops", ())
    said += [change["values"] for change in changes if change["target"] == "person"]
    for values in said:
        if values.__class__ is dict:
            for name, value in values.items():
                vault.hashes.note(person, name, value, at)


def _groups(event: Event, vault: Vault) -> dict[str, int]:
    return {group.type: vault.id(f"group:{group.type}", group.id) for group in event.groups}


def _links(event: Event, vault: Vault) -> list[Json]:
    """[kind, internal id, internal id, directed] for each pair of ids that are linked."""
    return [
        [link.kind, a, b, link.directed]
        for link in event.identity_links
        for a in _ends(link.a_kind, link.a, vault)
        for b in _ends(link.b_kind, link.b, vault)
    ]


def _ends(kind: EndKind, name: str, vault: Vault) -> list[int]:
    if kind != "either":
        return [vault.id(kind, name)]
    known = [found for each in _EITHER if (found := vault.known(each, name)) is not None]
    return known or [vault.id(each, name) for each in _EITHER]


_EITHER: tuple[EndKind, ...] = ("anonymous", "user")
