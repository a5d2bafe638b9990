"""A served workspace for tests: the real server, in a process of its own, on a loopback port.

    with served() as server:
        httpx.post(server.url + "/v1/events", json=[…], headers=server.writing)
        server.kill()
        server.start()

Everything that it makes lies in one temporary folder, the master key and the sockets too.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

import httpx
from typer.testing import CliRunner

from ethogram.protect.vault import Vault
from ethogram.run.cli.app import app

ETHOGRAM = (sys.executable, "-c", "from ethogram.run.cli.app import main; main()")
DOORS = (
    sys.executable,
    "-c",
    "import asyncio\n"
    "from ethogram.run import acceptor, cli\n"
    "acceptor.keep_running = lambda _: asyncio.Event().wait()\n"
    "from ethogram.run.cli.app import main; main()",
)
"""The command whose server starts nobody to ask: half of the work, for tests of doors alone."""
SOURCE = Path(__file__).parents[1] / "src"
SECONDS = 120.0
CHANCE = random.SystemRandom()


def free_port() -> int:
    """A port that nobody listens on; below those that the system gives to connections' clients.

    One of theirs could be gone before the server is up, or while it is away.
    """
    first, _ = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    while True:
        port = CHANCE.randrange(first // 2, first)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def eventually(what: str, seconds: float = SECONDS) -> Iterator[None]:
    """Goes round until the loop is left; fails with ``what`` when the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield
        time.sleep(0.02)
    raise TimeoutError(f"{what}, within {seconds:g} s")


class Served:
    """A workspace below ``scratch`` and its server; ``settings`` become ``ETHOGRAM_…``."""

    def __init__(
        self, scratch: Path, settings: Mapping[str, object], serving: Sequence[str] = ETHOGRAM
    ) -> None:
        self.scratch = scratch
        self.serving = serving
        self.folder = scratch / "workspace"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(SOURCE), *filter(None, sys.path)]),
            "XDG_CONFIG_HOME": str(scratch / "config"),
            "TMPDIR": str(scratch),
            **{f"ETHOGRAM_{name.upper()}": str(value) for name, value in settings.items()},
        }

    def start(self, prefix: Sequence[str] = ()) -> "Served":
        """Start the server and wait until its doors are open."""
        self.launch(prefix)
        for _ in eventually("the server takes events"):
            if not self.running():
                raise ChildProcessError(f"the server ended: {self.said()}")
            if self._announced():
                with suppress(httpx.TransportError):
                    httpx.get(self.url + "/v1/events", timeout=SECONDS)
                    return self
        raise AssertionError

    def _announced(self) -> bool:
        """Whether the one that serves the workspace is the one that was started last."""
        try:
            note = json.loads((self.folder / "serve.json").read_bytes())
        except FileNotFoundError:
            return False
        return note["pid"] == self.process.pid

    def launch(self, prefix: Sequence[str] = ()) -> None:
        """Start the server, under the command ``prefix`` if there is one, and wait for nothing."""
        assert not self.running()
        words = [*prefix, *self.serving, "serve", "-w", str(self.folder)]
        with (self.scratch / "said").open("ab") as said:
            self._process = subprocess.Popen(
                [*words, "--port", str(self.port)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def ready(self) -> "Served":
        """Wait until questions are answered too."""
        for _ in eventually("the server answers questions"):
            with suppress(httpx.TransportError):
                if httpx.get(self.url + "/readyz", timeout=SECONDS).is_success:
                    return self
        raise AssertionError

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process that accepts and appends; a prefix must run it in its own place."""
        assert self._process is not None
        return self._process

    def asker(self) -> int | None:
        """The process that loads and asks, the child of the one that accepts; None between two."""
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            if children := (task / "children").read_text().split():
                return int(children[0])
        return None

    def kill(self) -> None:
        """SIGKILL to the process that accepts; the one behind it ends by itself."""
        assert self.running(), self.said()
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.terminate()
        return self.ended()

    def ended(self, seconds: float = SECONDS) -> int:
        """Wait for the server to end; its exit status."""
        return self.process.wait(seconds)

    def running(self) -> bool:
        """Whether the server has not ended."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """What the server printed, over all starts."""
        return (self.scratch / "said").read_text(errors="replace")

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run ``ethogram WORDS -w WORKSPACE`` to its end, here: a process starts for seconds."""
        words = (*words, "-w", str(self.folder))
        done = CliRunner().invoke(app, words, env=self.environment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    def command_apart(self, *words: str, said: str = "") -> "subprocess.CompletedProcess[str]":
        """The same as somebody types it: in a process of its own, which reads ``said``."""
        return subprocess.run(
            [*ETHOGRAM, *words, "-w", str(self.folder)],
            env=self.environment,
            input=said,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def document(self, *words: str) -> dict:
        """What the command prints with ``--json``; fails where it fails."""
        done = self.command(*words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr + self.said()
        return json.loads(done.stdout)

    @cached_property
    def keys(self) -> dict[str, str]:
        """The write key and the read key."""
        with self.vault() as vault:
            return {scope: vault.keyring.access(scope) for scope in ("write", "read")}

    @contextmanager
    def vault(self) -> Iterator[Vault]:
        """The project's vault, beside the server's."""
        (key,) = (self.scratch / "config" / "ethogram").glob("*.key")
        path = self.folder / "projects" / "default" / "vault.sqlite"
        vault = Vault(path, bytes.fromhex(key.read_text()))
        yield vault
        vault.close()

    @cached_property
    def writing(self) -> dict[str, str]:
        """The headers of one who sends events."""
        return {"authorization": f"Bearer {self.keys['write']}"}

    @cached_property
    def reading(self) -> dict[str, str]:
        """The headers of one who asks."""
        return {"authorization": f"Bearer {self.keys['read']}"}

    def family(self) -> list[int]:
        """Every process that has this workspace's own folder as its temporary one."""
        mark = f"TMPDIR={self.scratch}\0".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (path / "environ").read_bytes():
                    found.append(int(path.name))
        return found

    def end(self) -> None:
        """Leave no process behind."""
        if self.running():
            self.kill()
        for pid in self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for _ in eventually("all processes are gone", 30):
            if not self.family():
                return


@contextmanager
def unserved(serving: Sequence[str] = ETHOGRAM, /, **settings: object) -> Iterator[Served]:
    """A new workspace whose server is yet to be started; nothing of it is left afterwards.

    ``settings`` are those of ``ethogram.toml``.
    """
    scratch = Path(tempfile.mkdtemp(prefix="eg-"))
    server = Served(scratch, settings, serving)
    try:
        yield server
    finally:
        server.end()
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def served(**settings: object) -> Iterator[Served]:
    """A new workspace, served; see `unserved`."""
    with unserved(**settings) as server:
        yield server.start()


@contextmanager
def accepting(**settings: object) -> Iterator[Served]:
    """A new workspace that takes events; nobody can ask about them. See `unserved`."""
    with unserved(DOORS, **settings) as server:
        yield server.start()
