"""One process at a time has a project's lake and index; the next one waits for it.

A server that was killed leaves a process behind that ends by itself, after what it is at.
"""

import fcntl
import time
from pathlib import Path

from ethogram.events.errors import Busy

PATIENCE = 60.0
"""Seconds after which a process that does not end is said to be in the way."""


class Turn:
    """Held from here to `close`, or to the process's end. Raises `Busy` after ``patience``."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a")
        until = time.monotonic() + patience
        while not self._taken():
            if time.monotonic() > until:
                self.close()
                raise Busy(
                    "lake_in_use",
                    "Another process has this project's lake and index.",
                    at=str(path),
                    hint="Wait for it, or end it: `ethogram serve` may have been killed.",
                )
            time.sleep(0.02)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let the next one begin."""
        self._file.close()
