"""The collector: plain ASGI over the doors of all projects.

It reads a request, lets its dialect make claims of it, has them committed, and lets the dialect
answer. It also gives the log to other systems (`feed`). Any other path goes to the application
behind it.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from ethogram.collect import feed
from ethogram.collect.asgi import App, Receive, Scope, Send, cors, is_local, left, send_reply, start
from ethogram.collect.body import opened, received
from ethogram.collect.claims import (
    erase_entries,
    imported,
    make_keys,
    rewrap,
    take_erasure,
    take_letters,
    take_statements,
    take_step,
)
from ethogram.collect.gate import LOCAL_PROJECT, Gate, Gates, find
from ethogram.collect.gpc import PATH as WELL_KNOWN
from ethogram.collect.gpc import Support
from ethogram.collect.letters import replayable
from ethogram.collect.protocols.catalog import DIALECTS, EVENTS
from ethogram.collect.protocols.dialect import (
    LARGEST_EVENT,
    Dialect,
    Reply,
    Request,
    bearer,
    refused,
)
from ethogram.collect.sender import client_behind, sender
from ethogram.collect.tracker import PATH as SCRIPT
from ethogram.collect.tracker import Tracker
from ethogram.collect.waiting import Share, Waiting
from ethogram.events.errors import EthogramError
from ethogram.protect.keyring import Scope as KeyScope

FEED = "/v1/log"
CURSORS, CLAIMS, REPLAYS, STATEMENTS, ERASURES, ENTRIES, MASTERS, PERSON_KEYS = OWN = (
    "/cursors", "/claims", "/replays", "/statements", "/erasures", "/erased-entries", "/masters",
    "/person-keys",
)  # fmt: skip
"""For the workspace's own socket: any consumer's cursor, imports' tables of claims, dead letters
that are to come in again, what somebody in charge says of people or wants forgotten, entries of
the log that are to go, master keys that have changed, and persons who need a key."""
_TAKING = {
    STATEMENTS: take_statements, ERASURES: take_erasure, ENTRIES: erase_entries, MASTERS: rewrap,
    PERSON_KEYS: make_keys,
}  # fmt: skip
_METHODS = {FEED: {"GET", "POST"}, CLAIMS: {"GET", "POST"}, WELL_KNOWN: {"GET", "HEAD"}}
LARGEST_TABLE = 1 << 30
KEYLESS = 8
"""Bodies that have their key inside wait apart, in such a part of what may wait."""


@dataclass(frozen=True)
class Heard:
    """A request before its body; ``local`` is the project that the owner's socket names, and
    ``address`` where it came from.
    """

    method: str
    route: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    local: str | None
    address: str


@dataclass(frozen=True)
class Limits:
    """What requests may be.

    ``body`` is in bytes after decompression, ``seconds`` the time for a body to arrive,
    ``waiting`` the bytes of all requests that are not answered yet, ``event`` those of one event.
    """

    body: int = 1 << 20
    seconds: float = 30.0
    waiting: int = 64 << 20
    event: int = LARGEST_EVENT


class Collector:
    """An ASGI application over the ``gates`` of a workspace's projects.

    ``tracker`` is the script for pages: events that are sent to its own address are native ones.
    ``proxies`` are the networks of those who may say whom they speak for; see `client_behind`.
    ``support`` is what is published of the browsers' signal.
    """

    def __init__(
        self,
        gates: Gates,
        behind: App,
        limits: Limits,
        tracker: Tracker | None = None,
        *,
        proxies: Sequence[str] = (),
        support: Support | None = None,
    ) -> None:
        self._gates = gates
        self._support = support or Support()
        self._behind = behind
        self._tracker = tracker or Tracker()
        self._limits = limits
        self._waiting = Waiting(limits.waiting)
        self._client = client_behind(proxies)
        self._keyless = Waiting(max(limits.waiting // KEYLESS, limits.body))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at a door, or pass on."""
        heard = _heard(scope, self._tracker.paths) if scope["type"] == "http" else None
        if heard is None:
            await self._behind(scope, receive, send)
            return
        try:
            if heard.route == FEED and heard.method == "GET" and _wants_stream(heard):
                await self._stream(heard, receive, send)
                return
            if heard.route == WELL_KNOWN and heard.method in ("GET", "HEAD"):
                reply = self._support.reply()
            elif heard.route == SCRIPT:
                reply = self._tracker.reply(heard.query, heard.headers)
            else:
                reply = await self._reply(heard, receive)
        except EthogramError as error:
            dialect = DIALECTS.get(heard.route)
            reply = dialect.refused(self._request(heard), error) if dialect else refused(error)
        await send_reply(send, reply, heard.headers)

    async def _reply(self, heard: Heard, receive: Receive) -> Reply:
        dialect = DIALECTS.get(heard.route)
        known = dialect.methods if dialect else _METHODS.get(heard.route, {"POST"})
        if heard.method == "OPTIONS" and "OPTIONS" not in known:
            return Reply(204, b"")
        if heard.method not in known:
            return _not_allowed(heard, known)
        if dialect:
            return await self._sent(heard, receive, dialect)
        if heard.method == "POST":
            return await self._moved(heard, receive)
        if heard.route == FEED:
            return await feed.page(await self._read(heard), feed.asked(heard.query))
        return await imported(await self._gate(heard, "write"), heard.query)

    async def _moved(self, heard: Heard, receive: Receive) -> Reply:
        """Move a consumer's cursor, an import's mark with its rows, or dead letters back in."""
        gate = await self._gate(heard, "read" if heard.route in (FEED, CURSORS) else "write")
        with self._waiting.share() as share:
            body = await self._body(heard, receive, share)
            if heard.route == CLAIMS:
                return await take_step(gate, heard.query, body)
            if heard.route == REPLAYS:
                return await take_letters(gate, body, self._limits.event)
            if heard.route in _TAKING:
                return await _TAKING[heard.route](gate, body)
            return await feed.move(gate, body, feed.CONSUMER if heard.route == FEED else "")

    async def _sent(self, heard: Heard, receive: Receive, dialect: Dialect) -> Reply:
        """Take events; the key comes before the body wherever it can."""
        request = self._request(heard)
        told = dialect.told(request)
        if told is not None:
            return told
        key = dialect.key(request)
        if key or heard.local or not dialect.key_inside:
            gate = await self._writable(heard, key)
            with self._waiting.share() as share:
                body = await self._body(heard, receive, share, dialect.largest_body)
                return await self._kept(heard, gate, dialect, replace(request, body=body))
        with self._keyless.share() as apart:
            body = await self._body(heard, receive, apart, dialect.largest_body)
            request = replace(request, body=body)
            gate = await self._writable(heard, dialect.key(request))
            with self._waiting.share() as share:
                share.hold(len(request.body))
                return await self._kept(heard, gate, dialect, request)

    def _request(self, heard: Heard) -> Request:
        return Request(
            heard.path, heard.headers, heard.query, b"", self._limits.event, heard.method,
            self._client(heard.address, heard.headers),
        )  # fmt: skip

    async def _writable(self, heard: Heard, key: str | None) -> Gate:
        gate = await self._found(heard, key, "write")
        if not heard.local:
            gate.allowance.check()
        return gate

    async def _kept(self, heard: Heard, gate: Gate, dialect: Dialect, request: Request) -> Reply:
        claims = replayable(dialect.claims(request), dialect, request)
        if not heard.local:
            gate.allowance.take(len(claims))
        who = sender(request.headers, request.address)
        outcome = await gate.commits.take(claims, dialect.name, who)
        return dialect.answer(request, claims, outcome)

    async def _read(self, heard: Heard) -> Gate:
        """The gate for who reads the log, once the audit says who does; the owner's own work is
        not looked at.
        """
        gate = await self._gate(heard, "read")
        key = bearer(heard.headers)
        if key and not heard.local:
            await self._gates.looked(key, self._client(heard.address, heard.headers))
        return gate

    async def _gate(self, heard: Heard, scope: KeyScope) -> Gate:
        return await self._found(heard, bearer(heard.headers), scope)

    async def _found(self, heard: Heard, key: str | None, scope: KeyScope) -> Gate:
        return await find(self._gates, key, scope, heard.local)

    async def _stream(self, heard: Heard, receive: Receive, send: Send) -> None:
        ask = feed.asked(heard.query, heard.headers.get("last-event-id"))
        chunks = feed.stream(await self._read(heard), ask)
        first = await anext(chunks)
        headers = {"content-type": "text/event-stream", "cache-control": "no-store"}
        await start(send, 200, headers | cors(heard.headers))
        writing = asyncio.create_task(_write(first, self._held(heard, chunks), send))
        leaving = asyncio.create_task(left(receive))
        _, late = await asyncio.wait([writing, leaving], return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()

    async def _held(self, heard: Heard, chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """The chunks of a stream, as long as what opened it opens it still."""
        async for chunk in chunks:
            await self._gate(heard, "read")
            yield chunk

    async def _body(self, heard: Heard, receive: Receive, share: Share, most: int = 0) -> bytes:
        """The body, of at most ``most`` bytes (0: what the settings say)."""
        most = LARGEST_TABLE if heard.local else most or self._limits.body
        hold = _unbounded if heard.local else share.hold
        body = opened(await received(receive, most, self._limits.seconds, hold), most)
        hold(len(body))
        return body


def _unbounded(_: int) -> None:
    """What the owner sends is not counted among what waits."""


class _NotAllowed(EthogramError):
    status = 405


def _not_allowed(heard: Heard, known: AbstractSet[str]) -> Reply:
    methods = ", ".join([*sorted(known - {"OPTIONS"}), "OPTIONS"])
    message = f"{heard.route} does not know {heard.method}."
    reply = refused(_NotAllowed("method_not_allowed", message, hint=f"It knows {methods}."))
    return replace(reply, headers={"allow": methods})


def _heard(scope: Scope, tracker: AbstractSet[str]) -> Heard | None:
    """The request, where its path is a door's, or one of ``tracker``'s, which are doors too."""
    local = is_local(scope)
    path: str = scope["path"]
    if path in tracker:
        path = SCRIPT if scope["method"] in ("GET", "HEAD") else EVENTS
    routes = (SCRIPT, WELL_KNOWN, *DIALECTS, FEED, *(OWN if local else ()))
    route = next((r for r in routes if path == r or (r[-1] == "/" and path.startswith(r))), None)
    if route is None:
        return None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode("utf-8", "replace")))
    project = headers.get(LOCAL_PROJECT, "default") if local else None
    address = (scope.get("client") or ("",))[0] or ""
    return Heard(scope["method"], route, path.removeprefix(route), headers, query, project, address)


def _wants_stream(heard: Heard) -> bool:
    return "text/event-stream" in heard.headers.get("accept", "")


async def _write(first: bytes, chunks: AsyncGenerator[bytes], send: Send) -> None:
    """Send a stream to its end; a reader that fell too far behind hears why when it comes back."""
    await send({"type": "http.response.body", "body": first, "more_body": True})
    with suppress(EthogramError):
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
