"""The site as people get it: the demo's workspace, served."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, eventually

from ethogram.show.charts.draw import SITE

FILL = "import sys; from pathlib import Path; from ethogram.run.demo.workspace import make;"
FILL += "make(Path(sys.argv[1]), print)"
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """The simulated shop and its server."""
    if not (SITE / "index.html").is_file():
        pytest.skip("the site is not built: make web")
    scratch = Path(tempfile.mkdtemp(prefix="eg-"))
    server = Served(scratch, {})
    try:
        fill = [sys.executable, "-c", FILL, str(server.folder)]
        subprocess.run(fill, env=server.environment, check=True)
        yield server.start().ready()
    finally:
        server.end()
        shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def site_url(server: Served) -> str:
    """The address that the server prints, key and all."""
    return f"{server.url}/?key={server.keys['read']}"


@pytest.fixture(scope="session")
def send(server: Served) -> Callable[[list[dict]], None]:
    """Sends native events; returns when they are visible to questions."""

    def sent(events: list[dict]) -> None:
        answer = httpx.post(f"{server.url}/v1/events", json=events, headers=server.writing)
        assert answer.json()["accepted"] == len(events), answer.text
        end = _positions(server)["log"]
        for _ in eventually("the events are visible to questions"):
            if _positions(server)["index"] >= end:
                return

    return sent


def _positions(server: Served) -> dict[str, int]:
    return httpx.get(f"{server.url}/api/status", headers=server.reading).json()["positions"]
