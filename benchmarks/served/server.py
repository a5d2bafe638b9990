"""Start a server in a process of its own, and end it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
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
def bare(folder: Path) -> Generator[Server]:
    """The bare handler, keeping its file in ``folder``."""
    port = free_port()
    serve = [sys.executable, "-m", "benchmarks.served.bare", str(port), str(folder)]
    with running(serve, surroundings(folder)) as pid:
        _wait(port)
        yield Server(pid, port)


@contextmanager
def ethogram(folder: Path) -> Generator[Server]:
    """``ethogram serve`` of a new workspace in ``folder``, its master key beside it."""
    port, workspace = free_port(), str(folder / "workspace")
    environment = surroundings(folder)
    serve = [*command(), "serve", "-w", workspace, "--port", str(port)]
    with running(serve, environment) as pid:
        _wait(port)
        keys = [*command(), "keys", "-w", workspace, "--json"]
        said = json.loads(subprocess.check_output(keys, env=environment))
        yield Server(pid, port, said["write"], said["read"])


def surroundings(folder: Path) -> dict[str, str]:
    """This process's environment and import path, with master keys kept in ``folder``."""
    path = os.pathsep.join(filter(None, sys.path))
    return os.environ | {"PYTHONPATH": path, "XDG_CONFIG_HOME": str(folder / "config")}


def command() -> list[str]:
    """The command line of Ethogram, run by this interpreter."""
    return [sys.executable, "-c", "from ethogram.run.cli.app import main; main()"]


@contextmanager
def running(words: list[str], environment: dict[str, str]) -> Generator[int]:
    """A process that runs ``words``, ended afterwards; its id."""
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
