"""Group commit: requests that arrive while the disk is busy share the next commit.

The event loop admits, one thread commits. While a commit is under way a new group fills; its
bytes are bounded, and a request beyond the bound is told to come back before memory grows.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from ethogram.collect.admission import Claim
from ethogram.collect.door import Door, Group, Outcome
from ethogram.events.errors import Broken, Busy, EthogramError
from ethogram.events.event import Instant
from ethogram.events.times import now

MOST_WAITING = 64 << 20


class Commits:
    """Takes requests into groups and answers each when its group is durable."""

    def __init__(self, door: Door, most_waiting: int = MOST_WAITING) -> None:
        self._door = door
        self._most = most_waiting
        self._thread = ThreadPoolExecutor(1, "commit")
        self._group = Group()
        self._durable = asyncio.get_running_loop().create_future()
        self._waiting = 0
        self._requests = 0
        self._running: asyncio.Task[None] | None = None
        self.broken: Broken | None = None
        self.broke = asyncio.Event()

    async def take(self, claims: Sequence[Claim], protocol: str, size: int) -> Outcome:
        """What became of ``claims``, once that is durable; ``size`` is their bytes.

        Raises `Busy` where too much is waiting or the disk refuses, `Broken` where the log is.
        """
        if self.broken:
            raise self.broken
        if self._waiting + size > self._most:
            raise Busy(
                "queue_full", "Too many events are waiting for the disk.", hint="Try again soon."
            )
        self._waiting += size
        try:
            outcome = self._door.admit(self._group, claims, now(), protocol)
            await self._durably()
        finally:
            self._waiting -= size
        return outcome

    async def take_table(self, claims: pa.Table, mark: tuple[str, int], *, keyed: bool) -> Outcome:
        """Keep an import's next rows; returns once they are durable. See `Door.admit_table`."""
        outcome = self._door.admit_table(self._group, claims, now(), mark, keyed=keyed)
        await self._durably()
        return outcome

    async def _durably(self) -> None:
        self._requests += 1
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        await asyncio.shield(self._durable)

    async def advance(self, name: str, position: int) -> None:
        """Move a consumer's durable cursor."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._door.advance, name, position)

    async def maintain(self, keep: Instant) -> None:
        """Trim the log and its keys; payloads younger than ``keep`` stay."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._door.maintain, keep)

    async def appended(self) -> None:
        """Wait for the next commit."""
        await asyncio.shield(self._durable)

    async def drain(self) -> None:
        """Wait for what is under way; nothing may be taken afterwards."""
        if self._running is not None:
            await self._running
        self._thread.shutdown()

    async def _run(self) -> None:
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        while self._requests:
            group, durable = self._group, self._durable
            self._group, self._durable, self._requests = Group(), loop.create_future(), 0
            self._door.close_group(group)
            try:
                await loop.run_in_executor(self._thread, self._door.commit, group)
            except Exception as error:  # noqa: BLE001 - whatever it is, requests must hear of it
                self._door.release(group)
                durable.set_exception(self._failed(error))
                durable.exception()
            else:
                self._door.settle(group)
                durable.set_result(None)
        self._running = None

    def _failed(self, error: Exception) -> EthogramError:
        if isinstance(error, Busy):
            return error
        if not isinstance(error, Broken):
            broken = Broken("commit_failed", f"A commit failed: {error!r}.")
            broken.__cause__ = error
            error = broken
        self.broken = error
        self.broke.set()
        return error
