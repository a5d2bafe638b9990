"""Start a server in a process of its own, and end it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.served.process import free_port


@dataclass(frozen=True)
class Server:
    """A running server: its process, port and keys (empty where none are asked for)."""

    pid: int
    port: int
    write: str = ""
    read: str = ""


@contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """The bare handler, keeping its file in ``folder``."""
    port = free_port()
    with _running([sys.executable, "-m", "benchmarks.served.bare", str(port), str(folder)]) as pid:
        _wait(port)
        yield Server(pid, port)


@contextmanager
def ethogram(folder: Path) -> Iterator[Server]:
    """``ethogram serve`` of the workspace ``folder``, made where it is missing."""
    port = free_port()
    with _running([*command(), "serve", "-w", str(folder), "--port", str(port)]) as pid:
        _wait(port)
        keys = json.loads(
            subprocess.check_output([*command(), "keys", "-w", str(folder), "--json"])
        )
        yield Server(pid, port, keys["write"], keys["read"])


def command() -> list[str]:
    """The command line of Ethogram, run by this interpreter."""
    return [sys.executable, "-c", "from ethogram.run.cli.app import main; main()"]


@contextmanager
def _running(words: list[str]) -> Iterator[int]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(words, env=environment, start_new_session=True)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing is ready on port {port} after {seconds} s")
