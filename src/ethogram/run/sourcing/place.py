"""What one source leaves behind in the workspace: how far it was read, and how its run went."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethogram.collect.sources.systems.known import Known
from ethogram.collect.sources.systems.reading import packed, unpacked
from ethogram.events.errors import Busy
from ethogram.events.event import Instant
from ethogram.protect.keyring import unwrap, wrap
from ethogram.run.importing import Imported

PATIENCE = 0.5
"""Seconds: who only looks whether a source is being run has its lock for a moment."""


class Problem(msgspec.Struct, frozen=True):
    """Why a run failed, as every surface says it."""

    code: str
    message: str
    hint: str = ""
    at: str = ""


class Run(msgspec.Struct):
    """One run of the ``version`` of a source; without an end it is under way, or was cut off.

    ``rows`` counts what was read; a row that a look-up has already is a duplicate. ``left_out``
    are the columns of look-ups that name persons.
    """

    version: int
    began: Instant
    ended: Instant | None = None
    rows: Imported = msgspec.field(default_factory=Imported)
    left_out: list[str] = []
    error: Problem | None = None


class Place:
    """The folder of one source. What is written is there whole, or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def alone(self) -> Generator[None]:
        """No other process runs this source. Raises `Busy` where one does."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("a") as file:
            until = time.monotonic() + PATIENCE
            while not _locked(file):
                if time.monotonic() > until:
                    raise Busy("source_running", "This source is being run already.",
                               at=self._folder.name, hint="Wait until it ends.")  # fmt: skip
                time.sleep(0.02)
            yield

    @property
    def taken(self) -> bool:
        """Whether it is being run now."""
        try:
            with (self._folder / "lock").open("r+") as file:
                return not _locked(file)
        except FileNotFoundError:
            return False

    def last(self) -> Run | None:
        """The last run, or the one under way."""
        try:
            return msgspec.json.decode((self._folder / "run.json").read_bytes(), type=Run)
        except FileNotFoundError:
            return None

    def note(self, run: Run) -> None:
        """Keep ``run`` as the last one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write("run.json", msgspec.json.encode(run))

    def state(self, cipher: AESGCM) -> dict[str, Any]:
        """How far the source was read, as dlt has it. Raises `Broken` where it is not readable."""
        try:
            return unpacked(unwrap(cipher, (self._folder / "state").read_bytes(), "state"))
        except FileNotFoundError:
            return {}

    def keep(self, state: dict[str, Any], cipher: AESGCM) -> None:
        """Everything up to ``state`` is durable; it is sealed, since a cursor may name somebody."""
        self._write("state", wrap(cipher, packed(state), "state"))

    def origin(self) -> bytes | None:
        """A hash of the system that was read; None before the first row of one."""
        try:
            return (self._folder / "origin").read_bytes()
        except FileNotFoundError:
            return None

    def keep_origin(self, hashed: bytes) -> None:
        """From now on what this source has read is of that system."""
        self._write("origin", hashed)

    def known(self) -> Known:
        """The rows that were read before."""
        return Known(self._folder / "known.sqlite")

    def _write(self, name: str, text: bytes) -> None:
        draft = self._folder / f"{name}.draft"
        with draft.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
