"""A kill at any line of a rotation: what was sealed is opened by the key that is there."""

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from ethogram.events.errors import Broken
from ethogram.protect.access.desk import Desk
from ethogram.protect.vault import Vault
from ethogram.run import assembly
from ethogram.run.rotating import rotate
from ethogram.run.workspace import Workspace, open_workspace

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "ethogram.protect.access.desk"])
PROJECTS = ("default", "second")
TRACED = {("rotating.py", "rotate"), ("rotating.py", "_keep"), ("master.py", "keep"),
          ("vault.py", "rewrap"), ("desk.py", "rewrap")}  # fmt: skip
"""What a rotation goes through, by file and function."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of two projects, beside its key; each knows Ann."""
    folder = tmp_path_factory.mktemp("before")
    with _at_home(folder):
        workspace = open_workspace(folder / "shop")
        for name in PROJECTS:
            vault = assembly.vault(workspace, name)
            vault.id("user", "ann")
            vault.cipher(vault.id("user", "ann"))
            vault.store(vault.take())
            vault.close()
        assert assembly.desk(workspace).keyring
    return folder


@contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        yield


def _rotate(folder: Path, line: int) -> None:
    """Rotate, and kill this process at the ``line``-th line on the way, counted as they run."""
    os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
    lines = 0

    def traced(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        code = frame.f_code
        if (Path(code.co_filename).name, code.co_name) not in TRACED:
            return None
        if event == "line":
            lines += 1
            if lines == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return traced

    workspace = open_workspace(folder / "shop")
    sys.settrace(traced)
    rotate(workspace)
    sys.settrace(None)


def _known(workspace: Workspace) -> list[tuple[bytes, int | None, bytes]]:
    """What each project's keys and ids are, and the accounts' secret, if they can be opened."""
    found = []
    for name in PROJECTS:
        vault = assembly.vault(workspace, name)
        ann = vault.find("user", "ann")
        assert ann is not None
        assert vault.name(ann) == ("user", "ann")
        sealed = vault.cipher(ann).encrypt(bytes(12), b"ann@example.org", None)
        found.append((vault.keyring.chain, ann, sealed))
        vault.close()
    desk = assembly.desk(workspace)
    found.append((desk.keyring.chain, None, b""))
    desk.close()
    return found


def _dies(folder: Path, line: int) -> bool:
    """Whether there is such a line."""
    process = FORKS.Process(target=_rotate, args=(folder, line))
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def test_a_rotation_that_is_killed_leaves_a_key_that_opens(before: Path, tmp_path: Path) -> None:
    """At each of its lines; the next rotation ends it, and the old key opens nothing then."""
    with _at_home(before):
        workspace = open_workspace(before / "shop")
        known, (old,) = _known(workspace), workspace.masters
    line, dies = 0, True
    while dies:
        line += 1
        folder = tmp_path / str(line)
        shutil.copytree(before, folder)
        dies = _dies(folder, line)
        with _at_home(folder):
            workspace = open_workspace(folder / "shop")
            assert _known(workspace) == known, line
            if dies:
                rotate(workspace)
            assert _known(workspace) == known, line
            _assert_rotated(workspace, old)
        shutil.rmtree(folder)
    assert line > 25


def _assert_rotated(workspace: Workspace, old: bytes) -> None:
    (new,) = workspace.masters
    assert new != old
    for name in PROJECTS:
        path = workspace.project(name) / "vault.sqlite"
        Vault(path, new).close()
        with pytest.raises(Broken):
            Vault(path, old)
    with pytest.raises(Broken):
        assert Desk(f"sqlite:///{workspace.folder}/access.sqlite", lambda: [old], dict).keyring
