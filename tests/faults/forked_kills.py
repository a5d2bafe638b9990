"""Kills of a process that has a workspace to itself while it appends, loads or imports.

Such processes are forked from one that has imported everything, so that hundreds of kills take
minutes. Each is a real process that is really killed, by the test at any moment or by itself at
a step that is short: between a commit of the lake and the log's cursor, before files are synced.
"""

import importlib
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
from tests.faults.ledger import Ledger

from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.stored import Local
from ethogram.events.event import Event
from ethogram.run import assembly
from ethogram.run.importing import import_file
from ethogram.run.opening import open_
from ethogram.run.settings import Settings
from ethogram.run.workspace import open_workspace
from ethogram.store.lake import tables

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
STEPS = (
    ("ethogram.store.log.sqlite", "SqliteLog.advance"),
    ("ethogram.store.lake.tables", "write_deltalake"),
    ("ethogram.store.lake.tables", "sync"),
    ("ethogram.store.lake.delta_log", "_fsync"),
    ("ethogram.ask.sequences.state", "write_state"),
    ("ethogram.ask.sequences.index", "drop_others"),
    ("ethogram.ask.sequences.arrays", "sync"),
)
"""Where a process kills itself; the first is between a commit of the lake and the cursor."""


@dataclass
class Trial:
    """One workspace and what was done to it."""

    scratch: Path
    chance: random.Random
    column: str = "event_id"
    ledger: Ledger = field(default_factory=Ledger)
    kills: int = 0

    @property
    def folder(self) -> Path:
        """The workspace."""
        return self.scratch / "workspace"

    def lake(self) -> Iterator[Path]:
        """The files of the lake, but for the note of what is synced."""
        lake = self.folder / "projects" / "default" / "lake"
        return (p for p in lake.rglob("*") if p.is_file() and p.name != "_synced")

    def run(self, work: Callable[..., None], *given: Any, seconds: float | None) -> bool:
        """Run ``work`` in a process of its own, killed after ``seconds``; whether it was killed."""
        here, there = FORKS.Pipe(duplex=False)
        process = FORKS.Process(target=_in_child, args=(self.scratch, there, work, given))
        process.start()
        there.close()
        until = None if seconds is None else time.monotonic() + seconds
        self._listen(here, until)
        if seconds is not None:
            process.kill()
        process.join()
        killed = process.exitcode == -signal.SIGKILL
        self.kills += killed
        assert killed or process.exitcode == 0, f"{work.__name__} ended with {process.exitcode}"
        self._listen(here, None)
        return killed

    def _listen(self, here: Connection, until: float | None) -> None:
        """Write down what the process says, until it ends or the time comes."""
        while here.poll(None if until is None else max(until - time.monotonic(), 0)):
            try:
                said, ids = here.recv()
            except (EOFError, OSError):
                return
            (self.ledger.send if said == "sent" else self.ledger.acknowledge)(ids)

    def verify(self) -> None:
        """What ``ethogram verify`` says after a restart, and what the ledger says."""
        assert not self.run(verify, seconds=None)
        if self.ledger.acknowledged:
            self.ledger.assert_agrees(self.folder, self.column)


def _in_child(
    scratch: Path, there: Connection, work: Callable[..., None], given: tuple[Any, ...]
) -> None:
    os.environ["XDG_CONFIG_HOME"] = str(scratch / "config")
    work(scratch / "workspace", there, *given)


def verify(folder: Path, _: Connection) -> None:
    """Raises where chain, lake and index do not agree."""
    with open_(folder) as opened:
        verdict = opened.verify()
    assert verdict.ok, verdict.problems


def append_and_load(folder: Path, there: Connection, seed: int, step: int | None) -> None:
    """Append events, load the lake and index them, as fast as it goes and without end.

    With a ``step`` it kills itself there, when it comes by for the second to fourth time.
    """
    chance = random.Random(seed)
    if step is not None:
        die_at(*STEPS[step], chance.randint(2, 4))
    workspace = open_workspace(folder)
    writing = assembly.writing(workspace, "default", Settings())
    reading = assembly.reading(workspace, "default", writing, Settings())
    threads = [
        threading.Thread(target=_forever, args=(work,), daemon=True)
        for work in (reading.load, reading.catch_up, reading.index.fold)
    ]
    for thread in threads:
        thread.start()
    for turn in range(1 << 30):
        ids = [f"{seed}-{turn}-{i}" for i in range(chance.randint(1, 80))]
        there.send(("sent", ids))
        writing.append_claims([_event(id_, chance) for id_ in ids])
        there.send(("acknowledged", ids))


def _forever(work: Callable[[], object]) -> None:
    while True:
        work()
        time.sleep(0.005)


