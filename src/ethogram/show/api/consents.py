"""What the API tells of consent, and what it needs for that."""

from typing import Protocol

import msgspec
from msgspec.structs import replace

from ethogram.events.event import Json
from ethogram.protect.consent.purposes import ConsentPurpose
from ethogram.store.registry.port import Definition


class Given(msgspec.Struct, frozen=True):
    """What holds of a purpose for a person: ``given`` or withdrawn, ``at`` which time."""

    purpose: str
    given: bool
    at: str


class Record(msgspec.Struct, frozen=True):
    """One record: what was said, by which id, when, by which way, and what was shown then.

    ``proof`` is what the client sent beside it, for who may see personal data.
    """

    position: int
    id: str
    purpose: str
    given: bool
    at: str
    received_at: str
    source: str
    version: int
    shown: str
    by: str
    event_id: str
    proof: dict[str, Json] | None = None


class PersonConsents(msgspec.Struct, frozen=True):
    """What a person allows, and every record that says so, oldest first."""

    person: str
    purposes: list[Given]
    records: list[Record]


class Say(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person with the ``id`` gave ``purpose``, or withdrew it, now or ``at`` a time."""

    id: str
    purpose: str
    given: bool
    at: str | None = None


class ConsentsOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose consents are asked for, perhaps as they were known ``at`` a time."""

    id: str
    at: str | None = None


class PurposeTold(msgspec.Struct, frozen=True):
    """A purpose, and how many persons gave or withdrew it; version 0 was never saved.

    ``days`` are (day, how many records gave it, how many withdrew it), ``left_out`` (day, events,
    values of properties) that the door did not keep for want of it. A role with a smallest group is
    told null for fewer persons, and no days.
    """

    name: str
    version: int
    body: ConsentPurpose
    shown: str
    given: int | None
    withdrawn: int | None
    days: list[tuple[str, int, int]]
    left_out: list[tuple[str, int, int]]

    def told_to(self, smallest: int) -> "PurposeTold":
        """The same for a role that is told nothing of fewer persons than ``smallest``."""
        if smallest <= 1:
            return self
        given, withdrawn = (None if number is not None and 0 < number < smallest else number
                            for number in (self.given, self.withdrawn))  # fmt: skip
        return replace(self, given=given, withdrawn=withdrawn, days=[], left_out=[])


class Consents(Protocol):
    """The consents of a project. Every method may raise `EthogramError`."""

    def purposes(self) -> list[PurposeTold]:
        """Every purpose."""
        ...

    def set_purpose(self, name: str, body: bytes, note: str) -> Definition:
        """Save a purpose; it becomes the version in force."""
        ...

    def drop_purpose(self, name: str, note: str) -> Definition:
        """Drop a purpose; its records stay."""
        ...

    def show(self, id_: str, at: str | None = None) -> PersonConsents:
        """What a person allows."""
        ...

    def say(self, said: Say, source: str, by: str) -> PersonConsents:
        """Record that a person gave or withdrew a purpose; what holds then."""
        ...
