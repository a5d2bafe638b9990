"""Passes a request on to the process behind, over its socket, and its answer back as it comes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from ethogram.collect.app import Receive, Scope, Send, send_reply
from ethogram.collect.protocols.dialect import refused
from ethogram.events.errors import Busy

_HOP = frozenset(
    [b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"]
)


class Proxy:
    """An ASGI application; what cannot be reached is answered with 503.

    It is a bare transport: a client would keep one visitor's cookies and send them for the next.
    """

    def __init__(self, socket: Path) -> None:
        self._transport = httpx.AsyncHTTPTransport(uds=str(socket))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and back."""
        if scope["type"] != "http":
            return
        query = scope["query_string"].decode("latin-1")
        url = httpx.URL("http://asker").copy_with(
            raw_path=scope["raw_path"] + (b"?" + query.encode("latin-1") if query else b"")
        )
        headers = [pair for pair in scope["headers"] if pair[0] not in _HOP]
        request = httpx.Request(scope["method"], url, headers=headers, content=_body(receive))
        try:
            answer = await self._transport.handle_async_request(request)
        except httpx.TransportError:
            busy = Busy("starting", "The server is starting; events are taken meanwhile.")
            await send_reply(send, refused(busy), {})
            return
        pumping = asyncio.create_task(_pump(answer, send))
        leaving = asyncio.create_task(_left(receive))
        await asyncio.wait([pumping, leaving], return_when=asyncio.FIRST_COMPLETED)
        for task in (pumping, leaving):
            task.cancel()
        await answer.aclose()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def _pump(answer: httpx.Response, send: Send) -> None:
    headers = [pair for pair in answer.headers.raw if pair[0].lower() not in _HOP]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    async for chunk in answer.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
