"""Requests within requests: two processes read each request one after the other, and must agree
where it ends and from where it came.
"""

import json
import re
import socket
from pathlib import Path

import httpx
import pytest
from tests.serving import Served

INNER = b"DELETE /api/session HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"0\r\n\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def answered(shop: Served, sent: bytes) -> list[bytes]:
    """The statuses of all that comes back for ``sent`` and a last request behind it."""
    with socket.create_connection(("127.0.0.1", shop.port), timeout=20) as connection:
        connection.sendall(sent + LAST)
        back = b""
        while chunk := connection.recv(1 << 16):
            back += chunk
    return re.findall(rb"HTTP/1\.1 (\d{3})", back)


def request(*headers: bytes, body: bytes = b"", path: bytes = b"/api/session") -> bytes:
    """A POST as its bytes."""
    return b"\r\n".join([b"POST " + path + b" HTTP/1.1", b"Host: localhost", *headers, b"", body])


@pytest.mark.parametrize(
    "headers",
    [
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 500"),
        (b"Content-Length: 5", b"Content-Length: 6"),
        (b"Content-Length: 5", b"Transfer-Encoding: xchunked"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
        (b"Transfer-Encoding : chunked", b"Content-Length: 5"),
        (b"Content-Length: +5",),
        (b"Content-Length: 5, 6",),
        (b"Content-Length: 0x5",),
    ],
)
@pytest.mark.parametrize("path", [b"/api/session", b"/v1/events"])
def test_a_body_has_one_length_or_none_is_read(
    shop: Served, headers: tuple[bytes, ...], path: bytes
) -> None:
    """Two lengths, or one that is odd: refused, and what stands behind it is no request."""
    for body in (CHUNKED + INNER, b"x" * 5 + INNER):
        assert answered(shop, request(*headers, body=body, path=path)) == [b"400"]


def test_the_process_behind_hears_one_request_for_one(shop: Served) -> None:
    """A chunked body with a request in it is a body there too, and the next request the next."""
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(INNER), INNER)
    sent = request(b"Transfer-Encoding: chunked", body=body)
    assert answered(shop, sent) == [b"400", b"200"]


@pytest.mark.parametrize("path", ["//evil.test/api/session", "/\\evil.test", "/api/../api/status",
                                  "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fguard.py",
                                  "/api/session%0d%0aX-Evil:%201", "/api/%00"])  # fmt: skip
def test_an_odd_path_is_a_path_of_ours(shop: Served, path: str) -> None:
    """It leads to no other server, to no file outside the site, and adds no header."""
    with socket.create_connection(("127.0.0.1", shop.port), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                           .encode())  # fmt: skip
        back = b""
        while chunk := connection.recv(1 << 16):
            back += chunk
    head = back.partition(b"\r\n\r\n")[0].lower()
    assert b"x-evil" not in head and b"root:" not in back and b"class Guard" not in back
    assert b"location: http" not in head and b"location: //" not in head
    assert head.split(b" ")[1] in (b"200", b"303", b"307", b"400", b"401", b"404")


@pytest.mark.parametrize("name", ["x-ethogram-address", "X-Ethogram-Address", "x_ethogram_address",
                                  "x-forwarded-for", "forwarded", "x-real-ip"])  # fmt: skip
def test_nobody_says_where_they_come_from(shop: Served, ann: httpx.Client, name: str) -> None:
    """The audit has the address that the first process saw, also where headers are named away."""
    spoofed = {name: "203.0.113.9", "connection": f"keep-alive, {name}"}
    assert ann.post("/api/tokens", json={"name": "t", "permissions": ["ask"]},
                    headers=spoofed).is_success  # fmt: skip
    last = ann.get("/api/audit", params={"limit": 1}).json()[0]["line"]
    assert (last["did"], last["address"]) == ("token added", "127.0.0.0/24")


def test_the_owners_sockets_are_the_owners(shop: Served) -> None:
    """They stand in a folder that nobody else can enter: by which one somebody comes says who."""
    here = json.loads((shop.folder / "serve.json").read_text())
    for name in ("socket", "asker", "owner"):
        folder = here[name].rpartition("/")[0]
        assert oct(Path(folder).stat().st_mode & 0o777) == "0o700"
