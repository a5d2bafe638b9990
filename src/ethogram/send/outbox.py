"""Events that wait to be sent, in files that outlive the process.

Each process appends to a file of its own, which it holds locked; beside it stands how many bytes
of it have arrived. A file that nobody holds was left by a process that died, and is sent by the
next one that starts. An event is there as soon as `append` returns, whatever becomes of the
process; what a loss of power takes with it is what the system had not written yet.
"""

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from uuid import uuid4

from ethogram.events.errors import Busy

LARGEST = 256 << 20
"""Bytes that wait at most."""
SPENT = 1 << 20
"""A file of so many bytes, all of which arrived, begins anew."""


@dataclass(frozen=True)
class Lot:
    """Some events side by side in a file, each a JSON object, and where the next ones begin."""

    file: "Waiting"
    lines: list[bytes]
    upto: int


class Waiting:
    """One file of waiting events. Raises `BlockingIOError` where another process holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark = path.with_suffix(".sent")
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise
        self._sent = int(self._mark.read_text() or 0) if self._mark.exists() else 0
        self._lock = Lock()

    @property
    def size(self) -> int:
        """The bytes that have not arrived."""
        return os.fstat(self._handle).st_size - self._sent

    def append(self, lines: Sequence[bytes]) -> None:
        """Write the events, all or none. Raises `OSError` where the disk takes no more."""
        text = b"".join(line + b"\n" for line in lines)
        with self._lock:
            before = os.fstat(self._handle).st_size
            try:
                if os.write(self._handle, text) < len(text):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            except OSError:
                os.ftruncate(self._handle, before)
                raise

    def lot(self, events: int, size: int) -> Lot | None:
        """The first events that have not arrived: so many at most, and at least one."""
        text = os.pread(self._handle, size, self._sent)
        while (end := text.rfind(b"\n")) < 0 and len(text) < self.size:
            text += os.pread(self._handle, size, self._sent + len(text))
        lines = text[: end + 1].split(b"\n")[:-1][:events]
        if not lines:
            return None
        return Lot(self, lines, self._sent + sum(map(len, lines)) + len(lines))

    def arrived(self, upto: int) -> None:
        """What stands before ``upto`` need not be sent again."""
        with self._lock:
            self._sent = upto
            if upto >= SPENT and self.size == 0:
                self._note(0)
                os.ftruncate(self._handle, 0)
                self._sent = 0
            else:
                self._note(upto)

    def close(self) -> None:
        """Let go of the file, and remove it where all that is whole has arrived."""
        if self.lot(1, 1 << 16) is None:
            self.path.unlink(missing_ok=True)
            self._mark.unlink(missing_ok=True)
        os.close(self._handle)

    def _note(self, sent: int) -> None:
        beside = self._mark.with_suffix(".part")
        beside.write_text(str(sent))
        beside.replace(self._mark)


class Outbox:
    """The waiting events below ``folder``: this process's, and those that others left."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._left = list(_abandoned(self._folder))
        self._own = Waiting(self._folder / f"{self._process}-{uuid4().hex}.jsonl")

    @property
    def size(self) -> int:
        """The bytes that wait."""
        return sum(file.size for file in (*self._left, self._own))

    def append(self, lines: Sequence[bytes]) -> None:
        """Keep events. Raises `Busy` (``outbox_full``) where too many wait already."""
        if self._process != os.getpid():
            self._begin()
        if self.size + sum(map(len, lines)) > LARGEST:
            raise Busy(
                "outbox_full",
                f"{LARGEST >> 20} MB of events wait to be sent.",
                at=str(self._folder),
                hint="The server has not taken any for long; see on_error.",
                retry_after=60,
            )
        self._own.append(lines)

    def lot(self, events: int, size: int) -> Lot | None:
        """The events to send next, those that others left first; None where none wait."""
        while self._left:
            lot = self._left[0].lot(events, size)
            if lot is not None:
                return lot
            self._left.pop(0).close()
        return self._own.lot(events, size)

    def close(self) -> None:
        """Leave what waits to the next process."""
        for file in (*self._left, self._own):
            file.close()


def _abandoned(folder: Path) -> Iterator[Waiting]:
    for path in sorted(folder.glob("*.jsonl")):
        try:
            yield Waiting(path)
        except BlockingIOError:
            continue
