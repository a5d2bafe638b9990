"""How fast a CSV file becomes visible to questions, beside DuckDB reading the same file.

    python -m benchmarks.import_speed --size 1m

The clock runs from the start of the command to its end, start of the interpreter included;
then a question must count every row, or the figure is not shown.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import msgspec
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.generate import SIZES, EventSet, event_set
from benchmarks.measure import machine
from benchmarks.peers import THREADS
from benchmarks.report import Run, keep, markdown
from benchmarks.served.server import command, surroundings

COLUMNS = ("--event", "event", "--user", "person", "--time", "ts")
TOTAL = '{"question": "trends", "interval": "day", "series": [{"measure": "total"}]}'


class Imported(msgspec.Struct):
    """One import: seconds from start to visibility, CPU seconds, and events a second."""

    engine: str
    seconds: float
    cpu: float
    events_per_second: float


def write_csv(events: EventSet, path: Path) -> None:
    """The event set as one CSV file with a header."""
    with path.open("wb") as sink:
        for number, file in enumerate(events.files):
            options = pyarrow.csv.WriteOptions(include_header=number == 0)
            pyarrow.csv.write_csv(pq.read_table(file), sink, options)


def import_with_ethogram(path: Path, folder: Path, events: int) -> Imported:
    """Import into a new workspace in ``folder``, then count what a question sees."""
    workspace = str(folder / "workspace")
    began, spent = time.perf_counter(), _cpu_of_children()
    _run([*command(), "import", str(path), "-w", workspace, *COLUMNS, "--json"], folder)
    took, spent = time.perf_counter() - began, _cpu_of_children() - spent
    answer = json.loads(_run([*command(), "ask", TOTAL, "-w", workspace, "--json"], folder))
    visible = sum(value for one in answer["series"] for _, value in one["points"])
    if visible != events:
        raise AssertionError(f"{visible} of {events} events are visible")
    return Imported("ethogram", took, spent, events / took)


def import_with_duckdb(path: Path, folder: Path, events: int) -> Imported:
    """Read into a table of a database file in ``folder``, and count it."""
    began, spent = time.perf_counter(), time.process_time()
    with duckdb.connect(str(folder / "peer.db")) as connection:
        connection.execute(f"SET threads = {THREADS}")
        connection.execute(f"CREATE TABLE events AS SELECT * FROM read_csv('{path}')")
        connection.execute("CHECKPOINT")
        rows = connection.execute("SELECT count(*) FROM events").fetchone()
    took, spent = time.perf_counter() - began, time.process_time() - spent
    if rows != (events,):
        raise AssertionError(f"{rows} of {events} events are there")
    return Imported("duckdb", took, spent, events / took)


ENGINES = {"duckdb": import_with_duckdb, "ethogram": import_with_ethogram}


def _cpu_of_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _run(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words, env=surroundings(folder), capture_output=True, check=False, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{words[3:]} failed: {done.stdout} {done.stderr}")
    return done.stdout


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    engines, count = arguments.engines.split(","), SIZES[arguments.size]
    found: list[Imported] = []
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "events.csv"
        write_csv(event_set(arguments.size), path)
        for turn in range(arguments.rounds):
            for engine in engines:
                folder = Path(place) / f"{engine}-{turn}"
                folder.mkdir()
                found.append(ENGINES[engine](path, folder, count))
        size = path.stat().st_size
    shown = table(found, engines)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        run = Run(
            command="python -m benchmarks.import_speed",
            machine=machine(),
            versions={"duckdb": duckdb.__version__},
            parameters=vars(arguments) | {"bytes": size},
            figures=list(found),
        )
        keep(arguments.keep, run, shown)


def table(found: list[Imported], engines: list[str]) -> str:
    """The median of each engine."""
    rows = []
    for engine in engines:
        mine = [one for one in found if one.engine == engine]
        seconds = statistics.median(one.seconds for one in mine)
        speed = statistics.median(one.events_per_second for one in mine)
        cpu = statistics.median(one.cpu for one in mine)
        rows.append([engine, f"{seconds:.2f}", f"{cpu:.2f}", f"{speed:,.0f}"])
    return markdown(["engine", "seconds", "CPU seconds", "events/s"], rows)


if __name__ == "__main__":
    main()
