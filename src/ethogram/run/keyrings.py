"""The keyrings of a workspace's projects, those of new ones too."""

import sys
import threading
from collections.abc import Mapping
from time import monotonic

import apsw

from ethogram.events.errors import EthogramError
from ethogram.protect.keyring import Keyring
from ethogram.run import assembly
from ethogram.run.workspace import Workspace

LOOK = 1.0
"""Seconds after which it is looked again whether a project was added."""


class Keyrings:
    """By project, read when they are first needed; one that cannot be read is said once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[str, Keyring] = {}
        self._failed: set[str] = set()
        self._looked = -LOOK
        self._looking = threading.Lock()

    def __call__(self) -> Mapping[str, Keyring]:
        """The keyrings by project, as of a moment ago."""
        if monotonic() - self._looked >= LOOK:
            with self._looking:
                self._looked = monotonic()
                self._look()
        return self._known

    def fresh(self) -> Mapping[str, Keyring]:
        """The keyrings by project, as of now."""
        self._looked = -LOOK
        return self()

    def _look(self) -> None:
        names = self._workspace.projects()
        known = {name: kept for name, kept in self._known.items() if name in names}
        for name in names:
            if name not in known and (self._workspace.project(name) / "vault.sqlite").exists():
                self._read(name, known)
        self._known = known

    def _read(self, name: str, into: dict[str, Keyring]) -> None:
        try:
            vault = assembly.vault(self._workspace, name)
        except (EthogramError, apsw.Error) as error:
            if name not in self._failed:
                self._failed.add(name)
                print(f"The project {name!r} cannot be served: {error}", file=sys.stderr)
            return
        into[name] = vault.keyring
        vault.close()
