"""Systems for tests of sources: a database, an API over HTTP, and sources that somebody wrote."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TICKETS = [{"id": i, "by": {"mail": f"c{i % 3}"}, "opened": f"2026-03-{i + 1:02}T08:00:00Z",
            "topic": "refund" if i % 2 else "size"} for i in range(7)]  # fmt: skip
TOKEN = "sesame-open-1"


class Database:
    """A shop in SQLite: orders with a price, customers and products."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        self.run("""
            CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT, at TIMESTAMP,
                                price DECIMAL(10, 2), product INTEGER);
            CREATE TABLE customers(id TEXT PRIMARY KEY, plan TEXT, changed TIMESTAMP);
            CREATE TABLE products(id INTEGER PRIMARY KEY, category TEXT, seller TEXT);
            INSERT INTO products VALUES (1, 'phone', 'ann@example.org'), (2, 'case', NULL);
            INSERT INTO customers VALUES ('c1', 'free', '2026-03-01 00:00:00'),
                                         ('c2', 'pro', '2026-03-01 00:00:00');""")
        self.order(*range(1, 6))

    def run(self, sql: str) -> None:
        with closing(sqlite3.connect(self.path)) as file:
            file.executescript(sql)

    def order(self, *ids: int) -> None:
        """One order for each id, of three customers in turn."""
        rows = (f"({i}, 'c{i % 3}', '2026-03-{i:02} 10:00:00', {i}.5, {i % 2 + 1})" for i in ids)
        self.run(f"INSERT INTO orders VALUES {', '.join(rows)}")


def shop(url: str, **more: Any) -> dict[str, Any]:
    """The definition of a source of orders, customers and products."""
    return {
        "sql": {"url": url},
        "tables": {
            "orders": {"cursor": "id",
                       "events": {"name": "order", "user": "customer", "time": "at", "id": "id"}},
            "customers": {"profiles": {"user": "id", "time": "changed"}},
            "products": {"lookup": {}},
        },
        **more,
    }  # fmt: skip


class _Tickets(BaseHTTPRequestHandler):
    """Three tickets a page, for who has the token."""

    def do_GET(self) -> None:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.answer(401, {"error": f"bad token {self.headers['Authorization']}"})
            return
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        self.answer(200, {"pages": 3, "items": TICKETS[page * 3 - 3 : page * 3]})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def api() -> Iterator[str]:
    """The address of the tickets."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tickets)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def tickets(url: str) -> dict[str, Any]:
    """The definition of a source of them, as dlt configures a REST API."""
    paginator = {"type": "page_number", "base_page": 1, "total_path": "pages"}
    client = {"base_url": url, "paginator": paginator,
              "auth": {"type": "bearer", "token": "${TICKETS_TOKEN}"}}  # fmt: skip
    endpoint = {"path": "tickets", "data_selector": "items"}
    return {
        "rest": {"client": client, "resources": [{"name": "tickets", "endpoint": endpoint}]},
        "tables": {"tickets": {"events": {"event": "topic", "user": "by.mail", "time": "opened",
                                          "id": "id"}}},
    }  # fmt: skip


STREAM = """
import os
import signal

import dlt

@dlt.source
def stream(rows, deadly=None):
    @dlt.resource
    def ticks(since=dlt.sources.incremental("no", initial_value=-1)):
        for no in range(since.last_value + 1, rows):
            if no == 1_100 and deadly and os.path.exists(deadly):
                os.kill(os.getpid(), signal.SIGKILL)
            yield {"no": no, "who": f"u{no % 7}", "at": 1_772_366_400 + no}
    return ticks

def dying():
    os.kill(os.getpid(), signal.SIGKILL)

def wrong():
    raise OSError("no route to the moon")
"""
"""A module as somebody writes it: one that may die on the way, one that dies, one that fails."""


def stream(folder: Path, **arguments: Any) -> dict[str, Any]:
    """The definition of a source in Python."""
    (folder / "streams.py").write_text(STREAM)
    events = {"name": "tick", "user": "who", "time": "at"}
    python = {"function": "streams:stream", "folder": str(folder), "arguments": arguments}
    return {"python": python, "tables": {"ticks": {"key": ["no"], "events": events}}}
