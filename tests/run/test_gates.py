"""The gates of projects are opened when they are needed, and so many at once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from ethogram.events.errors import Busy, NotFound
from ethogram.protect.access import tokens
from ethogram.protect.access.caller import owner
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


def test_who_makes_tokens_up_fills_nothing_and_resets_nobody(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown ones are not remembered, however many and long; a known one keeps its allowance."""
    monkeypatch.setattr(gates, "MOST_TOKENS", 2)
    monkeypatch.setattr(gates, "TOKENS_HOLD", 0.0)
    desk = assembly.desk(workspace)
    real = [tokens.add(desk, owner("one"), "t", ["write"])[0] for _ in range(3)]
    made = ProjectGates(workspace, Settings(), Keyrings(workspace), lambda: desk)

    async def scenario() -> None:
        first = await made.opened_by(real[0], "write")
        assert first is not None
        for i in range(10):
            assert await made.opened_by(f"eg_token_{i}", "write") is None
        assert await made.opened_by("eg_token_" + "x" * 1_000_000, "write") is None
        again = await made.opened_by(real[0], "write")
        assert again is not None and again.allowance is first.allowance
        for each in real:
            await made.opened_by(each, "write")
        assert len(made._tokens) == 2
        await made.close()

    asyncio.run(scenario())
    desk.close()


@pytest.mark.parametrize("kind", ["token", "read"])
def test_what_is_too_long_is_looked_up_nowhere(workspace: Workspace, kind: str) -> None:
    """No credential is so long, and a request costs no more the longer its key is."""

    async def scenario(made: ProjectGates) -> None:
        assert await made.opened_by(f"eg_{kind}_" + "x" * 100, "write") is None

    nobody = cast("Keyrings", lambda: pytest.fail("it was compared with a key"))
    nothing = lambda: pytest.fail("it was looked up")  # noqa: E731
    asyncio.run(scenario(ProjectGates(workspace, Settings(), nobody, nothing)))
