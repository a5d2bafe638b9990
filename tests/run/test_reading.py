"""The reading half: the log's tail and the lake tell the same of each event."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ethogram.ask.sequences.index import Index
from ethogram.events.event import Event
from ethogram.run import assembly, following
from ethogram.run.doctor import examine
from ethogram.run.ports import ProjectPorts
from ethogram.run.reading import Reading
from ethogram.run.settings import Settings
from ethogram.run.verify import verify
from ethogram.run.workspace import open_workspace
from ethogram.run.writing import Writing
from ethogram.store.lake.loader import dead_letters
from ethogram.store.lake.schema import PROPERTIES
from ethogram.store.log.entries import Control, DeadLetter, Joined, pack
from ethogram.store.log.port import Batch


@pytest.fixture
def halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Writing, Reading]]:
    """Both halves of a new workspace's project."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    workspace = open_workspace(tmp_path / "shop")
    writing = assembly.writing(workspace, "default", Settings())
    read = assembly.reading(workspace, "default", writing, Settings())
    yield writing, read
    read.close()
    writing.close()


def test_the_tail_has_no_property_that_the_lake_leaves_out(
    halves: tuple[Writing, Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a build from a lake that is full of properties, a new one stays out of the index."""
    writing, read = halves
    wide = {f"p{i}": i for i in range(PROPERTIES)}
    writing.append_claims([Event("view", user_id="ann", properties=wide)])
    with monkeypatch.context() as bulk:
        bulk.setattr(following, "BULK_ENTRIES", 0)
        read.catch_up()
    writing.append_claims([Event("view", user_id="ben", properties={"late": 1, "p0": 2})])
    read.catch_up()
    known = {name for part in read.index.snapshot.parts for name in part.run.properties}
    assert known == set(wide) == read.lake.properties()


def test_control_entries_that_are_no_dead_letters_are_no_problem(
    halves: tuple[Writing, Reading],
) -> None:
    """Verifying counts the refused events alone, loaded or not, and misses none of them."""
    writing, read = halves
    letter = DeadLetter("bad_time", "m", "$", "", 7, "native", b"")
    entries: list[Control] = [Joined(1, 2, 7), letter, Joined(1, 3, 7)]
    chain = writing.vault.keyring.chain
    for _ in range(2):
        writing.log.append([Batch("control", pack(entries), len(entries), 7)])
        assert verify(read, chain).problems == []
        read.load()
        assert verify(read, chain).problems == []
    assert verify(read, chain).lake["dead_letters"] == 2
    read.lake.dead_letters.append(dead_letters(read.log.read(0, 1)), read.log.end)
    assert "2 dead letters" in verify(read, chain).problems[0]


def test_a_torn_index_is_said_and_built_anew(
    halves: tuple[Writing, Reading],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On standard error, by doctor and in the status; the answers are whole again."""
    writing, read = halves
    writing.append_claims([Event("view", user_id="ann")])
    read.settle()
    read.index.fold()
    folder = tmp_path / "shop"
    well = {check.name for check in examine(folder) if check.ok}
    codes = next(read.index.folder.glob("runs/*/codes"))
    codes.write_bytes(codes.read_bytes()[:-1])
    ill = well - {check.name for check in examine(folder) if check.ok}
    assert ill == {"index of default"}
    monkeypatch.setattr(read, "index", Index(read.index.folder))
    read.__post_init__()
    assert "The index is built anew." in capsys.readouterr().err
    workspace = open_workspace(folder)
    others = ("merging", "requests", "sealing", "consents", "retention")
    beside: dict[str, Any] = dict.fromkeys(others)  # not asked here
    ports = ProjectPorts("default", workspace, read, writing.vault, Settings(), **beside)
    read.settle()
    said = {check.name: check for check in ports.status().checks}["index"]
    assert said.ok and "was torn" in said.message
    assert verify(read, writing.vault.keyring.chain).ok
