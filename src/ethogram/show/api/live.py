"""The route that watches: every event as it is accepted, every rejected one with its reason.

Server-sent events (WHATWG HTML, section 9.2): the id is the position in the log, so a browser
that reconnects goes on where it was.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Annotated, TypeAlias

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ethogram.events.errors import Refused
from ethogram.show.api.operation import Operation, ports_of, query_of
from ethogram.show.api.permitting import identified
from ethogram.show.api.ports import LiveEvent, Rejected

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection."""
LOOK = 5.0
WAITING = 100
"""Items held for one slow reader; beyond it nothing more is fetched for it."""

Item: TypeAlias = LiveEvent | Rejected


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to begin: after this position of the log; with its last entries where it is not said.

    A ``Last-Event-ID`` header, which a browser sends as it reconnects, goes before it.
    """

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None


async def live(request: Request) -> Response:
    """Stream what arrives, until the client goes away."""
    after = query_of(request, After).after
    last = request.headers.get("last-event-id", "")
    items = ports_of(request).live(int(last) if last.isdecimal() else after)
    return LiveStream(items, partial(_holds, request))


async def _holds(request: Request) -> bool:
    """Whether who asked may look still."""
    try:
        caller = await identified(request)
    except Refused:
        return False
    return caller.may("people") and not caller.role.is_view


OPERATIONS = (
    Operation(
        "GET",
        "/api/live",
        "A stream of events named `event` and `rejected`",
        live,
        {"text/event-stream": (LiveEvent, Rejected)},
        query=After,
        fails=(400,),
        needs="people",
        audited="look",
    ),
)


class LiveStream(Response):
    """Server-sent events out of ``items``, with a comment after every ``HEARTBEAT`` of silence.

    It ends where ``holds``, asked every `LOOK` seconds, says that the listener's right has ended.
    """

    media_type = "text/event-stream"

    def __init__(self, items: AsyncGenerator[Item], holds: Callable[[], Awaitable[bool]]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self.items, self.holds = items, holds

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send until the client leaves or the items end."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        into, out = anyio.create_memory_object_stream[Item](WAITING)
        async with anyio.create_task_group() as group:
            group.start_soon(self._fetch, into)
            group.start_soon(_leave, receive, group.cancel_scope)
            group.start_soon(self._watch, group.cancel_scope)
            async for frame in _frames(out):
                await send({"type": "http.response.body", "body": frame, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            group.cancel_scope.cancel()

    async def _fetch(self, into: MemoryObjectSendStream[Item]) -> None:
        async with into, aclosing(self.items) as items:
            async for item in items:
                await into.send(item)

    async def _watch(self, scope: anyio.CancelScope) -> None:
        while await self.holds():
            await anyio.sleep(LOOK)
        scope.cancel()


async def _leave(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _frames(items: MemoryObjectReceiveStream[Item]) -> AsyncIterator[bytes]:
    yield b": connected\n\n"
    while True:
        try:
            with anyio.fail_after(HEARTBEAT):
                item = await items.receive()
            yield _frame(item)
        except TimeoutError:
            yield b": still here\n\n"
        except anyio.EndOfStream:
            return


def _frame(item: Item) -> bytes:
    name = "event" if isinstance(item, LiveEvent) else "rejected"
    data = msgspec.json.encode(item).decode()
    return f"event: {name}\nid: {item.position}\ndata: {data}\n\n".encode()
