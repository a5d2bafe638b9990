"""Processes that are killed at any moment lose and double nothing (rows 6 to 9)."""

import os
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.forked_kills import Trial, kill_while_importing, kill_while_loading, lose_files
from tests.faults.ledger import Ledger
from tests.faults.serving_kills import clients, kill_while_serving
from tests.serving import Served, eventually, served

from ethogram.events.errors import Busy
from ethogram.run.presence import announced, find
from ethogram.run.settings import Settings
from ethogram.run.turn import Turn
from ethogram.run.workspace import open_workspace

SEED = 20260717
KILLS_SERVING, KILLS_LOADING, KILLS_IMPORTING = 10, 24, 16
LOSSES = 4


@pytest.fixture(autouse=True)
def seed() -> int:
    """The seed of everything that is random here, printed where a test fails."""
    print(f"seed {SEED}")
    return SEED


@contextmanager
def stopped(process: int) -> Iterator[None]:
    """The process stands still for as long as the block runs."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def assert_whole(server: Served, ledger: Ledger) -> None:
    """Nothing runs any more; everything that was acknowledged is there once, and all agree."""
    verdict = server.document("verify")
    assert verdict["ok"], verdict["problems"]
    assert verdict["log"]["events"] > 0
    ledger.assert_agrees(server.folder)


def test_kills_while_events_are_taken_lose_nothing(seed: int) -> None:
    """Writer and loader are killed in turn; each restart goes on, without any repair by hand."""
    ledger = Ledger()
    with served(load_every=0.2, tick=0.02) as server:
        kill_while_serving(server, ledger, random.Random(seed), KILLS_SERVING)
        assert server.ready().document("verify")["ok"]
        server.kill()
        assert_whole(server, ledger)


def test_kills_while_loading_lose_nothing(seed: int, tmp_path: Path) -> None:
    """A process that appends and loads is killed, also between a commit and the cursor."""
    trial = Trial(tmp_path, random.Random(seed))
    kill_while_loading(trial, KILLS_LOADING)
    trial.ledger.assert_agrees(trial.folder)


def test_files_that_were_not_synced_may_go(seed: int, tmp_path: Path) -> None:
    """A power cut that takes any of the lake's unsynced files costs nothing: the log has it."""
    trial = Trial(tmp_path, random.Random(seed))
    assert lose_files(trial, LOSSES) > LOSSES
    trial.ledger.assert_agrees(trial.folder)


def test_kills_while_importing_lose_no_row(seed: int, tmp_path: Path) -> None:
    """Imports that are killed and repeated leave each row once, with and without ids of its own."""
    trial = Trial(tmp_path, random.Random(seed), "p_said_text")
    assert kill_while_importing(trial, KILLS_IMPORTING, rows=100_000) > 0
    trial.ledger.assert_agrees(trial.folder, trial.column)


def test_the_note_of_a_killed_server_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its process number is another process's by now, as after a power cut."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    workspace = open_workspace(tmp_path / "workspace")
    with announced(workspace, Settings()) as here:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(here.socket))
            listener.listen()
            assert find(workspace) == here
        assert here.pid == os.getpid()
        assert find(workspace) is None


def test_who_comes_next_waits_for_who_was_there(seed: int) -> None:
    """A loader that outlives its killed writer keeps its turn at lake and index until it ends."""
    ledger = Ledger()
    with served(load_every=0.2, tick=0.02) as server:
        with clients(server, ledger, random.Random(seed)):
            server.ready()
            for _ in eventually("events are acknowledged"):
                if ledger.acknowledged:
                    break
        asker = server.asker()
        assert asker is not None
        with stopped(asker):
            server.kill()
            with pytest.raises(Busy):
                Turn(server.folder / "projects" / "default" / "reading.lock", patience=0)
        assert_whole(server, ledger)
