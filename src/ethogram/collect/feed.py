"""The log for other systems: ``GET /v1/log?after=`` as a long poll or as server-sent events.

A consumer that gives its name reads on from its durable cursor, and moves it with
``POST /v1/log {"consumer", "position"}`` once it has dealt with what it read.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec

from ethogram.collect.entries import entries
from ethogram.collect.gate import Gate
from ethogram.collect.protocols.dialect import Reply
from ethogram.events.errors import Invalid

MOST_ENTRIES = 10_000
MOST_SECONDS = 60.0
HEARTBEAT = 15.0
CONSUMER = "feed:"
MOST_CONSUMERS = 64
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")

_encode = msgspec.json.Encoder().encode


class Ask(msgspec.Struct, frozen=True):
    """A reader's question: from where, how much, how long to wait for something new."""

    after: int | None = None
    limit: int = 1000
    wait: float = 0.0
    consumer: str | None = None


class Moved(msgspec.Struct, frozen=True):
    """A consumer has dealt with everything up to ``position``; with null it is forgotten."""

    consumer: str
    position: int | None


def asked(query: Mapping[str, str], last_event_id: str | None = None) -> Ask:
    """The question that a query string asks; a stream that begins again says its last event's id.

    Raises `Invalid` (``bad_query``).
    """
    resumed = {"after": last_event_id} if last_event_id else {}
    try:
        ask = msgspec.convert({**query, **resumed}, Ask, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid("bad_query", f"{error}.", at="query") from None
    if (ask.after or 0) < 0:
        raise Invalid("bad_query", "Positions begin at 0.", at="after")
    if not (0 < ask.limit <= MOST_ENTRIES and 0 <= ask.wait <= MOST_SECONDS):
        raise Invalid(
            "bad_query",
            f"limit is 1 to {MOST_ENTRIES}, wait 0 to {MOST_SECONDS:g} seconds.",
            at="query",
        )
    return ask


async def page(gate: Gate, ask: Ask) -> Reply:
    """The entries after a position, waiting for the first one as long as was asked."""
    after = await _start(gate, ask)
    loop = asyncio.get_running_loop()
    end = loop.time() + ask.wait
    while True:
        appended = gate.commits.next
        found, after = await asyncio.to_thread(_found, gate, after, ask.limit)
        left = end - loop.time()
        if found or left <= 0:
            break
        await asyncio.wait([appended], timeout=left)
    return Reply(200, _encode({"entries": found, "next": after}))


async def stream(gate: Gate, ask: Ask) -> AsyncGenerator[bytes]:
    """Server-sent events, one an entry, for as long as the client listens.

    The first chunk comes at once, so what is wrong with the question shows before it.
    """
    after = await _start(gate, ask)
    while True:
        appended = gate.commits.next
        found, after = await asyncio.to_thread(_found, gate, after, ask.limit)
        yield b"".join(map(_sent, found)) or b": still here\n\n"
        if not found:
            await asyncio.wait([appended], timeout=HEARTBEAT)


def _found(gate: Gate, after: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    return entries(gate.reader, after, limit, gate.unseen())


async def move(gate: Gate, body: bytes, prefix: str) -> Reply:
    """Move the durable cursor of a consumer whose name begins with ``prefix`` in the log."""
    try:
        moved = msgspec.json.decode(body, type=Moved)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("bad_cursor", f"{error}.", hint='Send {"consumer", "position"}.') from None
    position = moved.position
    if not (prefix if position is None else 0 <= position <= gate.reader.end):
        raise Invalid(
            "bad_cursor",
            f"The log has no position {moved.position}.",
            at="$.position",
            hint=f"Positions are 0 to {gate.reader.end}.",
        )
    async with gate.moving:
        if moved.position is not None:
            await _check_consumer(gate, moved.consumer, prefix)
        await gate.commits.advance(prefix + moved.consumer, moved.position)
    return Reply(200, _encode(moved))


async def _check_consumer(gate: Gate, name: str, prefix: str) -> None:
    """A cursor holds payloads back, so there are only so many of other systems."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            "bad_cursor",
            "A consumer's name has 1 to 64 of these characters: A-Z, a-z, 0-9, dot, _ and -.",
            at="$.consumer",
            hint="Name the system that reads, such as crm.",
        )
    if prefix:
        known = await asyncio.to_thread(gate.reader.cursors)
        others = [each for each in known if each.startswith(prefix) and each != prefix + name]
        if len(others) >= MOST_CONSUMERS:
            raise Invalid(
                "too_many_consumers",
                f"A project has at most {MOST_CONSUMERS} consumers.",
                at="$.consumer",
                hint='Forget one that is no longer needed: {"consumer", "position": null}.',
            )


async def _start(gate: Gate, ask: Ask) -> int:
    if ask.after is not None:
        return ask.after
    if not ask.consumer:
        return 0
    return await asyncio.to_thread(gate.reader.cursor, CONSUMER + ask.consumer)


def _sent(entry: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (
        entry["position"],
        entry["kind"].encode(),
        _encode(entry["entry"]),
    )
