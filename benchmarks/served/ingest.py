"""CPU time from a batch's arrival to its acknowledgement, beside a bare handler's.

    python -m benchmarks.served.ingest --batches 2000 --rounds 3

Each round starts both servers anew on an empty folder, sends a tenth of the batches to warm
them, then counts the CPU seconds of the process that answers while the others are sent.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks.measure import machine
from benchmarks.report import Run, keep, markdown
from benchmarks.served import server
from benchmarks.served.load import bodies, send
from benchmarks.served.process import cpu_seconds, family, listener

SERVERS: dict[str, Callable[[Path], AbstractContextManager[server.Server]]] = {
    "bare": server.bare,
    "ethogram": server.ethogram,
}


class Ingested(msgspec.Struct):
    """One round of one server: CPU microseconds an event, and events a second of wall time."""

    server: str
    micros: float
    micros_with_helpers: float
    """Counting every process of the server, also those that load and index meanwhile."""
    events_per_second: float
    p99_milliseconds: float


def measure(name: str, batches: list[bytes], connections: int) -> Ingested:
    """One round of the server called ``name`` on an empty folder."""
    warm = len(batches) // 10
    with tempfile.TemporaryDirectory() as folder, SERVERS[name](Path(folder)) as running:
        asyncio.run(send(running.port, running.write, batches[:warm], connections=connections))
        everyone = family(running.pid)
        answering = listener(running.port, everyone)
        before = {pid: cpu_seconds(pid) for pid in everyone}
        began = time.monotonic()
        answers = asyncio.run(
            send(running.port, running.write, batches[warm:], connections=connections)
        )
        took = time.monotonic() - began
        spent = {pid: cpu_seconds(pid) - before[pid] for pid in everyone}
    if answers.refused:
        sys.stderr.write(f"{name} refused {answers.refused} batches\n")
    waits = sorted(answered - sent for sent, answered, _ in answers.batches)
    return Ingested(
        server=name,
        micros=spent[answering] / answers.accepted * 1e6,
        micros_with_helpers=sum(spent.values()) / answers.accepted * 1e6,
        events_per_second=answers.accepted / took,
        p99_milliseconds=waits[len(waits) * 99 // 100] * 1e3,
    )


def table(rounds: list[Ingested]) -> str:
    """Medians of the rounds, and the ratio to the bare handler's."""
    names = list(dict.fromkeys(one.server for one in rounds))
    fields = ("micros", "micros_with_helpers", "events_per_second", "p99_milliseconds")
    medians = {
        (name, field): statistics.median(
            getattr(one, field) for one in rounds if one.server == name
        )
        for name in names
        for field in fields
    }
    floor = medians["bare", "micros"]
    rows = [
        [name, *(f"{medians[name, field]:,.1f}" for field in fields),
         f"{medians[name, 'micros'] / floor:.2f}"]
        for name in names
    ]  # fmt: skip
    header = ["server", "CPU µs an event", "all processes", "events/s", "p99 ms", "ratio"]
    return markdown(header, rows)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--batches", type=int, default=2000, help="of 100 events")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=10_000, help="who send them, once each new")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    batches = list(bodies(arguments.batches, arguments.people))
    names = arguments.servers.split(",")
    rounds = [
        measure(name, batches, arguments.connections)
        for _ in range(arguments.rounds)
        for name in names
    ]
    shown = table(rounds)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        size = sum(map(len, batches)) / arguments.batches / 100
        run = Run(
            command="python -m benchmarks.served.ingest",
            machine=machine(),
            versions={name: version(name) for name in ("uvicorn", "apsw", "msgspec")},
            parameters=vars(arguments) | {"bytes_per_event": round(size)},
            figures=list(rounds),
        )
        keep(arguments.keep, run, shown)


if __name__ == "__main__":
    main()
