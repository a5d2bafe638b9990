"""A million merges, and fifty a second beside them: how long until questions see them.

    python -m benchmarks.merges --merges 1000000

A visitor's events come first, then for each visitor the event with which they sign in. The first
figure is the time from there until questions see the users, the log's tail and the index
included; then two ids are joined fifty times a second, and each is waited for.
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from benchmarks.measure import machine
from benchmarks.report import Run, keep, markdown
from ethogram.ask.questions.trends import Trends
from ethogram.ask.questions.trends_spec import Series
from ethogram.collect.door import Step
from ethogram.run import assembly
from ethogram.run.reading import Reading
from ethogram.run.settings import Settings
from ethogram.run.workspace import open_workspace
from ethogram.run.writing import Writing
from ethogram.store.lake.schema import INSTANT
from ethogram.store.log.entries import Joined

USERS = 0.6
"""So many users have the visitors, for each one: some have none, some several."""
START = 1_700_000_000_000_000
ROWS = 50_000


class Merged(msgspec.Struct):
    """Seconds until many merges are seen, and of few beside them: the median and the longest."""

    merges: int
    seconds: float
    cpu: float
    median: float
    longest: float


def claims(name: str, count: int, *, users: bool) -> Iterator[pa.Table]:
    """An event of each visitor, with the user they are where ``users``."""
    chance = np.random.default_rng(7)
    whose = chance.integers(0, int(count * USERS), count)
    for first in range(0, count, ROWS):
        rows = range(first, min(first + ROWS, count))
        at = START + np.arange(rows.start, rows.stop) * 1_000_000 + (500_000 if users else 0)
        columns = {
            "event": pa.repeat(name, len(rows)),
            "event_id": [f"{name}-{row}" for row in rows],
            "timestamp": pa.array(at, INSTANT),
            "anonymous_id": [f"visitor-{row}" for row in rows],
        }
        if users:
            columns["user_id"] = [f"user-{whose[row]}" for row in rows]
        yield pa.table(columns)


def append(writing: Writing, tables: Iterator[pa.Table], name: str) -> None:
    """Keep the rows of ``tables``."""
    upto = 0
    for table in tables:
        step = Step(name, upto, upto + table.num_rows)
        writing.append_table(table, step, keyed=False)
        upto = step.upto
    writing.flush()


def people(reading: Reading) -> int:
    """How many persons there are."""
    trends = Trends((Series(measure="people"),), interval="all")
    return reading.ask(trends, cache=False).rows[0]["value"]


def many(writing: Writing, reading: Reading, count: int) -> tuple[float, float]:
    """(seconds, CPU seconds) until ``count`` merges are seen."""
    append(writing, claims("view", count, users=False), "views")
    reading.settle()
    append(writing, claims("login", count, users=True), "logins")
    began, spent = time.perf_counter(), time.process_time()
    reading.settle()
    took = time.perf_counter() - began, time.process_time() - spent
    known = len(np.unique(np.random.default_rng(7).integers(0, int(count * USERS), count)))
    assert people(reading) == known, (people(reading), known)
    return took


def few(writing: Writing, reading: Reading, seconds: int, rate: int = 50) -> list[float]:
    """Seconds until each of ``rate`` merges a second is seen, for so many ``seconds``.

    The threads are those of a server: one takes the log's tail, another folds.
    """
    stop, seen = threading.Event(), list[tuple[int, float]]()

    def follow() -> None:
        while not stop.is_set():
            before = reading.index.snapshot.state.position
            seen.append((reading.catch_up(), time.perf_counter()))
            if reading.index.snapshot.state.position == before:
                stop.wait(Settings().tick)

    def fold() -> None:
        while not stop.wait(1.0):
            if reading.index.due:
                reading.index.fold()

    threads = [threading.Thread(target=work) for work in (follow, fold)]
    for thread in threads:
        thread.start()
    users = [writing.vault.id("user", f"user-{i}") for i in range(2 * seconds * rate)]
    appended, began = list[tuple[int, float]](), time.perf_counter()
    for turn in range(seconds * rate):
        time.sleep(max(0.0, began + turn / rate - time.perf_counter()))
        writing.append_statements([Joined(users[2 * turn], users[2 * turn + 1], START)])
        appended.append((writing.log.end, time.perf_counter()))
    while reading.index.snapshot.state.position < writing.log.end:
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    return [
        max(next(at for position, at in seen if position >= end) - since, 0.0)
        for end, since in appended
    ]


def measure(folder: Path, count: int) -> Merged:
    """All figures, over a workspace below ``folder``."""
    os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
    workspace = open_workspace(folder / "workspace")
    writing = assembly.writing(workspace, "default", Settings())
    reading = assembly.reading(workspace, "default", writing, Settings())
    seconds, cpu = many(writing, reading, count)
    before = people(reading)
    waits = few(writing, reading, 20)
    assert people(reading) < before
    reading.close()
    writing.close()
    return Merged(count, seconds, cpu, statistics.median(waits), max(waits))


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--merges", type=int, default=1_000_000)
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = measure(Path(place), arguments.merges)
    shown = markdown(
        ["merges", "seen after, s", "CPU s", "one of 50 a second: median, s", "longest, s"],
        [[f"{found.merges:,}", f"{found.seconds:.1f}", f"{found.cpu:.1f}",
          f"{found.median:.2f}", f"{found.longest:.2f}"]],
    )  # fmt: skip
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        run = Run("python -m benchmarks.merges", machine(), {}, vars(arguments), [found])
        keep(arguments.keep, run, shown)


if __name__ == "__main__":
    main()
