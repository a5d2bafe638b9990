"""Group commit: requests that arrive while the disk is busy share the next commit.

The event loop admits, one thread commits. While a commit is under way a new group fills. If the
commit fails, that group fails with it: it may hold duplicates of what was lost, and nobody is told
that a lost event was a duplicate.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pyarrow as pa

from ethogram.collect.admission import Claim
from ethogram.collect.cleaning.facts import NOBODY, Sender
from ethogram.collect.door import Door, Letter, Outcome, Step
from ethogram.collect.group import Group
from ethogram.collect.letters import Replayed, take_letters
from ethogram.events.erasure import Erasure
from ethogram.events.errors import Broken, Busy, EthogramError
from ethogram.events.event import Instant
from ethogram.events.times import now
from ethogram.store.log.entries import Consented, Statement

T = TypeVar("T")
_AFRESH = "Send it again: the server stops now, and starts from what is durable."


class Commits:
    """Takes requests into groups and answers each when its group is durable."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._thread = ThreadPoolExecutor(1, "commit")
        self._loop = asyncio.get_running_loop()
        self._group = Group()
        self._durable = self._loop.create_future()
        self._next = self._loop.create_future()
        self._requests = 0
        self._running: asyncio.Task[None] | None = None
        self.broken: Busy | None = None
        self.broke = asyncio.Event()

    async def take(
        self, claims: Sequence[Claim], protocol: str, sender: Sender = NOBODY
    ) -> Outcome:
        """What became of ``claims``, once that is durable; see `Door.admit`.

        Raises `Busy` where the disk refuses, now or until a server starts afresh.
        """
        return await self._durably(
            lambda group: self._door.admit(group, claims, now(), protocol, sender)
        )

    async def take_step(self, claims: Sequence[Claim], step: Step, protocol: str) -> Outcome:
        """Keep an import's next events, as `take` does. See `Door.admit_step`."""
        return await self._durably(
            lambda group: self._door.admit_step(group, claims, now(), step, protocol)
        )

    async def take_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        """Keep an import's next rows; returns once they are durable. See `Door.admit_table`."""
        return await self._durably(
            lambda group: self._door.admit_table(group, claims, now(), step, keyed=keyed)
        )

    async def take_letters(self, letters: Sequence[Letter], largest: int) -> Replayed:
        """Take dead letters in again; returns once that is durable. See `letters`."""
        return await self._durably(lambda group: take_letters(self._door, group, letters, largest))

    async def take_statements(self, statements: Sequence[Statement | Consented]) -> None:
        """Keep what somebody in charge says of people; returns once that is durable."""
        await self._durably(lambda group: self._door.admit_statements(group, statements))

    async def take_erasure(self, erasure: Erasure) -> None:
        """Forget ``erasure``; returns once ids and keys are destroyed and the log says so."""
        await self._durably(lambda group: self._door.admit_erasure(group, erasure))

    async def make_keys(self, persons: Sequence[int]) -> None:
        """Have keys for ``persons``; durable when this returns, as all that came before."""
        await self._durably(lambda _: self._door.admit_keys(persons))

    async def rewrap(self, masters: Sequence[bytes]) -> None:
        """See `Door.admit_rewrapping`. Raises `Busy` where it is to be done once more."""
        group = await self._durably(lambda group: self._door.admit_rewrapping(group, masters))
        if not group.rewrapped:
            raise Busy("still_read", "Somebody reads the vault.", hint="Try again.")

    async def erase_entries(
        self, positions: Sequence[int], property: str | None = None, *, open_only: bool = False
    ) -> int:
        """See `Door.erase_entries`; commits wait meanwhile."""
        loop = asyncio.get_running_loop()
        erase = partial(self._door.erase_entries, positions, property, open_only=open_only)
        return await loop.run_in_executor(self._thread, erase)

    async def _durably(self, admit: Callable[[Group], T]) -> T:
        if self.broken:
            raise self.broken
        outcome = admit(self._group)
        self._requests += 1
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        await asyncio.shield(self._durable)
        return outcome

    async def advance(self, name: str, position: int | None) -> None:
        """Move a consumer's durable cursor."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._door.advance, name, position)

    async def maintain(self, keep: Instant) -> None:
        """Trim the log and its keys; payloads younger than ``keep`` stay."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._door.maintain, keep)

    @property
    def next(self) -> asyncio.Future[None]:
        """Done with the next commit that succeeds; ask for it before looking at the log."""
        return self._next

    async def drain(self) -> None:
        """Wait for what is under way; nothing may be taken afterwards."""
        if self._running is not None:
            await self._running
        self._thread.shutdown()

    async def _run(self) -> None:
        await asyncio.sleep(0)
        while self._requests:
            group, durable = self._swap()
            try:
                self._door.close_group(group)
                await self._loop.run_in_executor(self._thread, self._door.commit, group)
                self._door.settle(group)
            except Exception as error:  # noqa: BLE001 - whatever it is, requests must hear of it
                self._fail(group, durable, self._failed(error))
            else:
                durable.set_result(None)
                self._next.set_result(None)
                self._next = self._loop.create_future()
        self._running = None

    def _swap(self) -> tuple[Group, asyncio.Future[None]]:
        """The group that was filling; from here on another one fills."""
        filled = self._group, self._durable
        self._group, self._durable, self._requests = Group(), self._loop.create_future(), 0
        return filled

    def _fail(self, group: Group, durable: asyncio.Future[None], error: EthogramError) -> None:
        for lost, heard in ((group, durable), self._swap()):
            self._door.release(lost)
            heard.set_exception(error)
            heard.exception()

    def _failed(self, error: Exception) -> EthogramError:
        if isinstance(error, Busy):
            return error
        if not isinstance(error, Broken):
            broken = Broken("commit_failed", f"A commit failed: {error!r}.")
            broken.__cause__ = error
            error = broken
        self.broken = Busy(error.code, error.message, at=error.at, hint=_AFRESH, retry_after=5)
        self.broken.__cause__ = error
        self.broke.set()
        return self.broken
