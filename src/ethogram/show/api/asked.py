"""What is asked to be done about people: merging, parting, erasing, an archive of all there is."""

from typing import Annotated

import msgspec


class AskedPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An ``id`` as in `Whose`; of the person's ids and of their links ``limit``, after ``skip``."""

    id: str
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two ids, each said as in `Whose`."""

    one: str
    other: str


class Parting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"other": "from"}):
    """An ``id`` that is parted from its person, or from the ``other`` id alone."""

    id: str
    other: str | None = None


class Unlinked(msgspec.Struct, frozen=True):
    """So many ``links`` count no more."""

    links: int


class ToErase(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"since": "from", "until": "to"},
):
    """A person, by an ``id``, or some of what that person or everybody did.

    A person's ``events`` stay unless they are to go too. Events from ``since`` and before ``until``
    (ISO), or called ``event``, go; with a ``property`` its values alone. ``purge``: the last byte
    of all that was erased goes before the answer.
    """

    id: str | None = None
    events: bool = False
    since: str | None = None
    until: str | None = None
    event: str | None = None
    property: str | None = None
    purge: bool = False


class Subject(msgspec.Struct, frozen=True):
    """What an archive has: of so many ``ids`` so many ``events`` and ``refused`` ones."""

    ids: int
    events: int
    refused: int
