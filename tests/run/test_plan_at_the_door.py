"""A project's tracking plan is found in its folder and holds from the next start."""

from pathlib import Path

import pytest

from ethogram.collect.door import Outcome
from ethogram.events.errors import Invalid
from ethogram.events.event import Event
from ethogram.run import assembly
from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace, open_workspace

PLAN = 'mode = "reject"\nevents.cart.properties.price = { type = "number", required = true }\n'


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return open_workspace(tmp_path / "shop")


def taken(workspace: Workspace) -> Outcome:
    """What becomes of an event that the plan would refuse."""
    writing = assembly.writing(workspace, "default", Settings())
    try:
        return writing.append_claims([Event("cart", user_id="u")])
    finally:
        writing.close()


def test_a_plan_in_the_projects_folder_holds(workspace: Workspace) -> None:
    """Without the file every event passes, with it what it refuses is refused."""
    assert taken(workspace).accepted == 1
    (workspace.project() / "plan.toml").write_text(PLAN)
    assert [each.code for each in taken(workspace).rejected] == ["missing_property"]


def test_a_plan_that_is_none_is_said_at_once(workspace: Workspace) -> None:
    """A mistake in the plan stops the start and says where it is."""
    path = workspace.project() / "plan.toml"
    path.write_text("[events.cart]\nproprties = {}\n")
    with pytest.raises(Invalid) as refused:
        taken(workspace)
    assert (refused.value.code, refused.value.at) == ("bad_plan", f"{path}: $.events.cart")
