"""A person as people see them: the shapes in which their profile and what they did are told."""

from typing import Annotated

import msgspec

from ethogram.events.event import Json

MOST = 200


class AskedProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose profile: an id as in `Whose`. ``at`` is an instant, as of which its values are.

    ``personal`` opens what is sealed. Of what they did there are the last ``limit`` events, or
    those before the place ``before``.
    """

    id: str
    at: str | None = None
    personal: bool = False
    before: "Before | None" = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 50


class Before(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event, by its time and its position in the log."""

    time: str
    position: int


class ProfileStep(msgspec.Struct, frozen=True):
    """One step in a property's history: what was done, with which value, if that changed anything.

    ``held`` is there where it was a number from then on.
    """

    at: str
    op: str
    value: Json = None
    changed: bool = True
    held: Json | msgspec.UnsetType = msgspec.UNSET


class ProfileProperty(msgspec.Struct, frozen=True):
    """A property that a profile holds or held; ``personal`` where its value was sealed.

    Where it holds nothing, ``value`` is not there. It is what it is ``since`` an instant, null
    where nothing was done to it by then. ``history`` are the last of its ``steps``, the oldest
    first.
    """

    name: str
    history: list[ProfileStep]
    steps: int
    since: str | None = None
    value: Json | msgspec.UnsetType = msgspec.UNSET
    personal: bool = False


class GroupTold(msgspec.Struct, frozen=True):
    """A group that the person acted for: its type and internal id; ``name`` where it is opened."""

    type: str
    id: str
    name: str | None = None


class Deed(msgspec.Struct, frozen=True):
    """One thing that a person did; ``personal`` are the values that were sealed, where opened."""

    time: str
    event: str
    position: int
    session: int
    properties: dict[str, Json]
    personal: dict[str, Json] = {}


class Profile(msgspec.Struct, frozen=True):
    """What is known of a person.

    ``names`` are their ids as clients say them, where they are opened. ``events`` come newest
    first; ``total`` is how many there are, and ``earlier`` the place before which the others are.
    """

    person: str
    names: list[str]
    properties: list[ProfileProperty]
    groups: list[GroupTold]
    traits: dict[str, Json]
    events: list[Deed]
    total: int
    earlier: Before | None
