"""The reading half: the log's tail and the lake tell the same of each event."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ethogram.events.event import Event
from ethogram.run import assembly, reading
from ethogram.run.reading import Reading
from ethogram.run.settings import Settings
from ethogram.run.workspace import open_workspace
from ethogram.run.writing import Writing
from ethogram.store.lake.schema import PROPERTIES


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
        bulk.setattr(reading, "BULK_ENTRIES", 0)
        read.catch_up()
    writing.append_claims([Event("view", user_id="ben", properties={"late": 1, "p0": 2})])
    read.catch_up()
    known = {name for part in read.index.snapshot.parts for name in part.run.properties}
    assert known == set(wide) == read.lake.properties()
