"""A gate: what the collector has of one project, and who may use it.

A request carries the project's write or read key. One that comes through the workspace's own
socket, which only its owner can open, carries none and names the project in a header.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from ethogram.collect.commits import Commits
from ethogram.events.errors import NotFound, Refused, nearest
from ethogram.protect.keyring import Keyring, Scope
from ethogram.store.log.port import LogReader, Record

LOCAL_PROJECT = "x-ethogram-project"


@dataclass(frozen=True)
class Gate:
    """One project: its keys, its commits, and its log as a reader sees it."""

    name: str
    keyring: Keyring
    commits: Commits
    reader: LogReader
    turn: asyncio.Lock

    async def read(self, after: int, limit: int) -> list[Record]:
        """The log's records after a position, read off the event loop."""
        async with self.turn:
            return await asyncio.to_thread(self.reader.read, after, limit)

    async def mark(self, name: str) -> int:
        """How far an import is."""
        async with self.turn:
            return await asyncio.to_thread(self.reader.mark, name)

    async def cursor(self, name: str) -> int:
        """How far a consumer is."""
        async with self.turn:
            return await asyncio.to_thread(self.reader.cursor, name)


def find(
    gates: Mapping[str, Gate], key: str | None, scope: Scope, *, local: str | None = None
) -> Gate:
    """The gate that ``key`` opens for ``scope``, or the one ``local`` names.

    Raises `Refused`, and `NotFound` for a project that does not exist.
    """
    if local is not None:
        if local not in gates:
            raise NotFound("unknown_project", f"There is no project {local!r}.",
                           at=LOCAL_PROJECT, hint=nearest(local, gates))  # fmt: skip
        return gates[local]
    for gate in gates.values():
        if key and gate.keyring.permits(key, scope):
            return gate
    raise Refused(
        "unknown_key" if key else "no_key",
        f"This key may not {scope} here." if key else f"The request carries no {scope} key.",
        at="authorization",
        hint=f"Send `Authorization: Bearer KEY`; `ethogram keys` prints the {scope} key.",
    )
