"""An export that goes on is killed anywhere: no row is lost, and none is there twice."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.dataset
import pytest
from deltalake import DeltaTable
from tests.serving import SOURCE

import ethogram as eg

KILLED = """
import os, signal, sys
import ethogram as eg
from dlt.common.storages.load_package import PackageStorage
from dlt.load.load import Load
from dlt.pipeline.pipeline import Pipeline

PLACES = {
    "before the load": (Pipeline, "load"),
    "before it is known that a file is in": (PackageStorage, "save_pending_transition"),
    "before all is known": (Load, "complete_package"),
}
folder, to, format, where = sys.argv[1:]
place, name = PLACES[where]
whole = getattr(place, name)

def deadly(*given, **named):
    if name != "save_pending_transition" or str(given[2]).startswith("events"):
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*given, **named)

setattr(place, name, deadly)
with eg.open(folder) as opened:
    opened.export(to, table="events", since_last=True, format=format)
"""
LOADED = "before it is known that a file is in"


def in_duckdb(place: Path) -> list[int]:
    """The positions of the rows that are there."""
    with duckdb.connect(place, read_only=True) as connection:
        rows = connection.execute("SELECT position FROM ethogram.events").fetchall()
    return sorted(row[0] for row in rows)


def in_files(place: Path) -> list[int]:
    """The same, of Parquet."""
    return sorted(
        pyarrow.dataset.dataset(place / "ethogram/events").to_table()["position"].to_pylist()
    )


def in_delta(place: Path) -> list[int]:
    """The same, of Delta."""
    return sorted(DeltaTable(place / "ethogram/events").to_pyarrow_table()["position"].to_pylist())


@pytest.mark.parametrize(
    ("to", "form", "positions", "where"),
    [
        ("out.duckdb", "parquet", in_duckdb, "before the load"),
        ("out.duckdb", "parquet", in_duckdb, LOADED),
        ("out.duckdb", "parquet", in_duckdb, "before all is known"),
        ("out", "parquet", in_files, LOADED),
        ("out", "delta", in_delta, LOADED),
    ],
    ids=["unloaded", "database", "loaded", "files", "delta"],
)
def test_a_killed_export_is_brought_to_its_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    to: str,
    form: str,
    positions: Callable[[Path], list[int]],
    where: str,
) -> None:
    """Every event is there once after the next export, and again after the one that follows."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    folder, place = tmp_path / "shop", tmp_path / to
    with eg.open(folder) as opened:
        opened.append([eg.Event("cart", user_id="ann") for _ in range(3)])
        opened.export(to, table="events", since_last=True, format=form)
        opened.append([eg.Event("cart", user_id="ben") for _ in range(4)])
    command = [sys.executable, "-c", KILLED, str(folder), to, form, where]
    killed = subprocess.run(command, check=False, env={
        "PYTHONPATH": f"{SOURCE}:{':'.join(sys.path)}", "XDG_CONFIG_HOME": str(tmp_path / "config"),
    })  # fmt: skip
    assert killed.returncode == -9
    with eg.open(folder) as opened:
        opened.append([eg.Event("cart", user_id="eve")])
        for _ in range(2):
            opened.export(to, table="events", since_last=True, format=form)
            assert positions(place) == [*range(1, 9)]
