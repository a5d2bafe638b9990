"""What a report on compliance is made of: counts, names and times, and nobody's data."""

from typing import Literal, TypeAlias

import msgspec

Keeping: TypeAlias = Literal["sealed", "clear"]
Says: TypeAlias = Literal["plan", "detector"]


class HeldProperty(msgspec.Struct, frozen=True):
    """A ``property`` of an ``event`` that is personal, as the ``plan`` or a detector ``says``.

    ``kind`` is the detector's word for it, ``values`` how many there are, as far as that is known.
    """

    event: str
    property: str
    says: Says
    keeping: Keeping
    kind: str = ""
    values: int | None = None


class Purpose(msgspec.Struct, frozen=True):
    """What people were asked: how many ``given`` it, how many have ``withdrawn``.

    What is ``sharing`` a browser's signal withdraws; ``needed``: an event or a property needs it.
    """

    name: str
    version: int
    given: int
    withdrawn: int
    sharing: bool = False
    needed: bool = False


class Rule(msgspec.Struct, frozen=True):
    """How long something is kept: ``what`` in words, ``keep`` a duration."""

    what: str
    keep: str


class Erased(msgspec.Struct, frozen=True):
    """An erasure: its receipt's ``number``, when it was asked, hidden and gone (ISO times)."""

    number: str
    by: str
    asked_at: str
    hidden_at: str
    purged_at: str | None


class Looked(msgspec.Struct, frozen=True):
    """``who`` ``did`` something so often, the last time at (ISO)."""

    who: str
    did: str
    times: int
    last: str


class Holder(msgspec.Struct, frozen=True):
    """An account that may look: its role, what that permits, and whether a second factor is set."""

    email: str
    role: str
    permissions: list[str]
    second_factor: bool


class Facts(msgspec.Struct, frozen=True):
    """What is known of a ``project`` of a ``workspace``.

    ``people`` are identity's persons, ``ids`` how many ids the vault knows. ``smallest``
    is the smallest group that a role without personal data is told of. ``audit`` says how many
    lines were verified, or what is wrong with them; ``scanned`` which share of the events detectors
    have looked through for what nobody tagged. ``holds`` are the days from which on nothing goes.
    """

    workspace: str
    project: str
    version: str
    made_at: str
    events: int
    people: int
    first_event: str | None
    last_event: str | None
    ids: int
    held: list[HeldProperty]
    erasures: list[Erased]
    archives: int
    holders: list[Holder]
    smallest: int
    looks: list[Looked]
    audit: int | str
    scanned: float = 1.0
    purposes: list[Purpose] = []
    consent_required: bool = False
    gpc_honoured: bool = False
    retention: list[Rule] = []
    holds: list[str] = []
