"""The writing half of a project in one process: what comes in becomes durable."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import msgspec
import pyarrow as pa

from ethogram.collect.admission import Claim
from ethogram.collect.door import Door, Letter, Outcome, Step
from ethogram.collect.group import Group
from ethogram.collect.letters import Replayed, take_letters
from ethogram.events.erasure import Erasure
from ethogram.events.times import now
from ethogram.protect.consent.standing import Standing
from ethogram.protect.vault import Vault
from ethogram.store.log.entries import Consented, Statement
from ethogram.store.log.port import Log, LogReader


@dataclass
class Writing:
    """A project's log, vault, what persons allow, and door, used from one thread.

    ``reader`` is a second view of the log, ``largest`` the bytes that an event may have, ``rows``
    what an import may bring at a time.
    """

    log: Log
    reader: LogReader
    vault: Vault
    standing: Standing
    door: Door
    largest: int
    rows: int = 50_000
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "commit"))
    _committing: tuple[Group, Future[None]] | None = None

    def append_claims(
        self, claims: Sequence[Claim], step: Step | None = None, protocol: str = "native"
    ) -> Outcome:
        """Keep events of a ``protocol``, as a ``step`` of an import or by themselves.

        Returns once they are durable.
        """
        self.flush()
        group = Group()
        if step is None:
            outcome = self.door.admit(group, claims, now(), protocol)
        else:
            outcome = self.door.admit_step(group, claims, now(), step, protocol)
        self._commit(group)
        self.flush()
        return outcome

    def append_letters(self, letters: Sequence[Letter]) -> Replayed:
        """Take dead letters in again; returns once that is durable."""
        self.flush()
        group = Group()
        try:
            done = take_letters(self.door, group, letters, self.largest)
        except Exception:
            self.door.release(group)
            raise
        self._commit(group)
        self.flush()
        return done

    def append_statements(self, statements: Sequence[Statement | Consented]) -> None:
        """Keep what somebody in charge says of people; durable when this returns."""
        self.flush()
        group = Group()
        self.door.admit_statements(group, statements)
        self._commit(group)
        self.flush()

    def erase(self, erasure: Erasure) -> None:
        """Destroy ids and keys, and say so in the log; durable when this returns."""
        self.flush()
        group = Group()
        self.door.admit_erasure(group, erasure)
        self._commit(group)
        self.flush()

    def make_keys(self, persons: Sequence[int]) -> None:
        """Have keys for ``persons``; see `Vault.make_keys`. Durable when this returns."""
        self.flush()
        self.door.admit_keys(persons)
        self._commit(Group())
        self.flush()

    def erase_entries(
        self, positions: Sequence[int], property: str | None = None, *, open_only: bool = False
    ) -> int:
        """See `Door.erase_entries`."""
        self.flush()
        erase = partial(self.door.erase_entries, positions, property, open_only=open_only)
        return self._thread.submit(erase).result()

    def append_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        """Keep an import's next rows; see `Door.admit_table`.

        They are durable once `flush` returns, or the next call.
        """
        group = Group()
        outcome = self.door.admit_table(group, claims, now(), step, keyed=keyed)
        try:
            self.flush()
        except Exception:
            self.door.release(group)
            raise
        self._commit(group)
        return outcome

    def flush(self) -> None:
        """Wait until all that was appended is durable. Raises what committing it raised."""
        if self._committing is None:
            return
        (group, done), self._committing = self._committing, None
        try:
            done.result()
        except Exception:
            self.door.release(group)
            raise
        self.door.settle(group)

    def imported(self, mark: str) -> int:
        """How many rows of the import ``mark`` are in."""
        return self.log.mark(mark)

    def imports(self, beginning: str) -> dict[str, int]:
        """How many rows are in of each import whose mark has this ``beginning``."""
        return self.log.marks(beginning)

    def _commit(self, group: Group) -> None:
        self.door.close_group(group)
        self._committing = group, self._thread.submit(self.door.commit, group)

    def close(self) -> None:
        """Let go of the files, once what is under way has ended."""
        self._thread.shutdown()
        self.reader.close()
        self.log.close()
        self.vault.close()
        self.standing.close()


def say_erasures(writing: Writing) -> None:
    """Do what a crash kept from being done, or what a backup that was put back does not know.

    Of dead letters only those are meant that the log had then and has now.
    """
    for erasure in writing.vault.unsaid():
        there = tuple(letter for letter in erasure.letters if letter <= writing.log.end)
        writing.erase(msgspec.structs.replace(erasure, letters=there))
