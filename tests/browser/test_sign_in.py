"""People sign in on the site, see what they may, and sign out."""

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


@pytest.fixture(scope="module")
def shop() -> Iterator[Served]:
    """A served workspace in which Ann may do everything, and Ben ask."""
    with served() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
        desk = assembly.desk(open_workspace(server.folder, create=False))
        for email, role in (("ann@shop.eu", "admin"), ("ben@shop.eu", "viewer")):
            accounts.add(desk, owner("default"), email, role, PASSWORD)
        desk.close()
        yield server.ready()


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    """A browser."""
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(chromium) -> Iterator:
    """A page of a browser that nobody was signed in on."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def enter(page, email: str, password: str = PASSWORD) -> None:
    """Fill the form in and send it."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_who_signs_in_comes_to_the_page_that_was_asked_for(page, shop: Served) -> None:
    """A wrong password is said; after a sign-out the site asks again."""
    page.goto(f"{shop.url}/team")
    enter(page, "ann@shop.eu", "wrong wrong wrong")
    page.get_by_role("alert").wait_for()
    enter(page, "ann@shop.eu")
    page.get_by_role("heading", name="Who may look?").wait_for()
    page.get_by_text("ben@shop.eu").first.wait_for()
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in").wait_for()


def test_an_invitation_is_taken_up_on_the_site(page, chromium, shop: Served) -> None:
    """The address that Ann is shown makes an account, whose password only they know."""
    page.goto(f"{shop.url}/team")
    enter(page, "ann@shop.eu")
    page.get_by_label("Invite").fill("zoe@shop.eu")
    page.get_by_role("button", name="Make an invitation").click()
    said = page.get_by_role("status").first.locator("code").inner_text()
    context = chromium.new_context()
    other = context.new_page()
    other.goto(said)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Join").click()
    other.get_by_role("link", name="Account").wait_for()
    context.close()


def test_who_manages_nothing_sees_no_team(page, shop: Served) -> None:
    """A viewer has an account and no more."""
    page.goto(f"{shop.url}/trends")
    enter(page, "ben@shop.eu")
    page.get_by_role("link", name="Account").wait_for()
    assert page.get_by_role("link", name="Team").count() == 0


def test_purposes_and_rules_are_seen_and_saved(page, shop: Served) -> None:
    """A purpose and a rule are saved on the page, and its numbers are those of the records."""
    said = [{"event": "consent", "user_id": "ann", "consent": {"analytics": True}}]
    httpx.post(f"{shop.url}/v1/events", json=said, headers=shop.writing)
    page.goto(f"{shop.url}/consent")
    enter(page, "ann@shop.eu")
    page.get_by_role("heading", name="What do people allow?").wait_for()
    page.get_by_text("1 person gave analytics").wait_for()
    page.get_by_label("A purpose").fill("marketing")
    page.get_by_label("What people are shown").fill("We write to you.")
    page.get_by_role("button", name="Save the purpose").click()
    page.get_by_role("cell", name="marketing “We write to you.”").wait_for()
    page.get_by_label("A rule").fill("searches")
    page.get_by_label("Event (all").fill("search")
    page.get_by_label("Days").fill("90")
    page.get_by_role("button", name="Save the rule").click()
    page.get_by_role("cell", name="Events called search").wait_for()
    page.get_by_role("button", name="Erase what is due now").click()
    page.get_by_text("Nothing is due.").wait_for()
    page.get_by_role("button", name="Drop").click()
    page.get_by_text("there is no rule").wait_for()


def test_who_may_not_sees_no_consent(page, shop: Served) -> None:
    """A viewer is not led there."""
    page.goto(f"{shop.url}/trends")
    enter(page, "ben@shop.eu")
    page.get_by_role("link", name="Account").wait_for()
    assert page.get_by_role("link", name="Consent").count() == 0
