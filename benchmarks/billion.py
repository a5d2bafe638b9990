"""Questions over a billion events: how long they take and how much memory they hold.

    python -m benchmarks.billion --keep billion

The events are made one bucket of people after another, straight into an index, with people, times
and names as the other event sets have them. Each question is asked in a process of its own: twice
to warm, then once more while its memory is read. Files that are mapped count as resident.
"""

import argparse
import shutil
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.generate import NAMES, START, Parameters, bench_folder, people_of
from benchmarks.measure import machine
from benchmarks.peers import THREADS
from benchmarks.questions import QUESTIONS
from benchmarks.report import Run as Result
from benchmarks.report import keep, markdown
from benchmarks.served.process import resident_bytes
from ethogram.ask.sequences.arrange import ORIGIN, bucket_offsets
from ethogram.ask.sequences.files import RunWriter, open_run
from ethogram.ask.sequences.plan import Schema
from ethogram.ask.sequences.run import PADDING, Run

EVENTS = 1_000_000_000
ASKED = ("funnel", "funnel-4%", "funnel-0.4%", "retention", "people-a-day", "totals-a-day")
MEGABYTE = 2**20


class Held(msgspec.Struct):
    """Seconds to the answer, and MB at most meanwhile: of the process alone, and with its files."""

    question: str
    seconds: float
    anonymous: float
    resident: float


def index(events: int) -> Path:
    """The folder of an index of so many events, made where it is missing."""
    folder = bench_folder() / f"index-{events}"
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        writer = RunWriter(folder, Schema(NAMES, {}, nodes=False), durable=False)
        parameters, position = Parameters(events, events // 50), 0
        for bucket in range(parameters.buckets):
            run = _bucket(parameters, bucket, position)
            writer.append(run)
            position += run.events
        writer.finish()
    return folder


def _bucket(parameters: Parameters, bucket: int, position: int) -> Run:
    ids, counts, times, codes = people_of(parameters, bucket)
    events = len(times)
    zero = int(START.timestamp()) - ORIGIN
    padding = np.zeros(PADDING, np.int32)
    return Run(
        units=ids,
        offsets=np.concatenate(([0], np.cumsum(counts))),
        buckets=bucket_offsets(ids),
        codes=np.concatenate((codes.astype(np.uint8), padding.astype(np.uint8))),
        seconds=np.concatenate(((times // 1_000_000 + zero).astype(np.int32), padding)),
        micros=np.concatenate(((times % 1_000_000).astype(np.int32), padding)),
        positions=np.arange(position, position + events),
        origin=ORIGIN,
        names=NAMES,
    )


def held(folder: Path, name: str) -> Held:
    """What the question called ``name`` takes over the index in ``folder``."""
    from benchmarks.peers.ethogram import Ethogram

    engine = Ethogram(open_run(folder))
    for _ in range(2):
        engine.ask(QUESTIONS[name])
    done, most = threading.Event(), np.array(resident_bytes(), np.float64)

    def watch() -> None:
        while not done.wait(0.01):
            np.maximum(most, resident_bytes(), out=most)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    engine.ask(QUESTIONS[name])
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    return Held(name, seconds, *(most / MEGABYTE).tolist())


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--only", default=",".join(ASKED), help="questions, by comma")
    parser.add_argument("--keep", help="the name under which the result is kept")
    parser.add_argument("--clean", action="store_true", help="remove the index afterwards")
    arguments = parser.parse_args()
    folder = index(arguments.events)
    found: list[Held] = []
    for name in arguments.only.split(","):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found.append(pool.submit(held, folder, name).result())
    rows = [
        [one.question, f"{one.seconds:.2f}", f"{1e9 * one.seconds / arguments.events:.2f}",
         f"{one.anonymous:.0f}", f"{one.resident:.0f}"] for one in found
    ]  # fmt: skip
    shown = markdown(["question", "seconds", "ns an event", "MB anonymous", "MB resident"], rows)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        said = {"events": arguments.events, "people": arguments.events // 50, "threads": THREADS}
        keep(
            arguments.keep,
            Result("python -m benchmarks.billion", machine(), {}, said, list(found)),
            shown,
        )
    if arguments.clean:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
