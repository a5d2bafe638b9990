"""Profiles as columns of the events, beside a table of changes that is joined at each question.

    python -m benchmarks.profiles --events 1000000

A tenth of the events set one of four plans, add to a sum, or both. Columns cost when events are
loaded and in the index; the table costs at each question, where its changes are sorted, folded by
person, and for values at the event's time joined by time.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.measure import machine
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.sequences.index import Index
from ethogram.store.lake.changes import with_changes
from ethogram.store.lake.schema import INSTANT

START = 1_767_571_200_000_000
ROWS = 200_000


def tables(events: int) -> Iterator[pa.Table]:
    """Events tables, as they are before changes have columns."""
    chance = np.random.default_rng(7)
    people = (chance.pareto(1.2, events) * 1000).astype(np.int64) % (events // 10)
    times = START + np.sort(chance.integers(0, 60 * 86_400_000_000, events))
    plans = [msgspec.json.encode({"profile_ops": [
        {"op": "set", "values": {"plan": plan}, "target": "person"},
        {"op": "add", "values": {"spent": 0.5}, "target": "person"},
    ]}).decode() for plan in ("free", "trial", "pro", "team")]  # fmt: skip
    extra = np.where(chance.random(events) < 0.1, chance.integers(0, 4, events), 4)
    coded = pa.array([*plans, None])
    for first in range(0, events, ROWS):
        rows = slice(first, min(first + ROWS, events))
        yield pa.table({
            "position": np.arange(rows.start, rows.stop) + 1,
            "event": pa.repeat("view", rows.stop - rows.start),
            "event_id": [f"{i:012}" for i in range(rows.start, rows.stop)],
            "timestamp": pa.array(times[rows], INSTANT),
            "person": people[rows],
            "groups": pa.nulls(rows.stop - rows.start, pa.string()),
            "extra": coded.take(pa.array(extra[rows])),
        })  # fmt: skip


def taken(work: Callable[[], Any], times: int = 5) -> float:
    """The median of the processor seconds that ``work`` takes, after one that does not count."""
    work()
    seconds = list[float]()
    for _ in range(times):
        began = process_time()
        work()
        seconds.append(process_time() - began)
    return statistics.median(seconds)


def size(folder: Path) -> int:
    """Bytes of a folder's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def question(where: dict[str, Any] | None) -> bytes:
    """How many events fit."""
    spec = {"question": "trends", "series": [{"event": "view"}], "interval": "all"}
    return msgspec.json.encode({**spec, "where": where} if where else spec)


def changes_table(events: int) -> pl.DataFrame:
    """What a table of changes would hold: person, time, operation, property, value."""
    frames = [pl.DataFrame(pl.from_arrow(table.select(["person", "timestamp", "extra"])))
              for table in tables(events)]  # fmt: skip
    said = pl.concat(frames).drop_nulls("extra")
    plan = said["extra"].str.json_path_match("$.profile_ops[0].values.plan")
    return said.drop("extra").with_columns(plan.alias("plan"), spent=pl.lit(0.5))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        plain, bare = list(tables(events)), Index(folder / "bare")
        began = process_time()
        bare.rebuild(plain, events)
        without = process_time() - began
        began = process_time()
        shredded = [with_changes(table, lambda _: True) for table in plain]
        shredding = process_time() - began
        index = Index(folder / "columns")
        began = process_time()
        index.rebuild(shredded, events)
        building = process_time() - began
        beside = folder / "changes.parquet"
        changes_table(events).write_parquet(beside)
        rows += [
            {"what": "index, bytes an event, without", "value": size(folder / "bare") / events},
            {"what": "with the columns", "value": size(folder / "columns") / events},
            {"what": "table beside it", "value": beside.stat().st_size / events},
            {"what": "building, seconds, without", "value": without},
            {"what": "with the columns", "value": building},
            {"what": "making the columns at load", "value": shredding},
        ]  # fmt: skip
        rows += _asked(index, beside, plain)
    print(machine())
    for row in rows:
        print(f"{row['what']:50} {row['value']:10.4g}")


def _asked(index: Index, changes: Path, plain: list[pa.Table]) -> list[dict[str, Any]]:
    now = START + 61 * 86_400_000_000
    wheres: dict[str, dict[str, Any] | None] = {
        "a question, milliseconds, no predicate": None,
        "plan now, columns": {"property": "plan", "of": "profile", "value": "pro"},
        "plan then, columns": {"property": "plan", "of": "profile_then", "value": "pro"},
        "sum then, columns": {"property": "spent", "of": "profile_then", "op": ">", "value": 3},
    }  # fmt: skip
    rows = list[dict[str, Any]]()
    for what, where in wheres.items():
        ask = partial(answer, parse(question(where)), index.snapshot, now)
        rows.append({"what": what, "value": 1000 * taken(ask)})
    events = pl.concat([pl.DataFrame(pl.from_arrow(each.select(["person", "timestamp"])))
                        for each in plain]).sort("timestamp")  # fmt: skip

    def held_now() -> int:
        said = pl.read_parquet(changes).sort("timestamp")
        last = said.group_by("person").agg(pl.col("plan").last())
        return events.join(last.filter(pl.col("plan") == "pro"), on="person").height

    def held_then() -> int:
        said = pl.read_parquet(changes).sort("timestamp")
        return events.join_asof(said, on="timestamp", by="person").filter(
            pl.col("plan") == "pro"
        ).height  # fmt: skip

    return [*rows, {"what": "plan now, joined", "value": 1000 * taken(held_now)},
            {"what": "plan then, joined", "value": 1000 * taken(held_then)}]  # fmt: skip


if __name__ == "__main__":
    main()
