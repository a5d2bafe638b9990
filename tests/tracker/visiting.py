"""A site that has the tracker's script, visited by a real Chromium.

    with visiting(server, at=proxy.url) as visit:
        page = visit.open("/shop", "<button>Buy</button>")
        page.click("button")
        (click,) = visit.wait("click")

The site is on another origin than the server, or than the proxy at ``at``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
from tests.contracts.arrived import Arrived, arrived
from tests.contracts.browsing import CHROMIUM, WORDS
from tests.serving import Served, eventually

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ethogram.collect.tracker import FILES


class _Site(BaseHTTPRequestHandler):
    server: "Site"

    def do_GET(self) -> None:
        found = self.server.pages.get(urlsplit(self.path).path)
        self.send_response(200 if found else 404)
        self.send_header("content-type", found[0] if found else "text/plain")
        self.end_headers()
        self.wfile.write(found[1] if found else b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


class Site(ThreadingHTTPServer):
    """Pages by path: a content type and bytes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Site)
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.url = f"http://localhost:{self.server_port}"


class Visit:
    """One person's browser on the site; ``events`` are those that came since it was opened."""

    def __init__(self, server: Served, site: Site, context: BrowserContext, at: str) -> None:
        self.server, self.site, self.context, self.at = server, site, context, at
        self.complaints: list[str] = []
        self._idle = context.new_page()
        self._before = len(arrived(server))

    def write(self, path: str, body: str = "", **attributes: str) -> None:
        """Put a page with the script on the site; ``data_x="y"`` is an attribute of it."""
        said = {"data_key": self.server.keys["write"], **attributes}
        words = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in said.items())
        html = (
            f"<!doctype html><html lang=en><title>{path}</title><link rel=icon href='data:,'>"
            f'<script defer src="{self.at}/t.js" {words}></script><body>{body}'
        )
        self.site.pages[path] = ("text/html; charset=utf-8", html.encode())

    def open(self, path: str, body: str = "", query: str = "", **attributes: str) -> Page:
        """A new tab on a page that is written anew."""
        self.write(path, body, **attributes)
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.site.url + path + query)
        return page

    def whole(self, page: Page) -> Page:
        """The page, once what the script fetches later is at work too."""
        page.evaluate("() => import(document.scripts[0].src + '?part=later')")
        return page

    def keeping(self, page: Page) -> Page:
        """The page, once what it tracks is kept in the browser."""
        page.wait_for_function("async () => (await indexedDB.databases()).length")
        return page

    @property
    def events(self) -> list[Arrived]:
        """All that came."""
        return arrived(self.server)[self._before :]

    def named(self, name: str) -> list[Arrived]:
        """The events of this name."""
        return [each for each in self.events if each.event == name]

    def wait(self, name: str, count: int = 1) -> list[Arrived]:
        """The same, once there are ``count``; the browser goes on meanwhile."""
        return self.until(lambda: found if len(found := self.named(name)) >= count else [])

    def until(self, found: Callable[[], list[Arrived]]) -> list[Arrived]:
        """What ``found`` gives, once it is something."""
        for _ in eventually("the events are in", 30):
            if events := found():
                return events
            self._idle.wait_for_timeout(50)
        raise AssertionError


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; skips where there is none, or no script to be run in it."""
    if not CHROMIUM.exists():
        pytest.skip(f"Chromium is not at {CHROMIUM}: apt-get install chromium")
    if not (FILES / "t.js").is_file():
        pytest.skip("the tracker is not built: make web")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=WORDS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@contextmanager
def visiting(
    server: Served, browser: Browser, *, at: str, script: str = "", **options: object
) -> Iterator[Visit]:
    """See the module; ``script`` runs before each page's own, ``options`` are the context's."""
    site = Site()
    Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    context = browser.new_context(viewport={"width": 1000, "height": 600}, **options)
    if script:
        context.add_init_script(script)
    visit = Visit(server, site, context, at)
    try:
        yield visit
        assert visit.complaints == []
    finally:
        context.close()
        site.shutdown()
        site.server_close()
