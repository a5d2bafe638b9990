"""The floor of ingestion: decode a list of events, one row each into SQLite, then answer.

Requests that arrive while others are being written share the next transaction (WAL,
synchronous=FULL). No ids, no sealing, no deduplication, no chain.

    python -m benchmarks.served.bare PORT FOLDER
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec
import uvicorn

from ethogram.events.event import Event

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

GATHER = 0.002
"""Seconds in which requests gather for one transaction."""


class Appender:
    """Groups the requests of `GATHER` seconds into one durable transaction."""

    def __init__(self, path: Path) -> None:
        self.connection = apsw.Connection(str(path))
        self.connection.pragma("journal_mode", "wal")
        self.connection.pragma("synchronous", "full")
        self.connection.execute("CREATE TABLE events (position INTEGER PRIMARY KEY, body BLOB)")
        self.rows: list[tuple[bytes]] = []
        self.durable: asyncio.Future[None] | None = None

    async def append(self, events: list[Event]) -> None:
        """Return once all of ``events`` are on disk."""
        encode = msgspec.json.encode
        self.rows += [(encode(event),) for event in events]
        if self.durable is None:
            loop = asyncio.get_running_loop()
            self.durable = loop.create_future()
            loop.call_later(GATHER, self._commit)
        await self.durable

    def _commit(self) -> None:
        rows, durable = self.rows, self.durable
        self.rows, self.durable = [], None
        with self.connection:
            self.connection.executemany("INSERT INTO events (body) VALUES (?)", rows)
        if durable is not None:
            durable.set_result(None)


def application(appender: Appender) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI application that takes a JSON array of events at any path."""
    decode = msgspec.json.Decoder(list[Event]).decode

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message.get("more_body", False)
        events = decode(body) if body else []
        if events:
            await appender.append(events)
        answer = b'{"accepted":%d,"duplicates":0,"rejected":[]}' % len(events)
        headers = [(b"content-type", b"application/json"),
                   (b"content-length", b"%d" % len(answer))]  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return handle


def main() -> None:
    """Serve on 127.0.0.1 until ended."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    app = application(Appender(folder / "bare.sqlite"))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False,
                lifespan="off")  # fmt: skip


if __name__ == "__main__":
    main()
