"""Group commit: requests share the disk, and whoever is told yes was kept."""

import asyncio
import threading

import pytest

from ethogram.collect.commits import Commits
from ethogram.events.errors import Broken, Busy
from ethogram.events.event import Event


class Disk:
    """A door whose commits wait for `go`, and fail with ``error`` where there is one."""

    def __init__(self, project) -> None:
        self.door = project.door
        self.inner = project.door.commit
        self.error: Exception | None = None
        self.go = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.sizes: list[int] = []
        project.door.commit = self.commit

    def commit(self, group) -> None:
        """Wait, then commit or fail."""
        self.begun.release()
        assert self.go.acquire(timeout=20)
        self.sizes.append(len(group.events))
        error, self.error = self.error, None
        if error:
            raise error
        self.inner(group)


@pytest.fixture
def disk(project) -> Disk:
    return Disk(project)


def event(event_id: str, user: str = "u") -> Event:
    """An event with an id."""
    return Event("e", user_id=user, event_id=event_id)


async def begun(disk: Disk) -> None:
    """A commit is under way."""
    assert await asyncio.to_thread(disk.begun.acquire, timeout=20)


async def settled() -> None:
    """Everything that could run has run."""
    for _ in range(20):
        await asyncio.sleep(0)


def run(scenario) -> None:
    """Run a scenario to its end."""
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_requests_share_a_commit(project, disk: Disk) -> None:
    """What comes while the disk is busy is one next commit, and each gets its own outcome."""

    async def scenario() -> None:
        commits = Commits(project.door)
        first = asyncio.create_task(commits.take([event("0")], "native"))
        await begun(disk)
        rest = [asyncio.create_task(commits.take([event(str(i)), event("0")], "native"))
                for i in range(1, 31)]  # fmt: skip
        await settled()
        assert not first.done()
        disk.go.release(2)
        assert (await first).accepted == 1
        outcomes = await asyncio.gather(*rest)
        assert {(o.accepted, o.duplicates) for o in outcomes} == {(1, 1)}
        await commits.drain()

    run(scenario)
    assert disk.sizes == [1, 30]
    assert len(project.events) == 31


def test_a_duplicate_waits_for_its_original(project, disk: Disk) -> None:
    """A repeat of an event that is not durable yet is answered after it is, not before."""

    async def scenario() -> None:
        commits = Commits(project.door)
        original = asyncio.create_task(commits.take([event("a")], "native"))
        await begun(disk)
        repeat = asyncio.create_task(commits.take([event("a")], "native"))
        await settled()
        assert not repeat.done()
        disk.go.release(2)
        assert (await original).accepted == 1
        assert (await repeat).duplicates == 1
        await commits.drain()

    run(scenario)


def test_no_duplicate_of_a_lost_event_is_acknowledged(project, disk: Disk) -> None:
    """When a commit is refused, a repeat that counted on it is refused too; then both are new."""

    async def scenario() -> None:
        commits = Commits(project.door)
        disk.error = Busy("disk_full", "Full.")
        original = asyncio.create_task(commits.take([event("a")], "native"))
        await begun(disk)
        repeat = asyncio.create_task(commits.take([event("a"), event("b")], "native"))
        await settled()
        disk.go.release(9)
        for refused in (original, repeat):
            with pytest.raises(Busy, match="Full"):
                await refused
        outcome = await commits.take([event("a"), event("b")], "native")
        assert (outcome.accepted, outcome.duplicates) == (2, 0)
        await commits.drain()

    run(scenario)
    assert sorted(e.event_id for e in project.events) == ["a", "b"]


@pytest.mark.parametrize("error", [Broken("log_not_durable", "No."), RuntimeError("unknown")])
def test_a_broken_log_stops_everything(project, disk: Disk, error: Exception) -> None:
    """After a failure that nobody can judge nothing is taken until a server starts afresh."""

    async def scenario() -> None:
        commits = Commits(project.door)
        disk.error = error
        first = asyncio.create_task(commits.take([event("a")], "native"))
        await begun(disk)
        second = asyncio.create_task(commits.take([event("b")], "native"))
        await settled()
        disk.go.release(9)
        for refused in (first, second, commits.take([event("c")], "native")):
            with pytest.raises(Busy, match=error.args[0]) as said:
                await refused
            assert "starts" in said.value.hint
        assert commits.broke.is_set()
        await commits.drain()

    run(scenario)
    assert project.events == []


def test_a_client_that_leaves_changes_nothing(project, disk: Disk) -> None:
    """A request that is given up is kept all the same, and the others with it."""

    async def scenario() -> None:
        commits = Commits(project.door)
        left = asyncio.create_task(commits.take([event("a")], "native"))
        stays = asyncio.create_task(commits.take([event("b")], "native"))
        await begun(disk)
        left.cancel()
        await settled()
        disk.go.release(1)
        assert (await stays).accepted == 1
        await commits.drain()

    run(scenario)
    assert [e.event_id for e in project.events] == ["a", "b"]


def test_order_is_kept(project) -> None:
    """Events stand in the log in the order in which their requests came, whatever is grouped."""

    async def scenario() -> None:
        commits = Commits(project.door)
        tasks = []
        for i in range(300):
            batch = [event(f"{i}-{j}", f"u{i % 3}") for j in range(3)]
            tasks.append(asyncio.create_task(commits.take(batch, "native")))
            if i % 7 == 0:
                await asyncio.sleep(0.0005)
        await asyncio.gather(*tasks)
        await commits.drain()

    run(scenario)
    assert [e.event_id for e in project.events] == [
        f"{i}-{j}" for i in range(300) for j in range(3)
    ]


def test_the_next_commit_wakes_who_asked_before(project, disk: Disk) -> None:
    """Who asks for the next commit while one is under way hears of that one."""

    async def scenario() -> None:
        commits = Commits(project.door)
        taken = asyncio.create_task(commits.take([event("a")], "native"))
        await begun(disk)
        appended = commits.next
        disk.go.release(1)
        await taken
        await asyncio.wait_for(asyncio.shield(appended), 20)
        assert not commits.next.done()
        await commits.drain()

    run(scenario)


@pytest.mark.parametrize("step", ["close_group", "settle"])
def test_whatever_fails_every_request_is_answered(project, monkeypatch, step: str) -> None:
    """A step beside the commit that fails is told to its requests and ends the server."""

    def fail(_group: object) -> None:
        raise MemoryError

    async def scenario() -> None:
        commits = Commits(project.door)
        with monkeypatch.context() as failing:
            failing.setattr(project.door, step, fail)
            with pytest.raises(Busy):
                await commits.take([event("1")], "native")
        with pytest.raises(Busy):
            await commits.take([event("2")], "native")
        assert commits.broke.is_set()
        await commits.drain()

    run(scenario)
