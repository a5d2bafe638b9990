"""Disks that fail: a sync that says no, and no space left (rows 10 and 12)."""

import itertools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.ledger import Ledger, batches, post
from tests.serving import Served, unserved

from ethogram.run.opening import open_


def failing_syncs(server: Served, when: str, file: str) -> tuple[str, ...]:
    """The command that lets syncs of the project's ``file`` fail."""
    path = server.folder / "projects" / "default" / file
    syncs = "fsync,fdatasync"
    return (
        *("strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-P", str(path)),
        *("-e", f"trace={syncs}", "-e", f"inject={syncs}:error=EIO:when={when}"),
    )


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    ("when", "file"),
    [("7", "log.sqlite-wal"), ("5+", "log.sqlite-wal"), ("4", "vault.sqlite-wal")],
)
def test_a_failed_sync_ends_the_acknowledging(
    when: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once or always: the server says 503, ends with a status, and had acknowledged only truth."""
    ledger = Ledger()
    with unserved() as server:
        monkeypatch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
        open_(server.folder).close()
        server.start(failing_syncs(server, when, file))
        statuses = [post(server, ledger, ids) for ids in itertools.islice(batches(), 12)]
        broken = next(i for i, status in enumerate(statuses) if status != 200)
        assert broken > 0
        assert statuses[broken] == 503
        assert 200 not in statuses[broken:]
        assert server.ended() == 1
        server.start()
        assert post(server, ledger, ["after"]) == 200
        server.kill()
        assert server.document("verify")["ok"]
        ledger.assert_agrees(server.folder)


def namespaces() -> bool:
    """Whether this machine lets a process have a disk of its own."""
    asked = ["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not namespaces(), reason="no mount namespaces here")
def test_a_full_disk_refuses_and_recovers() -> None:
    """Where no space is left events get 503, and are taken again as soon as there is some."""
    words = [sys.executable, "-m", "tests.faults.full_disk"]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["unshare", "-Urm", *words], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "drained" in done.stdout
