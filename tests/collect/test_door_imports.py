"""An import's steps follow each other, and two imports of one file do not both count."""

import pyarrow as pa
import pytest

from ethogram.collect.door import Step
from ethogram.collect.group import Group
from ethogram.events.errors import Invalid
from ethogram.events.event import Event
from ethogram.events.times import now


def take(project, since: int, upto: int, name: str = "import:x") -> Group:
    """Admit a step of events in a group that is not durable yet."""
    group = Group()
    rows = [f"{i}" for i in range(since, upto)]
    table = pa.table({
        "event": ["e"] * len(rows), "user_id": rows, "event_id": rows,
        "timestamp": pa.array([now()] * len(rows), pa.timestamp("us", "UTC")),
    })  # fmt: skip
    project.door.admit_table(group, table, now(), Step(name, since, upto), keyed=False)
    return group


def keep(project, group: Group) -> None:
    """Make ``group`` durable."""
    project.door.close_group(group)
    project.door.commit(group)
    project.door.settle(group)


def refuse(project, since: int) -> None:
    """A step from ``since`` is not taken, as a table or as native events."""
    with pytest.raises(Invalid) as refused:
        take(project, since, since + 1)
    assert refused.value.code == "import_elsewhere"
    group = Group()
    with pytest.raises(Invalid):
        project.door.admit_step(group, [Event("e", user_id="u")], now(), Step("import:x", since, 9))
    assert group == Group()


def test_a_step_follows_the_one_before(make_project) -> None:
    """What another import brought is not brought again: while it is pending, and once it is in."""
    project = make_project()
    first = take(project, 0, 3)
    refuse(project, 0)
    second = take(project, 3, 5)
    take(project, 0, 1, "import:y")
    refuse(project, 3)
    keep(project, first)
    refuse(project, 3)
    keep(project, second)
    project = make_project()
    refuse(project, 3)
    keep(project, take(project, 5, 6))
    assert project.log.end == project.log.mark("import:x") == 6


def test_a_step_that_was_lost_may_come_again(project) -> None:
    """After a release an import stands where the log says."""
    keep(project, take(project, 0, 2))
    project.door.release(take(project, 2, 4))
    refuse(project, 4)
    keep(project, take(project, 2, 4))
    assert project.log.end == 4


def test_native_events_move_the_mark(project) -> None:
    """A step of native events counts what was refused too."""
    group = Group()
    events = [Event("e", user_id="u"), Event("e")]
    outcome = project.door.admit_step(group, events, now(), Step("import:x", 0, 2))
    keep(project, group)
    assert (outcome.accepted, len(outcome.rejected)) == (1, 1)
    assert project.log.mark("import:x") == 2
