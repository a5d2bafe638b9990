"""The writing half of a project in one process: what comes in becomes durable."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from ethogram.collect.admission import Claim
from ethogram.collect.door import Door, Group, Outcome
from ethogram.events.times import now
from ethogram.protect.vault import Vault
from ethogram.store.log.port import Log, LogReader


@dataclass(frozen=True)
class Writing:
    """A project's log, vault and door.

    ``reader`` is a second view of the log, ``rows`` what an import may bring at a time.
    """

    log: Log
    reader: LogReader
    vault: Vault
    door: Door
    rows: int = 50_000

    def append_claims(self, claims: Sequence[Claim], protocol: str = "native") -> Outcome:
        """Keep ``claims``; returns once they are durable."""
        group = Group()
        outcome = self.door.admit(group, claims, now(), protocol)
        self._commit(group)
        return outcome

    def append_table(self, claims: pa.Table, mark: tuple[str, int], *, keyed: bool) -> Outcome:
        """Keep an import's next rows; see `Door.admit_table`."""
        group = Group()
        outcome = self.door.admit_table(group, claims, now(), mark, keyed=keyed)
        self._commit(group)
        return outcome

    def imported(self, mark: str) -> int:
        """How many rows of the import ``mark`` are in."""
        return self.log.mark(mark)

    def _commit(self, group: Group) -> None:
        self.door.close_group(group)
        try:
            self.door.commit(group)
        except Exception:
            self.door.release(group)
            raise
        self.door.settle(group)

    def close(self) -> None:
        """Let go of the files."""
        self.reader.close()
        self.log.close()
        self.vault.close()
