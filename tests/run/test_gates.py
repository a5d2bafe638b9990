"""The gates of projects are opened when they are needed, and so many at once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ethogram.events.errors import Busy, NotFound
from ethogram.run import assembly, gates
from ethogram.run.gates import ProjectGates
from ethogram.run.keyrings import Keyrings
from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with three projects."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = open_workspace(tmp_path / "shop")
    for name in ("default", "one", "two"):
        assembly.vault(made, name).close()
    return made


def within(workspace: Workspace, scenario: Callable[[ProjectGates], Awaitable[None]]) -> None:
    """Run ``scenario`` with the gates of ``workspace``."""

    async def run() -> None:
        keyrings = Keyrings(workspace)
        made = ProjectGates(workspace, Settings(), keyrings, lambda: assembly.desk(workspace))
        try:
            await scenario(made)
        finally:
            await made.close()

    asyncio.run(run())


def test_a_key_opens_its_own_project(workspace: Workspace) -> None:
    """And what is no key opens none; nothing is open before it is needed."""
    keys = Keyrings(workspace)()

    async def scenario(made: ProjectGates) -> None:
        assert made.open == {}
        assert await made.opened_by("eg_write_nothing", "write") is None
        found = await made.opened_by(keys["one"].access("write"), "write")
        assert found is not None and found.name == "one"
        assert await made.opened_by(keys["one"].access("write"), "read") is None
        assert set(made.open) == {"one"}
        with pytest.raises(NotFound):
            await made.of("nothing")

    within(workspace, scenario)


def test_the_one_that_was_quiet_longest_makes_room(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And can be opened again; one in use is not taken from whoever uses it."""
    monkeypatch.setattr(gates, "MOST_OPEN", 2)
    monkeypatch.setattr(gates, "QUIET", 0.0)

    async def scenario(made: ProjectGates) -> None:
        for name in ("default", "one", "default", "two"):
            await made.of(name)
        assert set(made.open) == {"default", "two"}
        await made.of("one")
        assert set(made.open) == {"two", "one"}
        monkeypatch.setattr(gates, "QUIET", 60.0)
        with pytest.raises(Busy):
            await made.of("default")

    within(workspace, scenario)


def test_a_project_that_is_added_is_found(workspace: Workspace) -> None:
    """Its key holds soon, its name at once."""

    async def scenario(made: ProjectGates) -> None:
        await made.of("default")
        assembly.vault(workspace, "new").close()
        assert (await made.of("new")).name == "new"
        key = Keyrings(workspace)()["new"].access("write")
        found = await made.opened_by(key, "write")
        assert found is not None and found.name == "new"

    within(workspace, scenario)
