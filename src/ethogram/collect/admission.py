"""What a dialect makes of a request, and the checks that an event must pass to be kept.

A dialect gives an `Event`, or a `Refusal` for what it could not read. An event that fails here
becomes a refusal too; it never fails the batch it came in. No message repeats a value of the
event: messages stand in the log in the open, and a value may be somebody's name.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import asdict

from ethogram.events.errors import EthogramError, Invalid
from ethogram.events.event import Event, Instant, Json
from ethogram.events.times import correct, parse

LONGEST_NAME = 200
LONGEST_ID = 512
DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that cannot be kept as one: why, and the client's own bytes."""

    error: EthogramError
    raw: bytes


Claim: TypeAlias = Event | Refusal


class Checked(msgspec.Struct, gc=False):
    """An event that can be kept, when it happened, and what else is said of it."""

    event: Event
    timestamp: Instant
    extra: dict[str, Json]


def check(event: Event, received_at: Instant) -> Checked:
    """The event with its time, or `Invalid` where it cannot be kept."""
    _check_ids(event)
    extra = _rare(event)
    _check_depth("properties", event.properties)
    if event.context:
        _check_depth("context", event.context)
    if extra:
        _check_depth("", extra)
    if event.timestamp is None:
        return Checked(event, received_at, extra)
    client = parse(event.timestamp)
    sent = None if event.sent_at is None else parse(event.sent_at, "$.sent_at")
    timestamp, basis = correct(client, sent, received_at, true=event.time_is_true)
    if timestamp != client:
        extra["time_basis"] = basis
        extra["timestamp_client"] = client
        if sent is not None:
            extra["sent_at"] = sent
    return Checked(event, timestamp, extra)


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
    for said in (
        event.user_id,
        event.anonymous_id,
        event.device_id,
        event.session_id,
        event.event_id,
    ):
        if said and len(said) > LONGEST_ID:
            raise _id_too_long(event, said)


def _id_too_long(event: Event, said: str) -> Invalid:
    place = next(name for name in _IDS if getattr(event, name) == said)
    message = f"An id has at most {LONGEST_ID} characters."
    return Invalid("id_too_long", message, at=f"$.{place}", hint="Send a hash of it.")


_IDS = ("user_id", "anonymous_id", "device_id", "session_id", "event_id")


def _rare(event: Event) -> dict[str, Json]:
    """The canonical fields that most events do not have, as plain data; links stay where they are.

    Nothing is copied in depth: a client may have nested it too deep.
    """
    extra: dict[str, Json] = {}
    if event.x:
        extra["x"] = event.x
    if event.source:
        extra["source"] = msgspec.to_builtins(event.source)
    if event.profile_ops:
        extra["profile_ops"] = [asdict(change) for change in event.profile_ops]
    if event.value is not None:
        extra["value"] = event.value
    if event.currency:
        extra["currency"] = event.currency
    if event.order_id:
        extra["order_id"] = event.order_id
    if event.items:
        extra["items"] = event.items
    if event.entities:
        extra["entities"] = event.entities
    if event.exposure:
        extra["exposure"] = asdict(event.exposure)
    if event.consent:
        extra["consent"] = event.consent
    if event.personless:
        extra["personless"] = True
    if event.ip_policy != "use":
        extra["ip_policy"] = event.ip_policy
    return extra


def _check_depth(place: str, values: dict[str, Json]) -> None:
    for name, value in values.items():
        if value.__class__ in _NESTED and _deeper(value, DEEPEST - 1):
            raise Invalid(
                "too_deep",
                f"Values are nested more than {DEEPEST} deep.",
                at=f"$.{place or name}",
                hint="Send flat properties, or a text.",
            )


_NESTED = frozenset({dict, list})


def _deeper(value: Any, levels: int) -> bool:
    """Whether an object or a list has more than so many levels, its own among them."""
    for inner in value.values() if value.__class__ is dict else value:
        if inner.__class__ in _NESTED and (levels == 1 or _deeper(inner, levels - 1)):
            return True
    return False
