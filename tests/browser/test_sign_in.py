"""People sign in on the site, see what they may, and sign out."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, served

from ethogram.protect.access import accounts, invitations
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


def test_a_role_of_ones_own_is_made_changed_and_dropped(page, shop: Served) -> None:
    """On the team's page: what it may, which events it sees, and how small a group."""
    page.goto(f"{shop.url}/team")
    enter(page, "ann@shop.eu")
    page.get_by_role("button", name="A role of your own").click()
    form = page.get_by_role("form", name="A role of your own")
    form.get_by_label("Name").fill("north")
    form.get_by_label("ask", exact=True).check()
    form.get_by_label("Only events").fill('{"property": "region", "op": "=", "value": "north"}')
    form.get_by_label("Hidden").fill("margin, cost")
    form.get_by_role("button", name="Save the role").click()
    name = page.get_by_role("cell", name="north", exact=True)
    row = page.get_by_role("row").filter(has=name)
    row.get_by_text("a part").wait_for()
    row.get_by_role("button", name="Change").click()
    form = page.get_by_role("form", name="The role north")
    assert form.get_by_label("Hidden").input_value() == "margin, cost"
    form.get_by_label("Smallest group").fill("25")
    form.get_by_role("button", name="Save the role").click()
    row.get_by_text("25").wait_for()
    row.get_by_role("button", name="Drop").click()
    row.wait_for(state="detached")


def test_who_is_in_several_projects_goes_on_in_another(page, shop: Served, tmp_path: Path) -> None:
    """The switch stands beside the name; nothing of the one project stays on the page."""
    file = tmp_path / "one.jsonl"
    file.write_text('{"event": "cart", "user_id": "1", "timestamp": "2026-03-01T00:00:00Z"}\n')
    shop.document("import", str(file), "--project", "second")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", shop.environment["XDG_CONFIG_HOME"])
        desk = assembly.desk(open_workspace(shop.folder, create=False))
        code = invitations.invite(desk, owner("second"), "ann@shop.eu", "viewer")
        desk.close()
    page.goto(f"{shop.url}/team")
    enter(page, "ann@shop.eu")
    page.get_by_role("heading", name="Who may look?").wait_for()
    assert page.get_by_label("Project").count() == 0
    page.goto("about:blank")
    page.goto(f"{shop.url}/invitation#{code}")
    page.get_by_role("button", name="Join").click()
    page.get_by_label("Project").wait_for()
    assert page.get_by_label("Project").input_value() == "second"
    assert page.get_by_role("link", name="Team").count() == 0
    with page.expect_response("**/api/session/project") as switched:
        page.get_by_label("Project").select_option("default")
    assert switched.value.ok, switched.value.text()
    page.get_by_role("link", name="Team").wait_for()


def test_why_the_provider_led_nowhere_is_said_on_the_page(shop: Served, chromium) -> None:
    """Not in JSON: somebody came back with a browser; what it says is the page's own words."""
    with served(oidc_issuer="http://127.0.0.1:1", oidc_client="c", oidc_secret="s") as server:
        server.ready()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
            desk = assembly.desk(open_workspace(server.folder, create=False))
            accounts.add(desk, owner("default"), "ann@shop.eu", "admin", PASSWORD)
            desk.close()
        context = chromium.new_context()
        page = context.new_page()
        page.goto(server.url)
        page.get_by_role("link", name="Sign in with").click()
        page.get_by_role("alert").get_by_text("does not answer").wait_for()
        page.goto(f"{server.url}/?refused=%3Cscript%3E")
        page.get_by_role("alert").get_by_text("Begin again").wait_for()
        context.close()


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
