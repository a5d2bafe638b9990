"""Loading is exactly once, whatever is killed or lost on the way."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ethogram.events.errors import Broken
from ethogram.events.event import Recorded
from ethogram.store.lake import delta_log, tables
from ethogram.store.lake.loader import dead_letters, load, recover
from ethogram.store.lake.tables import Lake
from ethogram.store.lake.trimming import CURSOR
from ethogram.store.log.entries import DeadLetter, Joined, pack
from ethogram.store.log.memory import MemoryLog
from ethogram.store.log.port import Batch, Log
from ethogram.store.log.sqlite import SqliteLog

NOW = 1_772_323_200_000_000
DAY = 86_400_000_000


def event(number: int, at: int, **properties: Any) -> Recorded:
    """The event ``number``, at and received ``at``."""
    return Recorded(
        "view", "track", f"id{number}", at, at, 7, None, None, None, properties, {}, {}, None, {}
    )


def filled(log: Log, records: int = 6) -> Log:
    """A log of ``records`` records, events of three days among links and dead letters."""
    batches: list[Batch] = []
    for i in range(records):
        at = NOW + i * DAY // 2
        rows = [event(10 * i + j, at, **{f"p{i}": j, "price": j}) for j in range(4)]
        refused = DeadLetter("bad_time", f"m{i}", "$", "", at, "native", b"\x00sealed")
        batches.append(Batch("events", pack(rows), 4, at))
        if i % 3 != 1:
            batches.append(Batch("control", pack([Joined(i, 2, at), refused]), 2, at))
    log.append(batches)
    return log


def everything(lake: Lake) -> list[tuple[Any, ...]]:
    """All rows of both tables, sorted: what must be there once each."""
    events = [row for part in lake.events.scan() for row in part.to_pylist()]
    refused = [row for part in lake.dead_letters.scan() for row in part.to_pylist()]
    return sorted(
        [(row["position"], row["event_id"], row["properties"]) for row in events]
        + [(row["position"], row["code"], row["message"]) for row in refused]
    )


def expected(log: Log) -> list[tuple[Any, ...]]:
    """What a lake of everything in ``log`` holds, told from the log alone."""
    records = log.read(0, 10**9)
    rows: list[tuple[Any, ...]] = [
        (record.position + i, entry[2], msgspec.json.encode(entry[9]).decode())
        for record in records
        if record.kind == "events"
        for i, entry in enumerate(msgspec.json.decode(record.payload))
    ]
    rows += [
        (row["position"], row["code"], row["message"]) for row in dead_letters(records).to_pylist()
    ]
    assert len(rows) > 10, "the work load is empty"
    return sorted(rows)


def load_all(log: Log, lake: Lake, limit: int = 10) -> None:
    """What a process does that starts, loads all there is, and ends."""
    recover(log, lake)
    while load(log, lake, limit) < log.end:
        pass


def test_everything_is_loaded_once(tmp_path: Path) -> None:
    """Several loads, and loads when nothing is new, leave each entry once; the cursor follows."""
    log, lake = filled(MemoryLog()), Lake(tmp_path)
    load_all(log, lake)
    assert load(log, lake) == log.end
    assert everything(lake) == expected(log)
    assert log.cursor(CURSOR) == lake.position == log.end
    assert lake.events.rows() + lake.dead_letters.rows() == len(expected(log))


def test_an_empty_log_makes_an_empty_lake(tmp_path: Path) -> None:
    """Nothing to load is no error, and a lake that was never written reads as empty."""
    log, lake = MemoryLog(), Lake(tmp_path)
    assert recover(log, lake) == load(log, lake) == lake.position == 0
    assert list(lake.events.scan()) == [] and lake.events.rows() == 0
    assert lake.properties() == set()


def test_a_load_of_control_entries_alone_moves_the_position(tmp_path: Path) -> None:
    """Also when no row comes of them, so that the log may be trimmed and the lake goes on."""
    log, lake = MemoryLog(), Lake(tmp_path)
    log.append([Batch("control", pack([Joined(1, 2, NOW)]), 1, NOW)])
    assert load(log, lake) == lake.position == 1
    log.trim(1)
    assert recover(log, Lake(tmp_path)) == 1


class Killed(BaseException):
    """A process that ends here, as far as the code under test can tell."""


STEPS: list[tuple[Any, str]] = [
    (tables.DeltaTable, "create"),
    (tables, "write_deltalake"),
    (tables, "sync"),
    (MemoryLog, "advance"),
]


def _kill_at(monkeypatch: pytest.MonkeyPatch, number: int, when: str) -> Callable[[], int]:
    """Die before or after the step ``number``; answers a count of the steps so far."""
    count = 0

    def dying(step: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            mine = count == number
            if mine and when == "before":
                raise Killed
            result = step(*args, **kwargs)
            if mine:
                raise Killed
            return result

        return call

    for owner, name in STEPS:
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))
    return lambda: count


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_between_any_two_steps_loses_and_repeats_nothing(tmp_path: Path, when: str) -> None:
    """Every step of two loads is once the last; a new start completes the lake."""
    number, done = 1, False
    while not done:
        log, folder = filled(MemoryLog(), 3), tmp_path / f"{number}"
        with pytest.MonkeyPatch.context() as patch:
            steps = _kill_at(patch, number, when)
            with suppress(Killed):
                load_all(log, Lake(folder), 8)
            done = steps() < number
        load_all(log, Lake(folder), 8)
        assert everything(Lake(folder)) == expected(log), number
        assert log.cursor(CURSOR) == log.end
        number += 1
    assert number > 12


def test_the_cursor_moves_only_when_all_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk refuses to sync, the load breaks and the log keeps its payloads."""

    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    log, lake = filled(MemoryLog()), Lake(tmp_path)
    load(log, lake, 10)
    reached = log.cursor(CURSOR)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(Broken, match="did not keep"):
        load(log, lake, 10)
    assert log.cursor(CURSOR) == reached
    monkeypatch.undo()
    load_all(log, Lake(tmp_path))
    assert everything(lake) == expected(log)


