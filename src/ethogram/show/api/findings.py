"""Personal data that nobody tagged, and what is sealed afterwards, as the API tells of it."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """Personal data that nobody tagged: a property and a kind, such as ``e-mail``.

    ``events`` have it, that is a ``share`` of those with the property, from ``since`` to ``until``.
    ``example`` is a value as a mask (``a…@e….org``); it is empty where the name alone says so.
    """

    property: str
    kind: str
    events: int
    share: float
    since: str
    until: str
    example: str


class Findings(msgspec.Struct, frozen=True):
    """What was found in events up to the position ``looked`` of those up to ``position``."""

    findings: list[Finding]
    looked: int
    position: int


class ToSeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name of a property."""

    property: str


class SealedAfterwards(msgspec.Struct, frozen=True):
    """A property is sealed in so many ``events`` that stand, and in all that come.

    ``nobodys`` values are gone: whose they were has been erased, and no key is left.
    """

    property: str
    events: int
    nobodys: int
