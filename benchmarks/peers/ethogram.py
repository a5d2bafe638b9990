"""Ethogram itself: an index built from the files bucket by bucket, asked by its engine."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.generate import EventSet
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.files import RunWriter, open_run, save
from ethogram.ask.sequences.join import join
from ethogram.ask.sequences.plan import Piece, Plan, plan
from ethogram.ask.sequences.run import Run

PROPERTIES = {"price": "number", "country": "text", "item": "text", "member": "flag"}


def index(events: EventSet) -> Run:
    """The run of the event set, built where it is not there yet."""
    folder = events.folder / "index"
    if not folder.exists():
        _build(events.files, folder)
    return open_run(folder)


def _build(files: list[Path], folder: Path) -> None:
    """Build a run a bucket, then write them as one, so that one bucket is in memory at a time."""
    parts = folder.with_name(folder.name + "-parts")
    shutil.rmtree(parts, ignore_errors=True)
    pieces, position = [], 0
    for number, file in enumerate(files):
        table = _events(pq.read_table(file), position)
        run = save(parts / str(number), build(table), durable=False)
        pieces.append(Piece(run, np.arange(len(run.units))))
        position += run.events
    made = plan(pieces)
    writer = RunWriter(folder, made.schema, durable=False)
    for piece, names, words in zip(pieces, made.names, made.words, strict=True):
        writer.append(join([piece], Plan(made.schema, [names], [words])))
    writer.finish()
    shutil.rmtree(parts)


def _events(rows: pa.Table, position: int) -> pa.Table:
    """The rows as an events table, as the log would give it from ``position`` on."""
    columns = {
        "position": pa.array(np.arange(position, position + rows.num_rows)),
        "event": rows["event"],
        "timestamp": rows["ts"],
        "person": rows["person"],
    }
    return pa.table(columns | {f"p_{name}_{kind}": rows[name] for name, kind in PROPERTIES.items()})
