"""A gate: what the collector has of one project, and who may use it.

A request carries the project's write or read key, or a token. One that comes through the
workspace's own socket, which only its owner can open, carries none and names the project in a
header.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ethogram.collect.commits import Commits
from ethogram.events.errors import Refused
from ethogram.protect.access.allowance import Allowance
from ethogram.protect.erasures import Unseen
from ethogram.protect.keyring import Scope
from ethogram.store.log.port import LogReader

LOCAL_PROJECT = "x-ethogram-project"


@dataclass(frozen=True)
class Gate:
    """One project: its commits, its log as a reader sees it, what whoever came may send.

    ``unseen`` gives what of the log was erased, ``masters`` the workspace's master keys; ``moving``
    is held while a consumer's cursor is moved.
    """

    name: str
    commits: Commits
    reader: LogReader
    allowance: Allowance
    unseen: Callable[[], Unseen] = Unseen
    masters: Callable[[], Sequence[bytes]] = tuple
    moving: asyncio.Lock = field(default_factory=asyncio.Lock)


class Gates(Protocol):
    """The gates of a workspace's projects."""

    async def opened_by(self, key: str, scope: Scope) -> Gate | None:
        """The gate that ``key`` opens for ``scope``, if it opens one."""
        ...

    async def looked(self, key: str, address: str) -> None:
        """Have the audit say that whoever has ``key`` reads what people did, one by one."""
        ...

    async def of(self, project: str) -> Gate:
        """The gate of a project. Raises `NotFound` where there is none of that name."""
        ...


async def find(gates: Gates, key: str | None, scope: Scope, local: str | None = None) -> Gate:
    """The gate that ``key`` opens for ``scope``, or the one of the project ``local``.

    Raises `Refused`, and `NotFound` for a project that does not exist.
    """
    if local is not None:
        return await gates.of(local)
    found = await gates.opened_by(key, scope) if key else None
    if found is None:
        raise Refused(
            "unknown_key" if key else "no_key",
            f"This key may not {scope} here." if key else f"The request carries no {scope} key.",
            at="authorization",
            hint=f"Send `Authorization: Bearer KEY`; `ethogram keys` prints the {scope} key.",
        )
    return found
