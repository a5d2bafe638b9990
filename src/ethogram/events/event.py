"""The event: who did what, when, with which properties, in which context.

`Event` is what a client says: ids are its own strings. `Recorded` is what is kept: ids have
become internal ones and personal values are sealed, so everything right of the door sees
only `Recorded`.
"""

from typing import Any, Literal, TypeAlias

import msgspec

Json: TypeAlias = Any
Instant: TypeAlias = int
"""Microseconds since 1970-01-01T00:00:00Z."""

Kind: TypeAlias = Literal[
    "track",
    "page",
    "screen",
    "ping",
    "identify",
    "alias",
    "group",
    "profile",
    "revenue",
    "exposure",
    "consent",
    "log",
]
TimeBasis: TypeAlias = Literal["true", "corrected", "client", "server"]


EndKind: TypeAlias = Literal["user", "anonymous", "either"]


class Link(msgspec.Struct, forbid_unknown_fields=True):
    """A statement that two ids belong to one person.

    ``a_kind`` and ``b_kind`` say what each id is; ``either`` is for clients that do not say. It
    then means the one that other events have given, and both where there is none or both are.
    """

    kind: str
    a: str
    b: str
    directed: bool = True
    a_kind: EndKind = "user"
    b_kind: EndKind = "user"


class Group(msgspec.Struct, forbid_unknown_fields=True):
    """A company, household or device that the person acts for."""

    type: str
    id: str


class ProfileChange(msgspec.Struct, forbid_unknown_fields=True):
    """A change to a person's or a group's properties."""

    op: str
    values: dict[str, Json]
    target: str = "person"


class Exposure(msgspec.Struct, forbid_unknown_fields=True):
    """A flag or experiment that the person was shown a variant of."""

    flag: str
    variant: str | None = None
    value: Json = None
    reason: str | None = None
    version: str | None = None
    context_id: str | None = None


class Source(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """By which way an event came."""

    protocol: str = "native"
    endpoint: str = ""
    sdk: str = ""
    sdk_version: str = ""
    attempt: int = 0


class Event(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One thing that somebody did, as the client said it.

    Only ``event`` and one of ``user_id`` and ``anonymous_id`` are required. Ids are kept
    verbatim until the door seals them. ``timestamp`` is ISO 8601 (UTC where no zone is said)
    or a Unix time in seconds, milliseconds or microseconds, told apart by its size.

    >>> Event("cart", user_id="7", properties={"price": 20}).event
    'cart'
    """

    event: str
    user_id: str | None = None
    anonymous_id: str | None = None
    timestamp: str | int | float | None = None
    event_id: str | None = None
    session_id: str | None = None
    device_id: str | None = None
    properties: dict[str, Json] = {}
    context: dict[str, Json] = {}
    kind: Kind = "track"
    dedup_key: str | None = None
    sent_at: str | int | float | None = None
    time_is_true: bool = False
    personless: bool = False
    entities: list[Json] = []
    identity_links: list[Link] = []
    groups: list[Group] = []
    profile_ops: list[ProfileChange] = []
    value: float | None = None
    currency: str | None = None
    order_id: str | None = None
    items: list[Json] = []
    exposure: Exposure | None = None
    consent: dict[str, Json] | None = None
    ip_policy: Literal["use", "override", "ignore"] = "use"
    source: Source | None = None
    x: dict[str, Json] = {}


class Recorded(msgspec.Struct, array_like=True, gc=False):
    """One event as it is kept: internal ids, times in microseconds, personal values sealed.

    ``person`` is the internal id of ``user_id``, or of ``anonymous_id`` where there is no user;
    ``anonymous`` is that of ``anonymous_id`` wherever the client said one.
    ``sealed`` is one AES-GCM blob under the person's key. ``extra`` holds the canonical fields
    that most events do not have (links, profile changes, value, exposure, source, ``x``, …).
    """

    event: str
    kind: str
    event_id: str
    timestamp: Instant
    received_at: Instant
    person: int
    anonymous: int | None
    device: int | None
    session: int | None
    properties: dict[str, Json]
    context: dict[str, Json]
    groups: dict[str, int]
    sealed: bytes | None
    extra: dict[str, Json]
