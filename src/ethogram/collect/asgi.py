"""The words of ASGI that the collector and what stands behind it share."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from ethogram.collect.protocols.dialect import Reply

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def is_local(scope: Scope) -> bool:
    """Whether the request came through the workspace's own socket.

    The server's own address says so: a path has no port. The client's does not, since a
    connection that was reset has none either.
    """
    server = scope.get("server")
    return server is not None and server[1] is None


async def send_reply(send: Send, reply: Reply, heard: Mapping[str, str]) -> None:
    """Send ``reply`` whole; ``heard`` are the request's headers."""
    headers = {**cors(heard), **reply.headers}
    if reply.body:
        headers |= {"content-type": reply.content_type, "content-length": str(len(reply.body))}
    await start(send, reply.status, headers)
    await send({"type": "http.response.body", "body": reply.body})


async def start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    """Send a response's status and headers."""
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def left(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def cors(headers: Mapping[str, str]) -> dict[str, str]:
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
