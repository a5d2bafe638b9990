"""How long a server that was just started takes to answer its first question.

    python -m benchmarks.cold_start --size 10m

The kernels are cached on disk: the server ran before, and answered. It is stopped and started
again, and a funnel is asked as soon as it takes a connection, again and again until it answers.
With ``--forget``, the system's memory of the index's files is dropped before the start, so that
they come from the disk. The workspace is kept beside the event set, and made where it is missing.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from os import POSIX_FADV_DONTNEED, posix_fadvise
from pathlib import Path

import httpx
import msgspec

from benchmarks.generate import SIZES, event_set
from benchmarks.measure import machine
from benchmarks.report import Run, keep, markdown
from benchmarks.served.process import cpu_seconds, family, free_port
from benchmarks.served.server import command, running, surroundings

COLUMNS = ("--event", "event", "--user", "person", "--time", "ts")
COMPILING = 45.0
"""Seconds in which a server compiles and caches all kernels."""
FUNNEL = {
    "question": "funnel",
    "steps": [{"event": f"event_{code}"} for code in (0, 3, 6, 10)],
    "within": "7d",
}


class Start(msgspec.Struct):
    """Seconds from the command to the first connection and to the first answer, those that the
    first and the second question took, and the server's CPU seconds until the first answer."""

    open: float
    answered: float
    first: float
    second: float
    cpu: float


def workspace(size: str) -> Path:
    """A folder with a workspace that holds the event set, its master key beside it."""
    events = event_set(size)
    folder = events.folder / "served"
    made = folder / "made"
    if not made.exists():
        folder.mkdir(exist_ok=True)
        files = [str(file) for file in events.files]
        words = [*command(), "import", *files, "-w", str(folder / "workspace"), *COLUMNS, "--json"]
        subprocess.run(words, env=surroundings(folder), check=True, stdout=subprocess.DEVNULL)
        made.touch()
    return folder


@contextmanager
def started(folder: Path, port: int) -> Generator[tuple[int, float]]:
    """The server of the workspace in ``folder``: its process, and when its start began."""
    words = [*command(), "serve", "-w", str(folder / "workspace"), "--port", str(port)]
    began = time.perf_counter()
    with running(words, surroundings(folder)) as pid:
        yield pid, began


def first_answer(pid: int, port: int, key: str, began: float) -> Start:
    """Ask until there is an answer, and once more."""
    opened = 0.0
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}",
        headers={"authorization": f"Bearer {key}"},
        timeout=120,
    ) as client:
        while True:
            asked = time.perf_counter()
            try:
                answer = client.post("/api/ask?cache=false", json=FUNNEL)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            opened = opened or asked - began
            if answer.is_success:
                break
            time.sleep(0.05)
        done, spent = time.perf_counter(), sum(map(cpu_seconds, family(pid)))
        client.post("/api/ask?cache=false", json=FUNNEL).raise_for_status()
        return Start(opened, done - began, done - asked, time.perf_counter() - done, spent)


def forget(folder: Path) -> None:
    """Drop what the system has of the files below ``folder`` in memory."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                posix_fadvise(file.fileno(), 0, 0, POSIX_FADV_DONTNEED)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--forget", action="store_true", help="read the index from the disk")
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    folder, port = workspace(arguments.size), free_port()
    keys = [*command(), "keys", "-w", str(folder / "workspace"), "--json"]
    key = json.loads(subprocess.check_output(keys, env=surroundings(folder)))["read"]
    found: list[Start] = []
    for turn in range(arguments.rounds + 1):
        if arguments.forget:
            forget(folder / "workspace")
        with started(folder, port) as (pid, began):
            start = first_answer(pid, port, key, began)
            if turn:
                found.append(start)
            else:
                time.sleep(COMPILING)
    shown = table(found)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        run = Run(
            command="python -m benchmarks.cold_start",
            machine=machine(),
            versions={},
            parameters=vars(arguments),
            figures=list(found),
        )
        keep(arguments.keep, run, shown)


def table(found: list[Start]) -> str:
    """The median and the worst of each figure."""
    words = {
        "open": "command to the first connection",
        "answered": "command to the first answer",
        "first": "the first question that was answered",
        "second": "the second question",
        "cpu": "CPU of the server until the first answer",
    }
    rows = []
    for name, said in words.items():
        values = [getattr(start, name) for start in found]
        rows.append([said, f"{statistics.median(values):.2f}", f"{max(values):.2f}"])
    return markdown(["seconds", "median", "worst"], rows)


if __name__ == "__main__":
    main()
