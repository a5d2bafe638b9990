"""What people may ask, on the site: the archive, and that it goes."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, served

from ethogram.protect.access import accounts
from ethogram.protect.access.caller import owner
from ethogram.run import assembly
from ethogram.run.workspace import open_workspace
from ethogram.show.charts.draw import SITE

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "correct horse battery"

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
    pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the site is not built"),
]


@pytest.fixture
def page() -> Iterator:
    """A page on which a privacy officer is signed in, of a workspace that has heard of Ann."""
    with served() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
        desk = assembly.desk(open_workspace(server.folder, create=False))
        accounts.add(desk, owner("default"), "zoe@shop.eu", "privacy officer", PASSWORD)
        desk.close()
        _send(server, "ann")
        _send(server, "ben")
        with sync_api.sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            made = chromium.new_page()
            made.goto(f"{server.ready().url}/requests")
            made.get_by_label("E-mail address").fill("zoe@shop.eu")
            made.get_by_label("Password").fill(PASSWORD)
            made.get_by_role("button", name="Sign in").click()
            made.get_by_role("heading", name="What did people ask of us?").wait_for()
            yield made
            chromium.close()


def _send(server: Served, name: str) -> None:
    event = {"event": "cart", "user_id": name, "properties": {"email": f"{name}@example.org"}}
    httpx.post(f"{server.url}/v1/events", json=[event], headers=server.writing).raise_for_status()


def test_a_request_is_answered_on_the_site(page) -> None:
    """The archive comes as a file; who is erased is unknown then, and a receipt says so."""
    page.get_by_label("Id", exact=True).fill("ann")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download all that is kept").click()
    assert coming.value.suggested_filename == "person.zip"
    assert Path(coming.value.path()).read_bytes()[:2] == b"PK"
    button = page.get_by_role("button", name="Erase the person")
    assert button.is_disabled()
    page.get_by_label("It cannot be undone, and is meant").check()
    button.click()
    page.get_by_role("status").get_by_text("1 id").wait_for()
    page.get_by_role("cell", name="a person of 1 id").wait_for()
    page.get_by_role("button", name="Download all that is kept").click()
    page.get_by_role("alert").get_by_text("Nobody here has this user id").wait_for()
