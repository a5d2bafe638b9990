"""``import ethogram`` is quick: what is heavy is loaded when it is used."""

import subprocess
import sys

import ethogram

HEAVY = ("numba", "polars", "deltalake", "duckdb", "chdb", "dlt", "pandas", "starlette", "uvicorn")
READING = ("numba", "polars", "deltalake", "duckdb", "sqlalchemy", "starlette")
PROBE = "import sys, ethogram; print(*{name.split('.')[0] for name in sys.modules})"


def test_importing_ethogram_loads_nothing_heavy() -> None:
    """A fresh interpreter that imports ethogram has none of the heavy packages."""
    command = [sys.executable, "-c", PROBE]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "ethogram" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_what_accepts_events_loads_nothing_that_asks() -> None:
    """The process that takes events in has none of what loads, asks and shows."""
    probe = PROBE.replace("sys, ethogram", "sys, ethogram.run.acceptor")
    command = [sys.executable, "-c", probe]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "uvicorn" in loaded
    assert [name for name in READING if name in loaded] == []


def test_every_public_name_is_listed() -> None:
    """What is imported only when it is used can be completed like the rest, and is there."""
    assert set(ethogram.__all__) <= set(dir(ethogram))
    assert all(getattr(ethogram, name) for name in ethogram.__all__)
