"""An index of many properties needs neither many open files nor many mappings."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ethogram.ask.sequences import merging
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.checksum import snapshot_checksum
from ethogram.ask.sequences.mapped import mapped
from ethogram.ask.sequences.merging import build_runs
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Run, Snapshot, State

WIDE = """
import os, sys
from pathlib import Path
import pyarrow as pa
from ethogram.ask.sequences.index import Index
columns = {"position": [1, 2], "event": ["a", "b"], "person": [1, 2]}
columns |= {f"p_{i}_text": ["x", "y"] for i in range(500)}
table = pa.table(columns).append_column("timestamp", pa.array([1, 2], pa.timestamp("us", "UTC")))
index = Index(Path(sys.argv[1]))
index.rebuild([table], 2)
print(len(index.snapshot.parts[0].run.properties), len(os.listdir("/dev/fd")))
"""


def test_a_run_of_500_properties_is_open_with_few_descriptors(tmp_path: Path) -> None:
    """1,500 files are mapped by a process that may have 256 open, and none stays open."""
    done = subprocess.run(
        [sys.executable, "-c", WIDE, str(tmp_path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    properties, descriptors = map(int, done.stdout.split())
    assert properties == 500
    assert descriptors < 100


def tables(events: int) -> list[pa.Table]:
    """Ten tables of events, of 40 people, in no order."""
    random = np.random.default_rng(3)
    table = pa.table(
        {
            "position": random.permutation(events) + 1,
            "event": [f"event {i}" for i in random.integers(0, 9, events)],
            "timestamp": pa.array(random.integers(0, 10**15, events), pa.timestamp("us", "UTC")),
            "person": random.integers(1, 40, events),
            "p_colour_text": [f"colour {i}" for i in random.integers(0, 30, events)],
        }
    )
    return [table.slice(start, events // 10) for start in range(0, events, events // 10)]


def told(run: Run) -> list[tuple[object, ...]]:
    """Every event of ``run`` in its order, with its person, name and colour."""
    colour = run.properties["colour"]
    words = colour.words.take(pa.array(colour.values.astype(np.int64))).to_pylist()
    names = [run.names[code] for code in run.codes[: run.events]]
    owners = np.repeat(run.units, np.diff(run.offsets)).tolist()
    return list(zip(owners, run.positions.tolist(), names, words, strict=True))


def test_merging_in_rounds_makes_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only a few files may be mapped at once, no event is lost, moved or changed."""
    given = tables(2_000)
    monkeypatch.setattr(merging, "MAPPED", 25)
    monkeypatch.setattr(merging, "_gathered", lambda tables, unit: iter(tables))
    made = build_runs(tmp_path / "run", given)
    assert told(made) == told(build(pa.concat_tables(given)))
    snapshots = [
        Snapshot((whole(run),), State(0)) for run in (made, build(pa.concat_tables(given)))
    ]
    assert np.array_equal(*map(snapshot_checksum, snapshots))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_is_mapped_outlives_its_file(tmp_path: Path) -> None:
    """An array shows a file that is gone, part of it too, and cannot be written to."""
    path = tmp_path / "numbers"
    np.arange(10_000).tofile(path)
    part = mapped(path, np.int64, 80_000)[9_000:]
    path.unlink()
    assert part.tolist() == list(range(9_000, 10_000))
    with pytest.raises(ValueError, match="read-only"):
        part[0] = 1
