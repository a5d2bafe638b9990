"""Where a served workspace is to be found: ``serve.json`` in its folder, sockets beside /tmp.

Socket paths are short, whatever the folder's is, and stand in a folder that only the owner can
enter. What killed servers left there goes when the next one starts.
"""

import errno
import os
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace

SERVED = "default"
"""The project that a server opens at once; others when they are first needed."""
PREFIX = "ethogram-"
YOUNG = 60.0
"""A folder that changed so many seconds ago may be that of a server which is just starting."""


class Presence(msgspec.Struct, frozen=True):
    """A server's process, address and sockets.

    ``socket`` is of the process that accepts. That which asks has two: ``asker`` for what is
    passed on to it, and ``owner`` for the owner of this machine alone, who needs no key.
    """

    pid: int
    url: str
    socket: Path
    asker: Path
    owner: Path


@contextmanager
def announced(workspace: Workspace, settings: Settings) -> Generator[Presence]:
    """Say where this process serves ``workspace`` for as long as it does."""
    _sweep(Path(tempfile.gettempdir()))
    sockets = Path(tempfile.mkdtemp(prefix=PREFIX))
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{settings.port}"
    here = Presence(os.getpid(), url, *(sockets / f"{name}.sock" for name in "abc"))
    note = _note(workspace)
    draft = note.with_suffix(".draft")
    draft.write_bytes(msgspec.json.encode(here, enc_hook=str))
    draft.rename(note)
    try:
        yield here
    finally:
        note.unlink(missing_ok=True)
        shutil.rmtree(sockets, ignore_errors=True)


def find(workspace: Workspace) -> Presence | None:
    """The server of ``workspace``, if one runs; a killed one's note is passed over."""
    try:
        text = _note(workspace).read_bytes()
    except FileNotFoundError:
        return None
    here = msgspec.json.decode(text, type=Presence, dec_hook=lambda _, value: Path(value))
    return here if _knock(here.socket) == 0 else None


def _knock(path: Path) -> int:
    """0 where somebody answers, else the error number.

    A process number would say nothing once a machine has restarted.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        return probe.connect_ex(str(path))


def _sweep(temporary: Path) -> None:
    for folder in temporary.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _is_left_behind(folder):
                shutil.rmtree(folder)


def _is_left_behind(folder: Path) -> bool:
    """Whether it is this user's and holds sockets only, at none of which anybody listens."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return False
    if time.time() - found.st_mtime < YOUNG:
        return False
    inside = list(folder.iterdir())
    return bool(inside) and all(
        each.is_socket() and _knock(each) == errno.ECONNREFUSED for each in inside
    )


def _note(workspace: Workspace) -> Path:
    return workspace.folder / "serve.json"
