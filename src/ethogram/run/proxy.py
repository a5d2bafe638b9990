"""Passes a request on to the process behind, over its socket, and its answer back as it comes.

A request is passed on once it is here whole, so that slow ones keep nobody else from the process
behind.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import httpx

from ethogram.collect.app import Limits
from ethogram.collect.asgi import Receive, Scope, Send, left, send_reply
from ethogram.collect.body import received
from ethogram.collect.protocols.dialect import refused
from ethogram.collect.sender import client_behind
from ethogram.collect.waiting import Waiting
from ethogram.events.errors import Busy, EthogramError

CONNECTIONS = 400
"""To the process behind, streams too; with the clients' they stay below 1,024 open files."""
FREE_SECONDS = 3.0
"""So long a request waits for one of them."""
T = TypeVar("T")
ADDRESS = b"x-ethogram-address"
"""Where the request came from: nobody but this process says it to the one behind."""
_HOP = frozenset(
    [b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"]
)
_OURS = frozenset([ADDRESS, b"content-length", b"expect"])
"""What this process says itself: of the body it has whole, so that both agree where it ends."""


class Proxy:
    """An ASGI application; what cannot be reached is answered with 503.

    It is a bare transport: a client would keep one visitor's cookies and send them for the next.
    """

    def __init__(self, socket: Path, limits: Limits, proxies: Sequence[str] = ()) -> None:
        self._transport = httpx.AsyncHTTPTransport(
            uds=str(socket), limits=httpx.Limits(max_connections=CONNECTIONS)
        )
        self._limits = limits
        self._client = client_behind(proxies)
        self._waiting = Waiting(limits.waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and back."""
        if scope["type"] != "http":
            return
        try:
            with self._waiting.share() as share:
                limits = self._limits
                body = await received(receive, limits.body, limits.seconds, share.hold)
                leaving = asyncio.create_task(left(receive))
                answer = await _first(asyncio.create_task(self._answer(scope, body)), leaving)
        except EthogramError as error:
            await send_reply(send, refused(error), {})
            return
        if answer is not None:
            await _first(asyncio.create_task(_pump(answer, send)), leaving)
            await answer.aclose()
        leaving.cancel()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()

    async def _answer(self, scope: Scope, body: bytes) -> httpx.Response:
        query = scope["query_string"]
        url = httpx.URL("http://asker").copy_with(
            raw_path=scope["raw_path"] + (b"?" + query if query else b"")
        )
        headers = [
            *(pair for pair in scope["headers"] if pair[0] not in _HOP | _OURS),
            (ADDRESS, self._address(scope).encode("latin-1", "replace")),
        ]
        waits = {"timeout": {"pool": FREE_SECONDS}}
        request = httpx.Request(
            scope["method"], url, headers=headers, content=body, extensions=waits
        )
        try:
            return await self._transport.handle_async_request(request)
        except httpx.PoolTimeout:
            message = "The server answers as many requests as it can; events are taken meanwhile."
            raise Busy("too_many_requests", message, hint="Try again soon.") from None
        except httpx.TransportError:
            message = "The server is starting; events are taken meanwhile."
            raise Busy("starting", message) from None

    def _address(self, scope: Scope) -> str:
        headers = {name.decode("latin-1"): said.decode("latin-1")
                   for name, said in scope["headers"]}  # fmt: skip
        return self._client((scope.get("client") or ("",))[0] or "", headers)


async def _first(work: asyncio.Task[T], leaving: asyncio.Task[None]) -> T | None:
    """What ``work`` gives; None, and it is broken off, where the client leaves before."""
    try:
        await asyncio.wait([work, leaving], return_when=asyncio.FIRST_COMPLETED)
        return await work if work.done() else None
    finally:
        work.cancel()


async def _pump(answer: httpx.Response, send: Send) -> None:
    headers = [pair for pair in answer.headers.raw if pair[0].lower() not in _HOP]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    async for chunk in answer.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
