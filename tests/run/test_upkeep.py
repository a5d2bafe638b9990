"""The threads beside the questions outlast a full disk and a writer that is away."""

import errno
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ethogram.ask.questions.trends import Trends
from ethogram.events.errors import Busy
from ethogram.events.event import Event
from ethogram.run import assembly, upkeep
from ethogram.run.reading import Reading
from ethogram.run.settings import Settings
from ethogram.run.workspace import open_workspace
from ethogram.run.writing import Writing
from ethogram.store.lake.loader import recover
from ethogram.store.lake.trimming import CURSOR

SETTINGS = Settings(load_every=0.01, tick=0.01)


@pytest.fixture
def halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Writing, Reading]]:
    """Both halves of a new workspace's project, in which tries follow each other at once."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(upkeep, "AGAIN", 0.01)
    workspace = open_workspace(tmp_path / "shop")
    writing = assembly.writing(workspace, "default", SETTINGS)
    reading = assembly.reading(workspace, "default", writing, SETTINGS)
    yield writing, reading
    reading.close()
    writing.close()


def refusing(call: Callable[..., None], error: Exception, times: int = 2) -> Callable[..., None]:
    """``call``, which raises ``error`` the first ``times`` times."""
    tries = itertools.count()

    def tried(*given: object) -> None:
        if next(tries) < times:
            raise error
        call(*given)

    return tried


def test_loading_outlasts_a_writer_that_is_away(
    halves: tuple[Writing, Reading],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A cursor that could not be moved twice is moved in the end; questions are answered."""
    writing, reading = halves
    stop, moved = threading.Event(), threading.Event()
    advance = refusing(writing.log.advance, Busy("writer_away", "The writer is away."))

    def advanced(name: str, position: int) -> None:
        advance(name, position)
        moved.set()

    monkeypatch.setattr(reading.source, "advance", advanced)
    thread = threading.Thread(target=upkeep.loading, args=(reading, SETTINGS, stop))
    thread.start()
    for i in range(1000):
        writing.append_claims([Event("view", user_id=f"u{i}")])
        reading.catch_up()
        assert reading.ask(Trends(("view",), interval="all")).rows[0]["value"] == i + 1
        if moved.wait(0.02):
            break
    stop.set()
    thread.join()
    assert writing.log.cursor(CURSOR) == reading.lake.position > 0
    assert capsys.readouterr().err.count("The writer is away.") == 1


def test_folding_outlasts_a_full_disk(
    halves: tuple[Writing, Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be done on a full disk is tried again; any other failure is passed on."""
    _, reading = halves
    full = refusing(lambda: None, OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(reading.index, "fold", full)
    stop = threading.Event()
    fold = upkeep._patient(reading.index.fold, stop)
    assert [fold() for _ in range(3)] == [False, False, True]
    torn = upkeep._patient(refusing(lambda: None, OSError(errno.EIO, "torn")), stop)
    with pytest.raises(OSError, match="torn"):
        torn()


def test_a_lake_that_is_whole_opens_though_the_cursor_cannot_be_moved(
    halves: tuple[Writing, Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recovery writes to the log only where the lake has lost something."""
    writing, reading = halves
    writing.append_claims([Event("view", user_id="ann")])
    reading.load()
    refused = refusing(writing.log.advance, Busy("disk_full", "The disk is full."), 9)
    monkeypatch.setattr(reading.source, "advance", refused)
    assert recover(reading.source, reading.lake) == writing.log.end
