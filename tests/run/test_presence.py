"""Where a server says that it is, and what a killed one leaves."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ethogram.run import presence
from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files; its name is short, for sockets stand in it."""
    folder = Path(tempfile.mkdtemp(prefix="eg-"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def folder_of(temporary: Path, name: str, *, age: float) -> tuple[Path, socket.socket]:
    """A server's folder that changed ``age`` seconds ago, and the socket in it."""
    folder = temporary / f"ethogram-{name}"
    folder.mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "a.sock"))
    then = folder.stat().st_mtime - age
    os.utime(folder, (then, then))
    return folder, listener


def test_what_killed_servers_left_goes_when_one_starts(temporary: Path, tmp_path: Path) -> None:
    """A folder at whose sockets nobody listens goes; a living, young or other one stays."""
    _, killed = folder_of(temporary, "killed", age=3600)
    killed.close()
    _, living = folder_of(temporary, "living", age=3600)
    living.listen()
    _, young = folder_of(temporary, "young", age=1)
    others, other = folder_of(temporary, "other", age=3600)
    (others / "notes.txt").touch()
    os.utime(others, (0, 0))
    (temporary / "ethogram-link").symlink_to(others)
    with presence.announced(Workspace(tmp_path, "id"), Settings()) as here:
        left = {path.name.removeprefix("ethogram-") for path in temporary.glob("ethogram-*")}
        assert left == {"living", "young", "other", "link", here.socket.parent.name[9:]}
    for each in (living, young, other):
        each.close()
