"""A served workspace of two projects, with people who sign in; attackers come from elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serving import Served, eventually, unserved

from ethogram.protect.access import accounts
from ethogram.protect.access.caller import owner
from ethogram.run import assembly
from ethogram.run.workspace import open_workspace

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "correct horse battery"
VISITS = "who,when,what\nann,2026-03-01T10:00:00Z,catalog\nben,2026-03-01T11:00:00Z,cart\n"


@pytest.fixture(scope="session")
def password() -> str:
    """Everybody's."""
    return PASSWORD


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The projects ``default`` and ``other``; Ann is the admin of one, Ben of the other."""
    file = tmp_path_factory.mktemp("visits") / "visits.csv"
    file.write_text(VISITS)
    with unserved(load_every=0.2) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
        for project in ("default", "other"):
            words = ("--user", "who", "--time", "when", "--event", "what", "--project", project)
            server.document("import", str(file), *words)
        desk = assembly.desk(open_workspace(server.folder, create=False))
        accounts.add(desk, owner("default"), "ann@shop.eu", "admin", PASSWORD)
        accounts.add(desk, owner("other"), "ben@shop.eu", "admin", PASSWORD)
        desk.close()
        yield server.start().ready()


@pytest.fixture
def ann(shop: Served) -> Iterator[httpx.Client]:
    """Ann's browser, in which she is signed in."""
    with httpx.Client(base_url=shop.url, headers={"origin": shop.url}) as client:
        body = {"email": "ann@shop.eu", "password": PASSWORD}
        assert client.post("/api/session", json=body).is_success
        yield client


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser; one that stayed open would be in the way of loops that other modules run."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as running:
        made = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    """A browser's own cookies and pages."""
    made = chromium.new_context()
    yield made
    made.close()


@pytest.fixture(scope="session")
def settled(shop: Served) -> Callable[[], None]:
    """Returns once questions see what was accepted."""

    def wait() -> None:
        for _ in eventually("the events are visible to questions"):
            found = httpx.get(f"{shop.url}/api/status", headers=shop.reading).json()["positions"]
            if found["index"] >= found["log"]:
                return

    return wait
