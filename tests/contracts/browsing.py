"""A page in a real Chromium that has a vendor's browser client, on another origin than the server.

with browsing('import posthog from "posthog-js"; window.posthog = posthog') as page:
    page.evaluate("() => posthog.init(…)")
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
CLIENTS = Path(__file__).parent / "clients"
WORDS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Shop</title><h1>Shop</h1>")

    def log_message(self, format: str, *args: object) -> None:
        pass


@cache
def bundled(entry: str) -> str:
    """The script that ``entry`` becomes with all that it imports."""
    esbuild = CLIENTS / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists():
        pytest.skip("npm ci in tests/contracts/clients")
    words = [esbuild, "--bundle", "--format=iife", "--log-level=error"]
    return subprocess.run(
        words, input=entry, cwd=CLIENTS, capture_output=True, text=True, check=True
    ).stdout


@contextmanager
def browsing(entry: str) -> Iterator[Page]:
    """A page on which ``entry`` was run; see the module."""
    if not CHROMIUM.exists():
        pytest.skip(f"Chromium is not at {CHROMIUM}: apt-get install chromium")
    script = bundled(entry)
    site = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=WORDS)
            page = browser.new_page()
            page.goto(f"http://localhost:{site.server_port}/shop")
            page.add_script_tag(content=script)
            yield page
            browser.close()
    finally:
        site.shutdown()
        site.server_close()
