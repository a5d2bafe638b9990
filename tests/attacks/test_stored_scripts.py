"""Scripts stored by events: GitLab 486220 (`javascript:` in top pages), posthog-js
GHSA-8775-5hwv-wr6v. What an event says is text on every page, and the pages' policy lets nothing
else be run, framed or sent.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serving import Served

from ethogram.show.api.guard import HEADERS, POLICY
from ethogram.show.charts.draw import SITE

ROUTES = (Path(__file__).parents[2] / "web/src/routes.tsx").read_text()
PAGES = sorted(set(re.findall(r'path: "(/[^"]*)"', ROUTES)) - {"/"})
DRAWN = {"/trends", "/retention", "/ask"}
HOSTILE = (
    '<img src=x onerror="hacked(1)"><script>hacked(1)</script>',
    "javascript:hacked(1)",
    "\"'><svg onload=hacked(1)>{{constructor.constructor('hacked(1)')()}}",
)
WATCH = """() => { window.hacked = () => { window.wasHacked = true; };
  window.violations = [];
  document.addEventListener("securitypolicyviolation",
    ({ violatedDirective, blockedURI, sample }) =>
      window.violations.push([violatedDirective, blockedURI, sample].join(" "))); }"""

needs_site = pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the site is not built")


@pytest.fixture(scope="module")
def stained(shop: Served, settled: Callable[[], None]) -> Served:
    """The shop, into every field of whose events somebody has written scripts."""
    events = [
        {"event": said, "user_id": said, "session_id": said, "device_id": said,
         "properties": {said: said, "$current_url": said, "url": said, "title": said},
         "context": {"page": {"url": said, "title": said}, "userAgent": said}}
        for said in HOSTILE
    ]  # fmt: skip
    refused = [{"event": said, "user_id": "1", "timestamp": said} for said in HOSTILE]
    sent = httpx.post(f"{shop.url}/v1/events", json=events + refused, headers=shop.writing)
    assert sent.json()["accepted"] == len(HOSTILE)
    settled()
    return shop


@pytest.fixture
def page(context: Any, stained: Served, password: str) -> Any:
    """A page on which Ann is signed in, and which says what broke its policy."""
    context.add_init_script(f"({WATCH})()")
    body = {"email": "ann@shop.eu", "password": password}
    signed = context.request.post(f"{stained.url}/api/session", data=body)
    assert signed.ok, signed.text()
    return context.new_page()


@needs_site
@pytest.mark.parametrize("path", PAGES)
def test_what_events_say_is_text_on_every_page(page: Any, stained: Served, path: str) -> None:
    """No dialog, no script of theirs, no link to one, nothing that breaks the policy."""
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(stained.url + path, wait_until="load")
    page.get_by_role("heading", level=1).first.wait_for()
    if path in DRAWN:
        page.wait_for_selector(".picture canvas")
    assert page.evaluate("window.violations") == []
    assert (dialogs, page.evaluate("window.wasHacked")) == ([], None)
    links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
    assert all(each.startswith("http") for each in links)


@needs_site
def test_the_policy_stops_what_a_page_would_let_through(page: Any, stained: Served) -> None:
    """Were text taken for HTML, a handler or a script: each is stopped and told."""
    page.goto(stained.url + "/live")
    for tried in (
        "document.body.innerHTML = '<img src=x onerror=hacked(1)>'",
        "document.body.setAttribute('onclick', 'hacked(1)')",
        "(s => { s.textContent = 'hacked(1)'; document.body.append(s) })"
        "(document.createElement('script'))",
    ):
        page.evaluate(f"() => {{ try {{ {tried} }} catch {{}} }}")
    assert page.evaluate("window.wasHacked") is None
    told = " ".join(page.evaluate("window.violations"))
    assert "require-trusted-types-for" in told


def test_every_answer_carries_the_whole_policy(shop: Served) -> None:
    """Pages, files, answers, refusals: nothing inline, nothing framed, nothing guessed."""
    assert {"default-src 'none'", "base-uri 'none'", "form-action 'self'",
            "frame-ancestors 'none'"} <= set(POLICY)  # fmt: skip
    assert not re.search(r"unsafe|\*|http", " ".join(POLICY))
    for path in ("/", "/team", "/api/session", "/api/status", "/nothing.js", "/healthz"):
        headers = httpx.get(shop.url + path, headers={"accept": "text/html"}).headers
        for name, said in HEADERS.items():
            if name != "Cache-Control":
                assert headers[name] == said, (path, name)


def test_an_answer_is_kept_by_no_cache(shop: Served, ann: httpx.Client) -> None:
    """What the API told somebody is told to nobody else from a browser's or a proxy's store."""
    for path in ("/api/session", "/api/accounts", "/api/vocabulary"):
        assert ann.get(path).headers["cache-control"] == "no-store", path
