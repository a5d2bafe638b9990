"""People are found on the site, looked at, and parted."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, eventually, served

from ethogram.protect.access import accounts
from ethogram.protect.access.caller import owner
from ethogram.run import assembly
from ethogram.run.opening import open_
from ethogram.run.workspace import open_workspace
from ethogram.show.charts.draw import SITE

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "correct horse battery"
DAY = "2026-03-{:02}T12:00:00Z"
SIGNED_UP = {"op": "set", "values": {"plan": "free", "email": "zoe@shop.eu"}}
STORY = [
    {"event": "signed_up", "user_id": "zoe", "timestamp": DAY.format(1),
     "profile_ops": [SIGNED_UP]},
    {"event": "catalog", "anonymous_id": "web", "timestamp": DAY.format(2)},
    {"event": "signed_in", "kind": "identify", "user_id": "zoe", "anonymous_id": "web",
     "timestamp": DAY.format(3)},
    {"event": "upgraded", "user_id": "zoe", "timestamp": DAY.format(4),
     "profile_ops": [{"op": "set", "values": {"plan": "pro"}}]},
]  # fmt: skip

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
    pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the site is not built"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Served]:
    """A served workspace in which Ann may do everything, Ben see people, and Zoe did a little."""
    with served() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
        desk = assembly.desk(open_workspace(server.folder, create=False))
        for email, role in (("ann@shop.eu", "admin"), ("ben@shop.eu", "analyst")):
            accounts.add(desk, owner("default"), email, role, PASSWORD)
        desk.close()
        server.ready()
        httpx.post(f"{server.url}/v1/events", json=STORY, headers=server.writing)
        with open_(server.folder) as opened:
            for _ in eventually("the events are visible"):
                if opened.profile("user:zoe").total == len(STORY):
                    break
        yield server


@pytest.fixture
def page() -> Iterator:
    """A page of a browser that nobody was signed in on."""
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made.new_context().new_page()
        made.close()


def sign_in(page, shop: Served, path: str, email: str) -> None:
    """Open ``path`` as somebody."""
    page.goto(f"{shop.url}/{path}")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_is_found_by_what_their_profile_holds(page, shop: Served) -> None:
    """From the list to the page: the profile with its history, and what they did."""
    sign_in(page, shop, "people?property=plan&value=pro", "ben@shop.eu")
    page.get_by_text("1 person with plan pro.").wait_for()
    page.get_by_role("main").get_by_role("listitem").get_by_role("link").click()
    page.get_by_text("4 events, the last on").wait_for()
    row = page.get_by_role("row", name="plan pro")
    row.get_by_text("2 changes").click()
    row.get_by_text("set free").wait_for()
    done = page.get_by_role("region", name="What they did").locator("tbody tr")
    assert [each.split("\t")[1] for each in done.all_inner_texts()] == [
        "upgraded", "signed_in", "catalog", "signed_up"
    ]  # fmt: skip
    assert page.get_by_role("button", name="Open sealed values").count() == 0
    assert page.get_by_role("button", name="Unmerge").count() == 0
    assert page.get_by_text("zoe@shop.eu").count() == 0


def test_who_may_opens_what_is_sealed_and_it_is_written_down(page, shop: Served) -> None:
    """By a client's id to the person; the value appears when asked for, and so does the line."""
    sign_in(page, shop, "people", "ann@shop.eu")
    page.get_by_label("Id", exact=True).fill("user:zoe")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Open sealed values").click()
    page.get_by_role("cell", name="zoe@shop.eu").wait_for()
    page.get_by_text("user:zoe").first.wait_for()
    page.get_by_role("link", name="Team").click()
    page.get_by_text("POST /api/person/profile").first.wait_for()


def find(page, shop: Served, said: str) -> str:
    """The address of the page of who has an id."""
    page.goto(f"{shop.url}/people")
    page.get_by_label("Id", exact=True).fill(said)
    page.get_by_role("button", name="Show").click()
    page.get_by_text("4 events, the last on").wait_for()
    return page.url


def test_what_was_merged_is_parted_by_a_button(page, shop: Served) -> None:
    """Each page goes on with who was looked for: the visitor's event is not the user's any more."""
    sign_in(page, shop, "people", "ann@shop.eu")
    page.get_by_role("heading", name="Who is there?").wait_for()
    visitors, users = find(page, shop, "anonymous:web"), find(page, shop, "zoe")
    page.get_by_role("button", name="Unmerge").click()
    page.get_by_text("3 events, the last on").wait_for()
    for address, said in ((users, "3 events"), (visitors, "1 event")):
        page.goto(address)
        page.get_by_text(f"{said}, the last on").wait_for()


def test_two_ids_are_made_one_and_parted_again(page, shop: Served) -> None:
    """On the page of merges, which lists what somebody did by hand."""
    for name in ("kim", "kim-again"):
        event = {"event": "catalog", "user_id": name}
        httpx.post(f"{shop.url}/v1/events", json=[event], headers=shop.writing).raise_for_status()
    sign_in(page, shop, "people", "ann@shop.eu")
    page.get_by_role("link", name="made one").click()
    page.get_by_label("One id").fill("user:kim")
    page.get_by_label("And another").fill("user:kim-again")
    page.get_by_role("button", name="Make them one").click()
    row = page.get_by_role("row").filter(has_text="joined by somebody here")
    row.get_by_role("cell", name="counts").wait_for()
    row.get_by_role("button", name="Unmerge").click()
    row.get_by_role("cell", name="parted").wait_for()