def _files(table: Path) -> list[Path]:
    """The data files, oldest commit first."""
    return [
        table / file.path.replace("%3D", "=")
        for path in delta_log._commit_files(table, -1)
        for file in delta_log._read(path).added
    ]


def _commits(table: Path) -> list[Path]:
    return list(delta_log._commit_files(table, -1))


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _unsynced(table: Path) -> None:
    (table / "_synced").write_text("1")


def _tear_checkpoint(table: Path) -> None:
    tables.DeltaTable(table).create_checkpoint()
    (checkpoint,) = (table / "_delta_log").glob("*.checkpoint.parquet")
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    _files(table)[-1].unlink()


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "last data file gone": lambda table: _files(table)[-1].unlink(),
    "first data file gone": lambda table: _files(table)[0].unlink(),
    "all data files gone": lambda table: [path.unlink() for path in _files(table)],
    "data file cut": lambda table: _files(table)[-1].write_bytes(b"PAR1"),
    "unsynced data file of zeros": lambda table: (_unsynced(table), _zeros(_files(table)[-1])),
    "last commit gone": lambda table: _commits(table)[-1].unlink(),
    "last commit empty": lambda table: _commits(table)[-1].write_bytes(b""),
    "last commit cut": lambda table: _commits(table)[-1].write_bytes(b'{"add":{"path'),
    "last commit of zeros": lambda table: _zeros(_commits(table)[-1]),
    "middle commit gone": lambda table: _commits(table)[1].unlink(),
    "first commit empty": lambda table: _commits(table)[0].write_bytes(b""),
    "table gone": shutil.rmtree,
    "checkpoint cut": _tear_checkpoint,
    "marker gone": lambda table: (table / "_synced").unlink(),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MemoryLog, Path]]:
    """A log and the folder of a lake that holds all of it."""
    log, folder = MemoryLog(), tmp_path_factory.mktemp("whole")
    filled(log)
    load_all(log, Lake(folder))
    yield log, folder


@pytest.mark.parametrize("table", ["events", "dead_letters"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_what_a_power_cut_took_is_rebuilt_from_the_log(
    loaded: tuple[MemoryLog, Path], tmp_path: Path, table: str, damage: str
) -> None:
    """A copy of the lake without its last bytes becomes whole again, and goes on (row 9)."""
    log, whole = loaded
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    DAMAGE[damage](folder / table)
    load_all(log, Lake(folder), 14)
    assert everything(Lake(folder)) == expected(log)


def test_all_that_a_commit_names_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data files, commits and folders; also what takes the place of a commit that was lost."""
    synced: set[Path] = set()
    monkeypatch.setattr(delta_log, "_fsync", synced.add)
    log = filled(MemoryLog())
    load_all(log, Lake(tmp_path))
    for table in (tmp_path / "events", tmp_path / "dead_letters"):
        files = {*_files(table), *_commits(table)}
        assert {tmp_path, *files, *(file.parent for file in files)} <= synced
    lost = _commits(tmp_path / "events")[-2:]
    for path in lost:
        path.unlink()
    synced.clear()
    load_all(log, Lake(tmp_path))
    assert {*lost, _files(tmp_path / "events")[-1]} <= synced


def test_lost_dead_letters_come_back_without_repeating_events(tmp_path: Path) -> None:
    """Where one table lost more than the other, each takes from a load only what it lacks."""
    log, lake = filled(MemoryLog(), 3), Lake(tmp_path)
    load_all(log, lake)
    _commits(tmp_path / "dead_letters")[-1].unlink()
    filled(log, 3)
    load_all(log, lake, 1_000)
    assert everything(lake) == expected(log)


def test_what_the_log_no_longer_has_is_said_to_be_lost(tmp_path: Path) -> None:
    """A lake that lost what was trimmed does not pretend to be whole."""
    log, lake = filled(MemoryLog()), Lake(tmp_path)
    load_all(log, lake)
    log.trim(log.end)
    _files(tmp_path / "events")[-1].unlink()
    with pytest.raises(Broken, match="backup"):
        recover(log, lake)


WRITER = """
import sys
from pathlib import Path
from ethogram.store.lake.loader import load, recover
from ethogram.store.lake.tables import Lake
from ethogram.store.log.sqlite import SqliteLog
log = SqliteLog(Path(sys.argv[1]) / "log.sqlite", bytes(32))
lake = Lake(Path(sys.argv[1]) / "lake")
recover(log, lake)
print("ready", flush=True)
while load(log, lake, 10) < log.end:
    print("loaded", flush=True)
"""


def test_a_killed_loader_leaves_a_lake_that_goes_on(tmp_path: Path) -> None:
    """SIGKILL at random moments of a real process; each start loads on, nothing comes twice."""
    log = SqliteLog(tmp_path / "log.sqlite", bytes(32))
    filled(log, 40)
    wanted = expected(log)
    log.close()
    chance = random.Random(os.environ.get("ETHOGRAM_SEED", "7"))
    reached = [0]
    while True:
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            lines = chance.randrange(1, 12)
            ended = not all(process.stdout.readline() for _ in range(lines))
            if not ended:
                os.kill(process.pid, signal.SIGKILL)
        reached.append(Lake(tmp_path / "lake").position)
        assert reached[-1] >= reached[-2]
        if ended:
            break
    assert len(reached) > 3
    assert everything(Lake(tmp_path / "lake")) == wanted
