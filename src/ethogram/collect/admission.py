"""From what a client said to what is kept: check, time, ids, seal; one event at a time.

A dialect gives an `Event`, or a `Refusal` for what it could not read. An event that fails here
becomes a `Refusal` too; it never fails the batch it came in.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from ethogram.events.errors import EthogramError, Invalid
from ethogram.events.event import Event, Instant, Json, Recorded
from ethogram.events.times import correct, parse, uuid7
from ethogram.protect.detectors import split
from ethogram.protect.sealing import seal
from ethogram.protect.vault import Vault

LONGEST_NAME = 200
LONGEST_ID = 512
DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that cannot be kept as one: why, and the client's own bytes."""

    error: EthogramError
    raw: bytes


Claim: TypeAlias = Event | Refusal


@dataclass(frozen=True, slots=True)
class Timed:
    """A checked event and when it happened."""

    event: Event
    timestamp: Instant
    extra: dict[str, Json]


def check(event: Event, received_at: Instant) -> Timed:
    """The event with its time, or `Invalid` where it cannot be kept."""
    _check_ids(event)
    for place in (event.properties, event.context, event.x):
        _check_depth(place, 1)
    if event.timestamp is None:
        return Timed(event, received_at, {})
    client = parse(event.timestamp)
    sent = None if event.sent_at is None else parse(event.sent_at, "$.sent_at")
    timestamp, basis = correct(client, sent, received_at, true=event.time_is_true)
    if timestamp == client:
        return Timed(event, timestamp, {})
    said: dict[str, Json] = {"time_basis": basis, "timestamp_client": client}
    if sent is not None:
        said["sent_at"] = sent
    return Timed(event, timestamp, said)


def _check_ids(event: Event) -> None:
    if not event.event or len(event.event) > LONGEST_NAME:
        raise Invalid(
            "bad_event_name",
            f"An event's name has 1 to {LONGEST_NAME} characters.",
            at="$.event",
            hint="Name what happened, such as checkout_started; put details into properties.",
        )
    if not (event.user_id or event.anonymous_id):
        raise Invalid(
            "no_id",
            "The event does not say who did it.",
            at="$.user_id",
            hint="Give user_id, or anonymous_id where you do not know the user yet.",
        )
    for place, name in (
        ("user_id", event.user_id),
        ("anonymous_id", event.anonymous_id),
        ("device_id", event.device_id),
        ("session_id", event.session_id),
        ("event_id", event.event_id),
    ):
        if name is not None and len(name) > LONGEST_ID:
            raise Invalid(
                "id_too_long", f"An id has at most {LONGEST_ID} characters.", at=f"$.{place}"
            )


def _check_depth(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise Invalid(
            "too_deep",
            f"Values are nested more than {DEEPEST} deep.",
            at="$.properties",
            hint="Send flat properties, or a text.",
        )
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _check_depth(inner, depth + 1)


def record(timed: Timed, received_at: Instant, vault: Vault, tagged: frozenset[str]) -> Recorded:
    """What is kept of an event: internal ids in place of its own, personal values sealed.

    ``tagged`` names the properties that the tracking plan calls personal.
    """
    event = timed.event
    anonymous = vault.id("anonymous", event.anonymous_id) if event.anonymous_id else None
    person = vault.id("user", event.user_id) if event.user_id else anonymous
    assert person is not None
    event_id = event.event_id or uuid7(received_at)
    properties, hidden_properties = split(event.properties, tagged)
    context, hidden_context = split(event.context, tagged)
    extra, hidden_extra = split(timed.extra | _rare(event, vault), tagged)
    hidden = {
        place: values
        for place, values in (
            ("properties", hidden_properties),
            ("context", hidden_context),
            ("extra", hidden_extra),
        )
        if values
    }
    return Recorded(
        event.event,
        event.kind,
        event_id,
        timed.timestamp,
        received_at,
        person,
        anonymous if event.user_id else None,
        vault.id("device", event.device_id) if event.device_id else None,
        vault.id("session", event.session_id) if event.session_id else None,
        properties,
        context,
        {group.type: vault.id(f"group:{group.type}", group.id) for group in event.groups},
        seal(vault, person, event_id, hidden) if hidden else None,
        extra,
    )


_RARE = (
    "personless",
    "entities",
    "profile_ops",
    "currency",
    "order_id",
    "items",
    "exposure",
    "consent",
    "source",
    "x",
)


def _rare(event: Event, vault: Vault) -> dict[str, Json]:
    """The canonical fields that most events do not have, as plain data."""
    extra: dict[str, Any] = {}
    for name in _RARE:
        if value := getattr(event, name):
            extra[name] = msgspec.to_builtins(value)
    if event.value is not None:
        extra["value"] = event.value
    if event.ip_policy != "use":
        extra["ip_policy"] = event.ip_policy
    if event.identity_links:
        extra["links"] = [
            [link.kind, vault.id("user", link.a), vault.id("user", link.b), link.directed]
            for link in event.identity_links
        ]
    return extra
