"""The projects of a server are opened when they are asked for, and so many at once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ethogram.events.errors import Busy, NotFound
from ethogram.events.event import Event
from ethogram.run import projects
from ethogram.run.embedded import Embedded
from ethogram.run.keyrings import Keyrings
from ethogram.run.projects import Projects
from ethogram.run.settings import Settings
from ethogram.run.workspace import open_workspace


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Projects]:
    """Three projects with an event each, of which two may be open; nobody accepts events."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(projects, "MOST_OPEN", 2)
    workspace = open_workspace(tmp_path / "shop")
    for name in ("default", "one", "two"):
        with Embedded(workspace, Settings(), name) as project:
            project.append([Event(f"event-of-{name}", user_id="1")])
    made = Projects(
        workspace, tmp_path / "socket", Settings(load_every=3600), Keyrings(workspace),
        threading.Event(),
    )  # fmt: skip
    yield made
    made.close()


def names(ports: projects.ProjectPorts) -> list[str]:
    """The events that a project's questions see."""
    ports._reading.catch_up_to_end()
    return [each.name for each in ports.vocabulary().events]


def test_the_one_that_was_quiet_longest_makes_room(
    served: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets go of all that it held, and is opened again as it was, by whoever asks for it."""
    monkeypatch.setattr(projects, "QUIET", 0.0)
    before = threading.active_count()
    for name in ("default", "one", "default", "two"):
        assert names(served.of(name)) == [f"event-of-{name}"]
    assert set(served._open) == {"default", "two"}
    two = threading.active_count() - before
    assert names(served.of("one")) == ["event-of-one"]
    assert set(served._open) == {"two", "one"}
    assert threading.active_count() - before == two


def test_one_in_use_is_not_taken_from_whoever_uses_it(served: Projects) -> None:
    """Who comes third is told when to come back; what is no project is none."""
    for name in ("default", "one"):
        served.of(name)
    with pytest.raises(Busy) as busy:
        served.of("two")
    assert (busy.value.code, busy.value.retry_after) == ("too_many_projects", 60)
    assert set(served._open) == {"default", "one"}
    with pytest.raises(NotFound):
        served.of("nothing")
