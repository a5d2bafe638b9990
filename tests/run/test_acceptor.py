"""What the accepting process does beside accepting."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from ethogram.collect.commits import Commits
from ethogram.collect.gate import Gate
from ethogram.events.errors import Busy
from ethogram.protect.access.allowance import Allowance
from ethogram.run import acceptor, assembly
from ethogram.run.settings import Settings
from ethogram.run.workspace import open_workspace
from ethogram.run.writing import Writing


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writing]:
    """The writing half of a new workspace's project."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    writing = assembly.writing(open_workspace(tmp_path / "shop"), "default", Settings())
    yield writing
    writing.close()


def test_maintenance_that_fails_is_said_and_tried_again(
    half: Writing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log that refuses at first is tidied the next time, and what was wrong is on stderr."""
    tidied, tries, forget = asyncio.Event(), itertools.count(), half.log.forget_keys

    async def scenario() -> None:
        loop = asyncio.get_running_loop()

        def forget_keys(before: int) -> None:
            if next(tries) < 2:
                raise Busy("disk_full", "The disk is full; nothing was kept.")
            forget(before)
            loop.call_soon_threadsafe(tidied.set)

        monkeypatch.setattr(half.log, "forget_keys", forget_keys)
        commits = Commits(half.door)
        gate = Gate("default", commits, half.reader, Allowance(0))
        upkeep = asyncio.create_task(
            acceptor.maintain(SimpleNamespace(open={"default": gate}), Settings())
        )
        await asyncio.wait_for(tidied.wait(), 20)
        upkeep.cancel()
        with suppress(asyncio.CancelledError):
            await upkeep
        await commits.drain()

    monkeypatch.setattr(acceptor, "MAINTAIN_EVERY", 0.001)
    asyncio.run(scenario())
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "'default'" in said[0] and "The disk is full" in said[0]
