"""What is hidden is seen to be hidden: in the table, in the picture and in words."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, eventually, served

from ethogram.protect.access import accounts
from ethogram.protect.access.caller import owner
from ethogram.run import assembly
from ethogram.run.workspace import open_workspace
from ethogram.show.charts.draw import SITE

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "correct horse battery"
STEPS = ["catalog", "cart", "payment"]

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
    pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the site is not built"),
]


def events() -> Iterator[dict]:
    """Forty people, of whom four pay and come back a week later."""
    for person in range(40):
        for i, name in enumerate(STEPS[: 3 if person < 4 else 1 + person % 2]):
            yield {"event": name, "user_id": f"u{person}",
                   "timestamp": f"2026-01-0{1 + i}T00:00:{person:02}Z"}  # fmt: skip
        if person < 4:
            yield {"event": "catalog", "user_id": f"u{person}", "timestamp": "2026-01-08"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Served]:
    """A served workspace of forty people, in which Ben may ask."""
    with served() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
        desk = assembly.desk(open_workspace(server.folder, create=False))
        accounts.add(desk, owner("default"), "ben@shop.eu", "viewer", PASSWORD)
        desk.close()
        server.ready()
        sent = [*events()]
        answer = httpx.post(f"{server.url}/v1/events", json=sent, headers=server.writing)
        assert answer.json()["accepted"] == len(sent)
        for _ in eventually("the events are visible to questions"):
            said = httpx.get(f"{server.url}/api/status", headers=server.reading).json()
            if said["positions"]["index"] >= len(sent):
                break
        yield server


@pytest.fixture(scope="module")
def page(shop: Served) -> Iterator[Page]:
    """Ben's page, signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(shop.url)
        page.get_by_label("E-mail address").fill("ben@shop.eu")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Account").wait_for()
        yield page
        browser.close()


@pytest.mark.parametrize("path", ["funnel", "trends", "retention"])
def test_a_hidden_number_is_a_word_and_no_zero(page: Page, shop: Served, path: str) -> None:
    """The table says "hidden", the sentence and a note say of whom; nothing fails."""
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(f"{shop.url}/{path}")
    page.get_by_role("note").filter(has_text="fewer than 10 people").wait_for()
    page.get_by_role("cell", name="hidden", exact=True).first.wait_for()
    assert "fewer than 10 people" in page.locator(".headline").inner_text()
    page.locator("canvas, svg").first.wait_for()
    assert failures == []


def test_the_last_step_of_a_funnel_is_hidden(page: Page, shop: Served) -> None:
    """Of forty people four pay: neither that, nor the share, stands anywhere."""
    page.goto(f"{shop.url}/funnel")
    page.get_by_role("note").filter(has_text="fewer than 10 people").wait_for()
    rows = page.get_by_role("table").get_by_role("row").all_inner_texts()
    assert "40" in rows[1]
    assert "hidden" in rows[-1]
    assert "10%" not in page.locator("main").inner_text()
