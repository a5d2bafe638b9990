"""Requests by our server to where others say (SSRF): PostHog CVE-2024-9710, CVE-2025-1521,
CVE-2025-1522, where a test was checked and a save was not. The one address that somebody else
names is a provider's; sources are named by the machine's owner alone.
"""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from ethogram.events.errors import Refused
from ethogram.protect.access import fetching
from ethogram.protect.access.fetching import fetched, is_inside

INSIDE = ("https://127.0.0.1/", "https://localhost/", "https://2130706433/", "https://0x7f000001/",
          "https://0177.0.0.1/", "https://127.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
          "https://[::ffff:10.0.0.1]/", "https://10.0.0.1/", "https://192.168.1.1/",
          "https://172.16.0.1/", "https://169.254.169.254/latest/", "https://[fe80::1]/",
          "https://[fd00::1]/", "https://0.0.0.0/", "https://[::]/", "https://100.64.0.1/",
          "https://[2002:7f00:1::]/", "https://224.0.0.1/")  # fmt: skip


@pytest.fixture
def heard() -> Iterator[tuple[int, list[str]]]:
    """A server inside: its port, and what it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(f"{self.headers['host']} {self.path}")
            self.send_response(302 if self.path == "/away" else 200)
            self.send_header("location", "/secret")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, paths
    server.shutdown()


@pytest.mark.parametrize("url", INSIDE)
def test_no_spelling_of_an_address_inside_is_reached(url: str) -> None:
    """Decimal, octal, short, mapped, of a link, of a cloud's own machine: none is the internet."""
    with pytest.raises((Refused, httpx.TransportError)):
        fetched("GET", url, inside=False)


@pytest.mark.parametrize("url", ["http://1.1.1.1/", "file:///etc/passwd", "gopher://1.1.1.1/",
                                 "ftp://1.1.1.1/"])  # fmt: skip
def test_the_internet_is_reached_by_https_alone(url: str) -> None:
    """Neither in the open nor by another scheme."""
    with pytest.raises((Refused, httpx.UnsupportedProtocol)):
        fetched("GET", url, inside=False)


def test_a_name_is_resolved_once(
    heard: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: what the name means the second time is nobody's business, nor is it asked."""
    port, paths = heard
    asked: list[Any] = []

    def rebinding(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    sent: list[httpx.Request] = []
    monkeypatch.setattr(fetching.socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(
        httpx.HTTPTransport, "handle_request",
        lambda _, request: sent.append(request) or httpx.Response(200),
    )  # fmt: skip
    fetched("GET", f"https://rebinding.test:{port}/", inside=False)
    assert (asked, sent[0].url.host) == (["rebinding.test"], "93.184.216.34")
    assert sent[0].extensions["sni_hostname"] == "rebinding.test"
    assert paths == []
    with pytest.raises(Refused):
        fetched("GET", f"https://rebinding.test:{port}/", inside=False)


def test_a_redirect_leads_nowhere(heard: tuple[int, list[str]]) -> None:
    """A provider in a network of one's own is reached, and what it sends on to is not."""
    port, paths = heard
    url = f"http://localhost:{port}/away"
    assert is_inside(url)
    assert fetched("GET", url, inside=True).status_code == 302
    assert paths == [f"localhost:{port} /away"]
