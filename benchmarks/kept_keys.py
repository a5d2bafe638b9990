"""What ten million kept deduplication keys cost an append.

    python -m benchmarks.kept_keys --keys 10000000 --batches 3000

Two logs, one that begins empty and one that keeps so many keys, on disk and in memory, take turns
at batches of 100 new events, as a door does: are the keys new, append durably, settle. Printed are
the median times of a batch, and the full one's over the empty one's.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ethogram.events.times import now
from ethogram.store.log.port import KEY_BYTES, Batch
from ethogram.store.log.seen import Seen
from ethogram.store.log.sqlite import SqliteLog

SIZE = 100
PAYLOAD = b"[" + b",".join([b'"' + b"x" * 400 + b'"'] * SIZE) + b"]"
FILL = 50_000


@dataclass(frozen=True)
class Door:
    """A log and what stands in front of it."""

    log: SqliteLog
    seen: Seen

    def take(self, packed: bytes) -> None:
        """One batch of `SIZE` events with these keys, durable at the end."""
        at = now()
        keys = [packed[i : i + KEY_BYTES] for i in range(0, len(packed), KEY_BYTES)]
        if not all(self.seen.fresh(keys, at)):
            raise ValueError("a random key came twice")
        self.log.append([Batch("events", PAYLOAD, SIZE, at, packed)])
        self.seen.settle(keys, at)


def opened(folder: Path, keys: int, chance: random.Random) -> Door:
    """A door that keeps ``keys`` keys, filled from its log as a server's is when it starts."""
    log = SqliteLog(folder / f"{keys}.sqlite", bytes(32))
    for start in range(0, keys, FILL):
        some = min(FILL, keys - start)
        payload = b"[" + b",".join([b"0"] * some) + b"]"
        log.append([Batch("events", payload, some, now(), chance.randbytes(KEY_BYTES * some))])
    return Door(log, Seen(log.keys(0)))


def seconds(door: Door, packed: bytes) -> tuple[float, float]:
    """How long one batch takes: by the clock, and of the processor's time."""
    began, worked = time.perf_counter(), time.process_time()
    door.take(packed)
    return time.perf_counter() - began, time.process_time() - worked


def medians(doors: Sequence[Door], batches: int) -> list[list[float]]:
    """For each door the median seconds of a batch, clock and processor; they take turns."""
    chance = random.Random(7)
    took: list[list[tuple[float, float]]] = [[] for _ in doors]
    for turn in range(batches):
        for i in (range(len(doors)), reversed(range(len(doors))))[turn % 2]:
            took[i].append(seconds(doors[i], chance.randbytes(KEY_BYTES * SIZE)))
    return [[statistics.median(each) for each in zip(*times, strict=True)] for times in took]


def main() -> None:
    """Print the ratios and what they are made of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--batches", type=int, default=3000)
    given = parser.parse_args()
    os.nice(5)
    with tempfile.TemporaryDirectory() as folder:
        chance = random.Random(1)
        doors = [opened(Path(folder), keys, chance) for keys in (0, given.keys)]
        empty, full = medians(doors, given.batches)
        for name, took in (("empty", empty), (f"{given.keys:,} keys", full)):
            print(f"{name}: {took[0] * 1e6:.0f} µs a batch, {took[1] * 1e6:.0f} µs of CPU")
        print(f"ratio {full[0] / empty[0]:.3f} by the clock, {full[1] / empty[1]:.3f} of CPU")


if __name__ == "__main__":
    main()
