"""What a dialect is: pure functions from a request to claims, and from the outcome back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome
from ethogram.events.errors import Busy, EthogramError, Refused

LARGEST_EVENT = 32 << 10
"""Bytes, unless a setting says otherwise."""


@dataclass(frozen=True)
class Request:
    """A request without its transport.

    ``path`` is what follows the dialect's prefix, ``largest`` the bytes that an event may have.
    """

    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    largest: int = LARGEST_EVENT


@dataclass(frozen=True)
class Reply:
    """An answer without its transport."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content_type: str = "application/json"


class Dialect(Protocol):
    """One vendor's way of saying events; ``name`` keeps its deduplication keys apart."""

    name: str
    key_inside: bool
    """Whether the key may stand in the body."""

    def key(self, request: Request) -> str | None:
        """The write key that was sent; asked before the body is there, and again with it."""
        ...

    def claims(self, request: Request) -> list[Claim]:
        """The events. Raises `Invalid` where they cannot be told apart."""
        ...

    def answer(self, outcome: Outcome) -> Reply:
        """What this dialect's clients take for success."""
        ...


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
