"""What a dialect is: two pure functions, from a request to claims and from the outcome back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome
from ethogram.events.errors import Busy, EthogramError


@dataclass(frozen=True)
class Request:
    """A request without its transport: ``path`` is what follows the dialect's prefix."""

    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


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

    def read(self, request: Request) -> tuple[str | None, list[Claim]]:
        """(the write key that was sent, the events). Raises `Invalid` where it cannot be read."""
        ...

    def answer(self, outcome: Outcome) -> Reply:
        """What this dialect's clients take for success."""
        ...


def refused(error: EthogramError) -> Reply:
    """An error as every surface shows it; with Retry-After where waiting helps."""
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, Busy) else {}
    return Reply(error.status, msgspec.json.encode(error.as_dict()), headers)


def bearer(headers: Mapping[str, str]) -> str | None:
    """The key of an ``Authorization: Bearer`` header."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None
