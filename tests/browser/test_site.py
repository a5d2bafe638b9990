"""The site's promises, kept in a real Chromium against a real server.

``site_url`` is the address that the server printed, key and all; ``send`` takes native events
and returns when they are visible to questions.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ethogram.run.demo.shop import STEPS

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
QUESTIONS = {
    "trends": "How much happens?",
    "funnel": "Which step loses people?",
    "retention": "Who comes back?",
    "ask": "What else do you want to know?",
}
PAGES = {
    "live": "What is happening now?",
    "plan": "Does what arrives fit the plan?",
    "people": "Who is there?",
    **QUESTIONS,
}
DRAWN = """() => { const canvas = document.querySelector(".picture canvas");
  if (!canvas) return false;
  const seen = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return seen.some((part, i) => i % 4 === 3 && part > 0); }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"Chromium is not at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield launched
        launched.close()


class Visit:
    """A signed-in page, and whatever it complained of."""

    def __init__(self, page: Page, site_url: str) -> None:
        self.page = page
        self.origin = site_url.partition("/?")[0]
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(site_url)

    def _hear(self, message: object) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def to(self, path: str) -> Page:
        self.page.goto(f"{self.origin}/{path}")
        return self.page


@pytest.fixture
def visit(browser: Browser, site_url: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield Visit(context.new_page(), site_url)
    context.close()


def ask(visit: Visit, path: str) -> dict:
    """Open ``path``, and return the answer that the page shows."""
    with visit.page.expect_response("**/api/ask") as asked:
        visit.to(path)
    expect(visit.page.locator(".headline")).not_to_be_empty()
    return asked.value.json()


@pytest.mark.parametrize(("path", "title"), QUESTIONS.items())
def test_each_page_asks_and_draws_a_real_answer(visit: Visit, path: str, title: str) -> None:
    """Headline, picture and a table appear for the answer that the server gave."""
    answer = ask(visit, path)
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(title)
    visit.page.wait_for_function(DRAWN)
    rows = visit.page.get_by_role("table").locator("tbody tr")
    length = {
        "funnel": lambda: len(answer["steps"]),
        "trends": lambda: len({at for series in answer["series"] for at, _ in series["points"]}),
        "retention": lambda: len(answer["cohorts"]) + 2,
        "ask": lambda: len(answer["intervals"]),
    }
    expect(rows).to_have_count(length[path]())


def test_the_funnels_table_holds_the_answers_numbers(visit: Visit) -> None:
    """What the API counted is what the person reads, in the browser's language."""
    answer = ask(visit, "funnel")
    rows = visit.page.get_by_role("table").locator("tbody tr")
    for i, step in enumerate(answer["steps"]):
        expect(rows.nth(i)).to_contain_text(f"{step['people']:,}")


def test_brackets_are_called_by_their_bounds_and_what_is_not_over_is_empty(visit: Visit) -> None:
    """The retention's table has both means, then the cohorts, with no number made up."""
    answer = ask(visit, "retention?period=day&brackets=[1,2,4]")
    table = visit.page.get_by_role("table")
    heads = ["Started", "People", "Day 0", "Day 1", "Days 2 to 3", "Days 4 to 7"]
    expect(table.locator("thead th")).to_have_text(heads)
    everybody, mean, *cohorts = table.locator("tbody tr").all()
    for row, name, rates in (
        (everybody, "Everybody", answer["pooled"]),
        (mean, "Mean of the cohorts", answer["mean"]),
    ):
        expect(row.locator("th")).to_have_text(name)
        expect(row.locator("td").last).to_have_text(f"{rates[-1]:.1%}")
    open_ones = [i for i, each in enumerate(answer["cohorts"]) if each["returned"][-1] is None]
    assert open_ones
    for i in open_ones:
        expect(cohorts[i].locator("td").last).to_have_text("")


def test_survival_stands_beside_retention_where_a_silence_is_said(visit: Visit) -> None:
    """The picture is the curve, and a second table has a row for each of its points."""
    answer = ask(visit, "retention?period=day&silent=3d")
    visit.page.wait_for_function(DRAWN)
    tables = visit.page.get_by_role("table")
    expect(tables).to_have_count(2)
    rows = tables.last.locator("tbody tr")
    expect(rows).to_have_count(len(answer["survival"]))
    expect(rows.nth(1)).to_contain_text(f"{answer['survival'][1]['active']:.1%}")
    expect(visit.page.get_by_text("The picture shows")).to_have_count(0)


def test_a_funnel_begins_with_the_path_that_people_take(visit: Visit) -> None:
    """Where the address names no steps, they are those of the shop, in its order."""
    answer = ask(visit, "funnel")
    assert [step["event"] for step in answer["steps"]] == list(STEPS)


def test_the_answer_follows_the_question(visit: Visit) -> None:
    """A changed form asks again by itself, and the address then says the same question."""
    ask(visit, "funnel")
    with visit.page.expect_response("**/api/ask") as asked:
        visit.page.get_by_label("All steps within").select_option("1d")
    assert asked.value.json()["definition"]["within"] == "1d"
    with visit.page.expect_response("**/api/ask") as again:
        visit.page.goto(visit.page.url)
    assert again.value.request.post_data_json == asked.value.request.post_data_json


def test_days_are_those_of_the_zone_that_the_form_names(visit: Visit) -> None:
    """A day asked for in Lisbon is 23 hours long where its clocks go forward."""
    with visit.page.expect_request("**/api/ask") as asked:
        visit.to("trends?from=2026-03-29&to=2026-03-29&timezone=Europe/Lisbon")
    spec = asked.value.post_data_json
    assert (spec["from"], spec["to"]) == ("2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z")
    assert spec["timezone"] == "Europe/Lisbon"


def test_a_funnel_is_built_by_keyboard_alone(visit: Visit) -> None:
    """Steps are chosen by typing, moved by Alt and an arrow, and pages found by Ctrl+K."""
    answer = ask(visit, "funnel")
    names = [step["event"] for step in answer["steps"]]
    keyboard, field = visit.page.keyboard, visit.page.get_by_label("Step 1", exact=True)
    for _ in range(40):
        if field.evaluate("field => field === document.activeElement"):
            break
        keyboard.press("Tab")
    expect(field).to_be_focused()
    with visit.page.expect_response("**/api/ask"):
        keyboard.press("Alt+ArrowDown")
    expect(visit.page.get_by_label("Step 2", exact=True)).to_be_focused()
    expect(visit.page.get_by_label("Step 2", exact=True)).to_have_value(names[0])
    expect(field).to_have_value(names[1])
    keyboard.press("Control+a")
    keyboard.type(names[-1])
    with visit.page.expect_response("**/api/ask") as asked:
        keyboard.press("Enter")
    assert [step["event"] for step in asked.value.json()["steps"]][1] == names[-1]
    keyboard.press("Control+k")
    keyboard.type("who comes")
    keyboard.press("Enter")
    expect(visit.page).to_have_url(re.compile("/retention"))
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(QUESTIONS["retention"])


def test_any_question_is_asked_from_its_schema(visit: Visit) -> None:
    """A question is chosen, a field filled in, and its numbers and people are shown."""
    ask(visit, "ask")
    visit.page.get_by_role("combobox", name="Question").select_option("funnel")
    expect(visit.page.get_by_text("Say steps.")).to_be_visible()
    with visit.page.expect_response("**/api/ask") as asked:
        visit.page.get_by_label("steps (needed)").fill(json.dumps([STEPS[0], STEPS[1]]))
    steps = asked.value.json()["steps"]
    rows = visit.page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text(f"{steps[1]['people']:,}")
    visit.page.get_by_text("The people behind a number").click()
    visit.page.get_by_label("Which number").fill('{"step": 2}')
    visit.page.get_by_role("button", name="List").click()
    expect(visit.page.get_by_text(f"{steps[1]['people']:,} people:")).to_be_visible()


def test_a_question_of_which_the_server_says_what_is_wrong(visit: Visit) -> None:
    """A name that does not exist is answered with the nearest that does, and where it stands."""
    visit.to('ask?question=stickiness&fields={"event":"catalgo"}')
    note = visit.page.get_by_role("alert")
    expect(note).to_contain_text("catalog")
    expect(note).to_contain_text("$.event")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_in_the_page(visit: Visit, path: str, scheme: str) -> None:
    """Labels, roles, names and contrast hold in both themes (WCAG 2.2 AA, as axe checks it)."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in web/")
    visit.page.emulate_media(color_scheme=scheme)
    if path in QUESTIONS:
        ask(visit, path)
    else:
        visit.to(path)
        settled(visit, path)
    visit.page.evaluate(AXE.read_text())
    found = visit.page.evaluate("axe.run().then(({violations}) => violations)")
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == []


def settled(visit: Visit, path: str) -> None:
    """A page that asks no question shows what it has to show."""
    if path == "plan":
        expect(visit.page.locator(".planned-event").first).to_be_visible()
    elif path == "people":
        expect(visit.page.get_by_text("No profile holds anything yet.")).to_be_visible()
    else:
        expect(visit.page.get_by_role("status").first).to_have_text("Listening.")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_complains_or_breaks_the_policy(visit: Visit, path: str) -> None:
    """Nothing in the console, and scripts and styles come from the server alone."""
    with visit.page.expect_response(f"**/{path}") as opened:
        visit.to(path)
    policy = opened.value.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    if path in QUESTIONS:
        visit.page.wait_for_function(DRAWN)
    assert visit.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_a_phone(visit: Visit, path: str) -> None:
    """At 390 pixels, and so also at 200 % zoom of 780, nothing is wider than the page."""
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.to(path)
    if path in QUESTIONS:
        visit.page.wait_for_function(DRAWN)
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_plans_columns_fit_a_phone(visit: Visit) -> None:
    """At 390 pixels no column of an opened event's properties is cut off."""
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.to("plan")
    visit.page.wait_for_selector(".properties", state="attached")
    cut = """() => {
        for (const each of document.querySelectorAll("details")) each.open = true;
        return [...document.querySelectorAll(".properties")]
            .filter((each) => each.scrollWidth > each.clientWidth).length;
    }"""
    assert visit.page.evaluate(cut) == 0


def test_hostile_names_are_only_text(visit: Visit, send: Callable[[list[dict]], None]) -> None:
    """An event named like a script is listed, drawn, pointed at and counted, and never run."""
    visit.to("live")
    expect(visit.page.get_by_role("status").first).to_have_text("Listening.")
    properties = {HOSTILE: HOSTILE}
    send([{"event": HOSTILE, "user_id": "1", "properties": properties} for _ in range(2)])
    expect(visit.page.locator(".arrival strong", has_text="<img").first).to_be_visible()
    steps = json.dumps([{"event": HOSTILE}, {"event": HOSTILE}])
    ask(visit, f"funnel?steps={steps}")
    expect(visit.page.get_by_role("table")).to_contain_text(HOSTILE)
    visit.page.wait_for_function(DRAWN)
    box = visit.page.locator(".picture").bounding_box()
    for part in range(1, 10):
        visit.page.mouse.move(box["x"] + box["width"] * part / 10, box["y"] + box["height"] / 2)
    visit.page.get_by_label("Step 1", exact=True).click()
    assert visit.page.evaluate("window.hacked") is None
    assert visit.complaints == []


def test_an_error_says_what_the_api_says(visit: Visit) -> None:
    """Message, hint and code of a question that cannot be answered are shown, and a way on."""
    refused = {"code": "c", "message": "Too many.", "hint": "Ask for fewer.", "at": "$.steps"}
    visit.page.route("**/api/ask", lambda route: route.fulfill(status=400, json={"error": refused}))
    alert = visit.to("funnel").get_by_role("alert")
    for text in refused.values():
        expect(alert).to_contain_text(text)
    expect(alert.get_by_role("button", name="Ask again")).to_be_visible()


def test_a_long_question_can_be_cancelled(visit: Visit) -> None:
    """Work that takes long is shown, and Cancel ends the request."""
    gone: list[str] = []
    visit.page.on("requestfailed", lambda request: gone.append(request.url))
    visit.page.route("**/api/ask", lambda route: None)
    visit.to("funnel").get_by_role("button", name="Cancel").click()
    expect(visit.page.get_by_text("Cancelled.")).to_be_visible()
    assert [url for url in gone if url.endswith("/api/ask")]


def test_a_picture_says_what_it_leaves_out(visit: Visit) -> None:
    """Of more series than colours the largest are drawn, which is said; the table has all."""
    answer = ask(visit, 'trends?by=["product"]')
    assert len(answer["series"]) > 8
    said = f"The picture shows the largest 8 of {len(answer['series'])}; the table has them all."
    expect(visit.page.get_by_text(said)).to_be_visible()
    columns = visit.page.get_by_role("table").locator("thead th")
    expect(columns).to_have_count(len(answer["series"]) + 1)


def test_every_measure_and_interval_can_be_asked_for(visit: Visit) -> None:
    """What an address says is asked as it is said, and the form shows the same."""
    series = [{"event": "product", "measure": "distinct", "property": "product"}]
    with visit.page.expect_request("**/api/ask") as asked:
        visit.to(f"trends?interval=all&series={json.dumps(series)}")
    assert asked.value.post_data_json["series"] == series
    assert asked.value.post_data_json["interval"] == "all"
    expect(visit.page.get_by_label("Measure")).to_have_value("distinct")
    expect(visit.page.get_by_role("table").locator("tbody tr")).to_have_count(1)


def test_totals_are_compared_with_the_time_before(visit: Visit) -> None:
    """Picture and table have the earlier number, and by how much it has changed."""
    answer = ask(visit, "trends?interval=all&last=7&compare=previous")
    (series,) = answer["series"]
    (now,), (before,) = ([value for _, value in series[part]] for part in ("points", "compared"))
    visit.page.wait_for_function(DRAWN)
    expect(visit.page.get_by_label("Compared with")).to_have_value("previous")
    cells = visit.page.get_by_role("table").locator("tbody td")
    change = f"{now / before - 1:+.1%}".replace(".0%", "%")
    expect(cells).to_have_text([f"{now:,}", f"{before:,}", change])
    expect(visit.page.locator(".headline")).to_contain_text("in the time before.")


def test_an_address_that_leads_nowhere_says_so(visit: Visit) -> None:
    """The page has a heading and a title of its own, and a way on."""
    page = visit.to("nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no page here.")
    expect(page).to_have_title(re.compile("No such page"))
    page.get_by_role("link", name="See what is happening now").click()
    expect(page).to_have_url(re.compile("/live"))


def test_a_stranger_is_told_where_the_key_is(browser: Browser, site_url: str) -> None:
    """Without the cookie every page says to open the address that the server printed."""
    page = browser.new_page()
    page.goto(site_url.partition("/?")[0] + "/funnel")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Open the address that the server printed."
    )
    page.close()


def test_a_click_in_the_simulated_shop_arrives(visit: Visit) -> None:
    """The Live page leads to the shop; who chooses a product there is seen here at once."""
    visit.to("live")
    expect(visit.page.get_by_role("status").first).to_have_text("Listening.")
    with visit.page.expect_popup() as opened:
        visit.page.get_by_role("link", name="the simulated shop").click()
    opened.value.get_by_role("link", name="Glass teapot").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Glass teapot")
    expect(visit.page.locator(".arrival", has_text="teapot-glass")).to_be_visible()
    assert visit.complaints == []
