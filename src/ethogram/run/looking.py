"""A project's files for who only looks, while a server has them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ethogram.ask.plans.learn import Sealed
from ethogram.people.identity import Identity
from ethogram.people.persons import Persons
from ethogram.people.policy import policy
from ethogram.protect.vault import Vault
from ethogram.run.planning import sealed
from ethogram.store.lake.tables import Lake
from ethogram.store.log.port import LogReader


@dataclass(frozen=True)
class Looking:
    """The ``folder`` of a project, its log and lake; ``vault`` opens the vault."""

    folder: Path
    log: LogReader
    lake: Lake
    vault: Callable[[], Vault]

    def sealed(self) -> Sealed:
        """See `planning.sealed`."""
        vault = self.vault()
        try:
            return sealed(self.log, self.lake, vault)
        finally:
            vault.close()

    def close(self) -> None:
        """Let go of the log."""
        self.log.close()


def identity_of(looking: Looking, said: str) -> Identity:
    """Who is who by the policy ``said``, worked out anew from lake and log."""
    persons = Persons(looking.lake, policy(said))
    persons.reach(looking.log.end, looking.log)
    return persons.identity