def _event(id_: str, chance: random.Random) -> Event:
    properties = {"price": chance.random(), "email": "ann@example.org"}
    user_id = f"u{chance.randrange(300)}"
    return Event("view", user_id=user_id, event_id=id_, properties=properties)


def die_at(module: str, name: str, time_: int) -> None:
    """Make this process kill itself when the function is called for the ``time_``-th time."""
    *path, last = name.split(".")
    place: Any = importlib.import_module(module)
    for each in path:
        place = getattr(place, each)
    then = getattr(place, last)
    calls = iter(range(1, time_))

    def dying(*given: Any, **named: Any) -> Any:
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return then(*given, **named)

    setattr(place, last, dying)


def load_some(folder: Path, there: Connection, seed: int, synced: bool) -> None:
    """Append and load a few times; without ``synced`` nothing of the lake is made durable."""
    chance = random.Random(seed)
    if not synced:
        tables.sync = lambda folder: None
    workspace = open_workspace(folder)
    writing = assembly.writing(workspace, "default", Settings())
    reading = assembly.reading(workspace, "default", writing, Settings())
    for turn in range(chance.randint(1, 5)):
        ids = [f"{seed}-{turn}-{i}" for i in range(chance.randint(1, 80))]
        there.send(("sent", ids))
        writing.append_claims([_event(id_, chance) for id_ in ids])
        there.send(("acknowledged", ids))
        reading.load()
        reading.catch_up()
    reading.close()
    writing.close()


def lose_files(trial: Trial, losses: int) -> int:
    """Power cuts that take files of the lake that were not synced; how many files went."""
    lost = 0
    for _ in range(losses):
        assert not trial.run(load_some, trial.chance.getrandbits(40), True, seconds=None)
        kept = set(trial.lake())
        assert not trial.run(load_some, trial.chance.getrandbits(40), False, seconds=None)
        unsynced = sorted(set(trial.lake()) - kept)
        assert unsynced
        for path in unsynced:
            lost += _perhaps_lost(path, trial.chance)
        trial.verify()
    return lost


def _perhaps_lost(path: Path, chance: random.Random) -> bool:
    fate = chance.choice(("kept", "gone", "empty", "cut"))
    if fate == "gone":
        path.unlink()
    elif fate != "kept":
        os.truncate(path, 0 if fate == "empty" else chance.randrange(path.stat().st_size))
    return fate != "kept"


def import_csv(folder: Path, _: Connection, path: Path, columns: bytes) -> None:
    """Import the file, as ``ethogram import`` does."""
    mapping = msgspec.json.decode(columns, type=Mapping)
    with open_(folder) as opened, opened.importing() as target:
        done = import_file(target, Local(path), mapping, _quiet)
    assert done.rejected == 0


def _quiet(*_: object) -> None: ...


def kill_while_loading(trial: Trial, kills: int) -> None:
    """Kill what appends and loads, ``kills`` times, half of them at a chosen step."""
    while trial.kills < kills:
        seed = trial.chance.getrandbits(40)
        if trial.chance.random() < 0.5:
            step = trial.chance.randrange(len(STEPS))
            trial.run(append_and_load, seed, step, seconds=4)
        else:
            trial.run(append_and_load, seed, None, seconds=trial.chance.uniform(0.02, 0.8))
        if trial.chance.random() < 0.5:
            trial.verify()
    trial.verify()


def kill_while_importing(trial: Trial, kills: int, rows: int) -> int:
    """Kill imports, ``kills`` times in all, and repeat each until it ends; how many files.

    Each file has grown after its first import was killed, or was not.
    """
    files = 0
    while trial.kills < kills:
        keyed = trial.chance.random() < 0.5
        path = trial.scratch / f"{files}.csv"
        ids = [f"file {files} row {row}" for row in range(rows)]
        write_csv(path, ids[: trial.chance.randrange(1, rows)])
        files += 1
        trial.ledger.send(ids)
        columns = Mapping("who", "when", None, "seen", "id" if keyed else None)
        said = msgspec.json.encode(columns)
        trial.run(import_csv, path, said, seconds=trial.chance.uniform(0.1, 1.2))
        write_csv(path, ids)
        while trial.kills < kills and trial.run(
            import_csv, path, said, seconds=trial.chance.uniform(0.1, 1.2)
        ):
            if trial.chance.random() < 0.3:
                trial.verify()
        assert not trial.run(import_csv, path, said, seconds=None)
        trial.ledger.acknowledge(ids)
        path.unlink()
        trial.verify()
    return files


def write_csv(path: Path, ids: list[str]) -> None:
    """A file with one row an id; the id is also a property, whatever the row's event id is."""
    lines = [
        f"{id_},{id_},u{i % 5000},2026-03-{1 + i % 28:02}T12:00:{i % 60:02}Z\n"
        for i, id_ in enumerate(ids)
    ]
    path.write_text("id,said,who,when\n" + "".join(lines))
