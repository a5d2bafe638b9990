"""The collector: plain ASGI over the doors of all projects.

It reads a request, lets its dialect make claims of it, has them committed, and lets the dialect
answer. It also gives the log to other systems (`feed`). Any other path goes to the application
behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from ethogram.collect import feed
from ethogram.collect.body import opened, too_large
from ethogram.collect.claims import imported, take_table
from ethogram.collect.gate import LOCAL_PROJECT, Gate, find
from ethogram.collect.protocols.dialect import Dialect, Reply, Request, bearer, refused
from ethogram.collect.protocols.native import Native
from ethogram.collect.protocols.segment import Segment
from ethogram.events.errors import EthogramError, Invalid

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

DIALECTS: Mapping[str, Dialect] = {"/v1/events": Native(), "/segment": Segment()}


FEED = "/v1/log"
CURSORS, CLAIMS = OWN = ("/cursors", "/claims")
"""For the workspace's own socket: any consumer's cursor, and imports' tables of claims."""
LARGEST_TABLE = 1 << 30


@dataclass(frozen=True)
class Heard:
    """A request before its body; ``local`` is the project that the owner's socket names."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: dict[str, str]
    local: str | None


@dataclass(frozen=True)
class Limits:
    """What one request may be: ``body`` in bytes after decompression, ``seconds`` to arrive."""

    body: int = 1 << 20
    seconds: float = 30.0


class Collector:
    """An ASGI application over the ``gates`` of a workspace's projects."""

    def __init__(self, gates: Mapping[str, Gate], behind: App, limits: Limits) -> None:
        self._gates = gates
        self._behind = behind
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at a door, or pass on."""
        route = _route(scope) if scope["type"] == "http" else None
        if route is None:
            await self._behind(scope, receive, send)
            return
        request = _heard(scope, route)
        if request.method == "OPTIONS":
            await send_reply(send, Reply(204, b""), request.headers)
            return
        try:
            if route == FEED and request.method == "GET" and _wants_stream(request):
                await self._stream(request, receive, send)
                return
            reply = await self._reply(route, request, receive)
        except EthogramError as error:
            reply = refused(error)
        await send_reply(send, reply, request.headers)

    async def _reply(self, route: str, heard: Heard, receive: Receive) -> Reply:
        if route == FEED and heard.method == "GET":
            return await feed.page(self._feed(heard), feed.asked(heard.query))
        if route == CLAIMS and heard.method == "GET":
            return await imported(self._feed(heard), heard.query)
        if heard.method != "POST":
            raise _NotPost(heard.method)
        body = await self._body(heard, receive)
        if route == FEED:
            return await feed.move(self._feed(heard), body, feed.CONSUMER)
        if route == CURSORS:
            return await feed.move(self._feed(heard), body, "")
        if route == CLAIMS:
            return await take_table(self._feed(heard), heard.query, body)
        dialect = DIALECTS[route]
        key, claims = dialect.read(Request(heard.path, heard.headers, heard.query, body))
        gate = find(self._gates, key, "write", local=heard.local)
        outcome = await gate.commits.take(claims, dialect.name, len(body))
        return dialect.answer(outcome)

    def _feed(self, heard: Heard) -> Gate:
        return find(self._gates, bearer(heard.headers), "read", local=heard.local)

    async def _stream(self, heard: Heard, receive: Receive, send: Send) -> None:
        gate, ask = self._feed(heard), feed.asked(heard.query)
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

        async def write() -> None:
            async for chunk in feed.stream(gate, ask):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})

        writing = asyncio.create_task(write())
        while (await receive())["type"] != "http.disconnect":
            pass
        writing.cancel()

    async def _body(self, heard: Heard, receive: Receive) -> bytes:
        most = LARGEST_TABLE if heard.local else self._limits.body
        if int(heard.headers.get("content-length") or 0) > most:
            raise too_large(most)
        chunks: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(self._limits.seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Invalid("body_cut_off", "The connection ended inside the body.")
                    chunk: bytes = message.get("body", b"")
                    chunks.append(chunk)
                    size, more = size + len(chunk), message.get("more_body", False)
                    if size > most:
                        raise too_large(most)
        except TimeoutError:
            raise _TooSlow(self._limits.seconds) from None
        return opened(b"".join(chunks), most)


class _NotPost(EthogramError):
    status = 405

    def __init__(self, method: str) -> None:
        super().__init__(
            "method_not_allowed", f"Events are sent with POST, not {method}.", hint="Use POST."
        )


class _TooSlow(EthogramError):
    status = 408

    def __init__(self, seconds: float) -> None:
        super().__init__("body_too_slow", f"The body did not arrive within {seconds:g} seconds.")


def _route(scope: Scope) -> str | None:
    own = OWN if _is_local(scope) else ()
    path: str = scope["path"]
    return next((r for r in (*DIALECTS, FEED, *own) if path == r or path.startswith(r + "/")), None)


def _is_local(scope: Scope) -> bool:
    """Whether the request came through the workspace's own socket, which has no address."""
    return scope.get("client") is None


def _heard(scope: Scope, route: str) -> Heard:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    local = headers.get(LOCAL_PROJECT, "default") if _is_local(scope) else None
    return Heard(scope["method"], scope["path"].removeprefix(route), headers, query, local)


def _wants_stream(heard: Heard) -> bool:
    return "text/event-stream" in heard.headers.get("accept", "")


def _cors(headers: Mapping[str, str]) -> dict[str, str]:
    """Browsers of any site may send; what they ask to send is allowed."""
    origin = headers.get("origin")
    if origin is None:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": headers.get(
            "access-control-request-headers", "authorization, content-type, content-encoding"
        ),
        "access-control-expose-headers": "ETag, Retry-After",
        "access-control-max-age": "86400",
        "vary": "Origin",
    }


async def send_reply(send: Send, reply: Reply, heard: Mapping[str, str]) -> None:
    """Send ``reply`` whole; ``heard`` are the request's headers."""
    headers = {
        "content-type": reply.content_type,
        "content-length": str(len(reply.body)),
        **reply.headers,
        **_cors(heard),
    }
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": reply.body})
