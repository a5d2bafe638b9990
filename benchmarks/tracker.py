"""The main thread's milliseconds an event that the browser tracker takes, in Chromium.

    python -m benchmarks.tracker --keep tracker

What Chromium's profiler sees under the tracker's own frames, natives that they call included,
by the events that arrived: of clicks with a mouse, of calls to ``track``, of a page's scrolling.
Nothing is slowed down; each is done in several rounds, after one that warms it.
"""

import argparse
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from threading import Thread
from typing import Any

import msgspec
from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.measure import machine
from benchmarks.report import Run, keep, markdown
from ethogram.collect.tracker import FILES, PARTS

EVENTS, ROUNDS = 100, 7
SAMPLE = 50
"""Microseconds between two samples."""
PAGE = (
    b"""<!doctype html><title>Shop</title><script defer src=/t.js data-key=k></script>
<body style="height:20000px">"""
    + b"<div class=card><button>Buy</button></div>" * 500
)
OWN = ("/t.js",)


class Figure(msgspec.Struct):
    """Milliseconds an event, the median of the rounds and the worst of them."""

    what: str
    middle: float
    worst: float


class _Site(BaseHTTPRequestHandler):
    arrived = 0

    def do_GET(self) -> None:
        """The page, or a part of the tracker."""
        path, _, part = self.path.partition("?part=")
        script = path == "/t.js"
        body = (FILES / PARTS[part]).read_bytes() if script else PAGE
        self._say(body, "text/javascript" if script else "text/html")

    def do_POST(self) -> None:
        """Take events, and count them."""
        body = self.rfile.read(int(self.headers["content-length"]))
        _Site.arrived += body.count(b"\n") + 1
        self._say(b"{}", "application/json")

    def _say(self, body: bytes, type_: str) -> None:
        self.send_response(200)
        self.send_header("content-type", type_)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def clicks(page: Page) -> None:
    """Clicks far enough apart to be no rage."""
    for i in range(EVENTS):
        page.mouse.click(20, 20 + (i * 97) % 500)


def calls(page: Page) -> None:
    """Calls of an application, each in a task of its own."""
    page.evaluate("""async (events) => { for (let i = 0; i < events; i++) {
        ethogram.track("seen", {i, name: "shoe", price: 12.5});
        await new Promise((go) => setTimeout(go)); } }""", EVENTS)  # fmt: skip


def scrolls(page: Page) -> None:
    """A wheel that turns; it becomes events only when the page is left."""
    for _ in range(EVENTS):
        page.mouse.wheel(0, 50)


def figure(page: Page, profiler: CDPSession, work: Callable[[Page], None]) -> Figure:
    """What ``work`` costs by the events that it is."""
    taken = [_round(page, profiler, work) for _ in range(ROUNDS + 1)][1:]
    return Figure(work.__name__, median(taken), max(taken))


def _round(page: Page, profiler: CDPSession, work: Callable[[Page], None]) -> float:
    profiler.send("Profiler.start")
    work(page)
    page.evaluate("() => ethogram.flush()")
    page.wait_for_timeout(500)
    return _own(profiler.send("Profiler.stop")["profile"]) / EVENTS


def _own(profile: dict[str, Any]) -> float:
    """Milliseconds under frames of the tracker."""
    nodes = {node["id"]: node for node in profile["nodes"]}
    ours: set[int] = set()

    def mark(id_: int, inside: bool) -> None:
        inside = inside or any(own in nodes[id_]["callFrame"]["url"] for own in OWN)
        if inside:
            ours.add(id_)
        for child in nodes[id_].get("children", ()):
            mark(child, inside)

    mark(profile["nodes"][0]["id"], False)
    spent = zip(profile["samples"], profile["timeDeltas"], strict=True)
    return sum(micros for node, micros in spent if node in ours) / 1000


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    site = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    Thread(target=site.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        words = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=words)
        page = browser.new_page()
        page.goto(f"http://localhost:{site.server_port}/")
        profiler = page.context.new_cdp_session(page)
        profiler.send("Profiler.enable")
        profiler.send("Profiler.setSamplingInterval", {"interval": SAMPLE})
        found = [figure(page, profiler, work) for work in (clicks, calls, scrolls)]
        version = browser.version
        browser.close()
    assert _Site.arrived >= 2 * EVENTS * (ROUNDS + 1), _Site.arrived
    rows = [[each.what, f"{each.middle:.3f}", f"{each.worst:.3f}"] for each in found]
    shown = markdown(["what", "ms an event, median", "worst round"], rows)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        parameters = {"events": EVENTS, "rounds": ROUNDS, "sample_us": SAMPLE}
        command, versions = "python -m benchmarks.tracker", {"chromium": version}
        keep(arguments.keep, Run(command, machine(), versions, parameters, list(found)), shown)


if __name__ == "__main__":
    main()
