"""What a dialect is: pure functions from a request to claims, and from the outcome back."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

import msgspec

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome
from ethogram.events.errors import Busy, EthogramError, Refused

LARGEST_EVENT = 32 << 10
"""Bytes, unless a setting says otherwise."""
WHO_SENDS = ("user-agent", "origin", "referer", "sec-gpc", "dnt")
"""The headers that say what sends: a person's own program, or a server for others."""


@dataclass(frozen=True)
class Request:
    """A request without its transport.

    ``path`` is what follows the dialect's prefix, ``largest`` the bytes that an event may have,
    ``address`` the network address that it came from.
    """

    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    largest: int = LARGEST_EVENT
    method: str = "POST"
    address: str = ""


@dataclass(frozen=True)
class Reply:
    """An answer without its transport."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content_type: str = "application/json"


Alone: TypeAlias = Callable[[bytes], Request]
"""From a refusal's ``raw`` to a request that says this event by itself."""


class Dialect(Protocol):
    """One vendor's way of saying events; ``name`` keeps its deduplication keys apart."""

    name: str
    methods: frozenset[str]
    """The methods that it knows; OPTIONS only where it is more than a browser's preflight."""
    key_inside: bool
    """Whether the key may stand in the body."""
    largest_body: int
    """Bytes that the vendor takes, after decompression; 0: what the settings say."""

    def told(self, request: Request) -> Reply | None:
        """What a client wants to know before it sends, such as its settings; None for events."""
        ...

    def key(self, request: Request) -> str | None:
        """The write key that was sent; asked before the body is there, and again with it."""
        ...

    def claims(self, request: Request) -> list[Claim]:
        """The events. Raises `Invalid` where they cannot be told apart."""
        ...

    def alone(self, request: Request) -> Alone | None:
        """How one of its events is said by itself, with what ``request`` says beside them all.

        None where that cannot be. What `claims` took apart can be taken apart here.
        """
        ...

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """What this dialect's clients take for success; ``claims`` are those of the request."""
        ...

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """What they take for this error: whether to send again, and when."""
        ...


def framed(
    request: Request, before: bytes = b"[", after: bytes = b"]", headers: tuple[str, ...] = ()
) -> Alone:
    """Requests like ``request`` whose body is an event between ``before`` and ``after``.

    Of the headers only ``headers`` are kept, and what tells who sends: others hold keys and
    cookies.
    """
    names = (*headers, *WHO_SENDS)
    kept = {name: request.headers[name] for name in names if name in request.headers}
    bare = replace(request, headers=kept, body=b"")
    return lambda raw: replace(bare, body=before + raw + after)


def within(
    request: Request, name: str, beside: Mapping[str, bytes], headers: tuple[str, ...] = ()
) -> Alone:
    """As `framed`: an object of what is said ``beside`` and of a list of one event, ``name``."""
    said = b"".join(b"%b:%b," % (msgspec.json.encode(key), value) for key, value in beside.items())
    return framed(request, b'{%b"%b":[' % (said, name.encode()), b"]}", headers)


def refused(error: EthogramError) -> Reply:
    """An error as every surface shows it, with what HTTP wants said beside it."""
    headers: dict[str, str] = {}
    if isinstance(error, Busy):
        headers["retry-after"] = str(error.retry_after)
    elif isinstance(error, Refused):
        headers["www-authenticate"] = "Bearer"
    return Reply(error.status, msgspec.json.encode(error.as_dict()), headers)


def bearer(headers: Mapping[str, str]) -> str | None:
    """The key of an ``Authorization: Bearer`` header."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def basic(headers: Mapping[str, str]) -> str | None:
    """The user of an ``Authorization: Basic`` header."""
    scheme, _, said = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(said, validate=True).decode().partition(":")[0]
    except ValueError:
        return None


def parted(path: str) -> tuple[str | None, str]:
    """The write key that a path begins with, if it does, and the rest.

    For clients that can be given an address and nothing else.

    >>> parted("eg_write_abc/i")
    ('eg_write_abc', 'i')
    >>> parted("i")
    (None, 'i')
    """
    first, _, rest = path.strip("/").partition("/")
    return (first, rest) if first.startswith("eg_write_") else (None, path.strip("/"))
