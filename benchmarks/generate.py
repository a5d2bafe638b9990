"""Event sets of 1, 10 and 100 million events, the same for the same seed, kept as Parquet.

    python -m benchmarks.generate --size 10m
    python -m benchmarks.generate --clean

People are heavy-tailed (Pareto), event names follow Zipf, times are spread over 60 days in
microseconds. The events are made one bucket of people after another, the buckets that the
index has, so memory stays below 1 GB. The files lie below ETHOGRAM_BENCH_DIR, or a folder for
temporary files.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ethogram.ask.kernels.buckets import BUCKETS, bucket_of

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday, so that days, weeks and the events' first instant begin together."""
DAYS = 60
DAY = 86_400_000_000
NAMES = tuple(f"event_{code}" for code in range(100))
COUNTRIES = tuple(f"country_{code:02}" for code in range(30))
SIZES = {"1m": 1_000_000, "10m": 10_000_000, "100m": 100_000_000}


class Parameters(msgspec.Struct, frozen=True):
    """What decides every byte of an event set; part of every result that is kept."""

    events: int
    people: int
    seed: int = 7
    buckets: int = BUCKETS
    days: int = DAYS
    names: int = len(NAMES)
    name_exponent: float = 1.25
    people_exponent: float = 1.2
    largest_weight: float = 1000.0
    countries: int = len(COUNTRIES)
    country_exponent: float = 1.0
    items: int = 20_000
    item_exponent: float = 0.8
    member_share: float = 0.3


@dataclass(frozen=True)
class EventSet:
    """One event set on disk: ``*.parquet`` in the order of people, then of time.

    What an engine makes of it lies in the same folder and goes with it.
    """

    folder: Path
    parameters: Parameters

    @property
    def files(self) -> list[Path]:
        """One file for each bucket of people, in order."""
        return sorted(self.folder.glob("*.parquet"))


def parameters_of(size: str) -> Parameters:
    """The parameters of ``1m``, ``10m`` or ``100m``: 50 events a person on average."""
    return Parameters(events=SIZES[size], people=SIZES[size] // 50)


def bench_folder() -> Path:
    """Where event sets and the peers' tables are kept, outside the repository."""
    default = Path(tempfile.gettempdir()) / "ethogram-bench"
    return Path(os.environ.get("ETHOGRAM_BENCH_DIR", default))


def event_set(size: str) -> EventSet:
    """The event set of ``size``, generated at the first call and found at every later one."""
    parameters = parameters_of(size)
    folder = bench_folder() / f"events-{size}"
    said = folder / "parameters.json"
    wanted = msgspec.json.encode(parameters)
    if not said.exists() or said.read_bytes() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for bucket, table in enumerate(tables(parameters)):
            pq.write_table(table, folder / f"bucket-{bucket:02}.parquet", compression="zstd")
        said.write_bytes(wanted)
    return EventSet(folder, parameters)


def tables(parameters: Parameters) -> Iterator[pa.Table]:
    """The events, one bucket of people at a time, sorted by (person, time).

    Columns: person int64, ts timestamp[us, UTC], event, country, item (dictionary-encoded
    text), price float64, member bool. A person's country is the same in all their events.
    """
    for bucket in range(parameters.buckets):
        yield _bucket(parameters, bucket)


def people_of(
    parameters: Parameters, bucket: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The people of a bucket, ascending, how many events each has, and of the events, in the order
    of people and time, the microseconds since `START` and the codes of their names.
    """
    rng = np.random.default_rng([parameters.seed, bucket])
    people = _share(parameters.people, parameters.buckets, bucket)
    events = _share(parameters.events, parameters.buckets, bucket)
    weights = np.minimum(1 + rng.pareto(parameters.people_exponent, people),
                         parameters.largest_weight)  # fmt: skip
    counts = 1 + rng.multinomial(events - people, weights / weights.sum())
    owner = np.repeat(np.arange(people), counts)
    times = rng.integers(0, parameters.days * DAY, events)
    times = np.sort((owner << 43) | times) & ((1 << 43) - 1)
    codes = _zipf(rng, parameters.names, parameters.name_exponent, events)
    return _ids(rng, bucket, people), counts, times, codes


def _bucket(parameters: Parameters, bucket: int) -> pa.Table:
    ids, counts, times, codes = people_of(parameters, bucket)
    rng = np.random.default_rng([parameters.seed, bucket, 1])
    home = np.repeat(
        _zipf(rng, parameters.countries, parameters.country_exponent, len(ids)), counts
    )
    events = len(times)
    return pa.table(
        {
            "person": np.repeat(ids, counts),
            "ts": pa.array(times + _micros(START), pa.timestamp("us", "UTC")),
            "event": _texts(codes, NAMES),
            "price": np.round(rng.lognormal(3.5, 1.0, events), 2),
            "country": _texts(home, COUNTRIES),
            "item": _texts(
                _zipf(rng, parameters.items, parameters.item_exponent, events),
                [f"item_{code:05}" for code in range(parameters.items)],
            ),
            "member": rng.random(events) < parameters.member_share,
        }
    )


def _ids(rng: np.random.Generator, bucket: int, people: int) -> np.ndarray:
    """Distinct random 63-bit ids of one bucket, ascending."""
    found = np.empty(0, np.int64)
    while len(found) < people:
        drawn = rng.integers(1, 2**63 - 1, people * BUCKETS)
        found = np.unique(np.concatenate((found, drawn[bucket_of(drawn) == bucket])))
    return np.sort(rng.choice(found, people, replace=False))


def _zipf(rng: np.random.Generator, values: int, exponent: float, size: int) -> np.ndarray:
    weights = np.arange(1, values + 1, dtype=np.float64) ** -exponent
    edges = np.cumsum(weights / weights.sum())
    return np.searchsorted(edges[:-1], rng.random(size)).astype(np.int32)


def _texts(codes: np.ndarray, words: tuple[str, ...] | list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words))


def _share(total: int, parts: int, part: int) -> int:
    return total * (part + 1) // parts - total * part // parts


def _micros(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000


def main() -> None:
    """Generate one event set, or remove them all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--clean", action="store_true", help="remove everything generated")
    arguments = parser.parse_args()
    if arguments.clean:
        shutil.rmtree(bench_folder(), ignore_errors=True)
        return
    made = event_set(arguments.size)
    sys.stdout.write(
        f"{made.folder}\n{msgspec.json.format(msgspec.json.encode(made.parameters))!s}\n"
    )


if __name__ == "__main__":
    main()
