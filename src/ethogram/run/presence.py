"""Where a served workspace is to be found: ``serve.json`` in its folder, sockets beside /tmp.

Socket paths are short, whatever the folder's is, and stand in a folder that only the owner can
enter.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace


class Presence(msgspec.Struct, frozen=True):
    """A server's process, address and sockets."""

    pid: int
    url: str
    socket: Path
    asker: Path


@contextmanager
def announced(workspace: Workspace, settings: Settings) -> Generator[Presence]:
    """Say where this process serves ``workspace`` for as long as it does."""
    sockets = Path(tempfile.mkdtemp(prefix="ethogram-"))
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    here = Presence(
        os.getpid(), f"http://{host}:{settings.port}", sockets / "a.sock", sockets / "b.sock"
    )
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
    return here if _listens(here.socket) else None


def _listens(path: Path) -> bool:
    """Whether somebody answers; a process number says nothing once a machine has restarted."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        return probe.connect_ex(str(path)) == 0


def _note(workspace: Workspace) -> Path:
    return workspace.folder / "serve.json"
