"""The log for other systems: ``GET /v1/log?after=`` as a long poll or as server-sent events.

A consumer that gives its name reads on from its durable cursor, and moves it with
``POST /v1/log {"consumer", "position"}`` once it has dealt with what it read.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from ethogram.collect.gate import Gate
from ethogram.collect.protocols.dialect import Reply
from ethogram.events.errors import Invalid
from ethogram.store.log.entries import unpack_controls, unpack_events, unpack_table
from ethogram.store.log.port import Record

MOST_ENTRIES = 10_000
MOST_SECONDS = 60.0
CONSUMER = "feed:"

_encode = msgspec.json.Encoder().encode


class Ask(msgspec.Struct, frozen=True):
    """A reader's question: from where, how much, how long to wait for something new."""

    after: int | None = None
    limit: int = 1000
    wait: float = 0.0
    consumer: str | None = None


class Moved(msgspec.Struct, frozen=True):
    """A consumer has dealt with everything up to ``position``."""

    consumer: str
    position: int


def asked(query: dict[str, str]) -> Ask:
    """The question that a query string asks. Raises `Invalid`."""
    try:
        ask = msgspec.convert(query, Ask, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid("bad_query", f"{error}.", at="query") from None
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
    entries = await _entries(gate, after, ask.limit)
    if not entries and ask.wait:
        try:
            async with asyncio.timeout(ask.wait):
                while not entries:
                    await gate.commits.appended()
                    entries = await _entries(gate, after, ask.limit)
        except TimeoutError:
            entries = []
    next_ = entries[-1]["position"] if entries else after
    return Reply(200, _encode({"entries": entries, "next": next_}))


async def stream(gate: Gate, ask: Ask) -> AsyncIterator[bytes]:
    """Server-sent events, one an entry, for as long as the client listens."""
    after = await _start(gate, ask)
    while True:
        entries = await _entries(gate, after, ask.limit)
        for entry in entries:
            after = entry["position"]
            yield b"id: %d\nevent: %b\ndata: %b\n\n" % (
                after,
                entry["kind"].encode(),
                _encode(entry["entry"]),
            )
        if not entries:
            try:
                async with asyncio.timeout(15):
                    await gate.commits.appended()
            except TimeoutError:
                yield b": still here\n\n"


async def move(gate: Gate, body: bytes, prefix: str) -> Reply:
    """Move the durable cursor of a consumer whose name begins with ``prefix`` in the log."""
    try:
        moved = msgspec.json.decode(body, type=Moved)
    except msgspec.DecodeError as error:
        raise Invalid("bad_cursor", f"{error}.", hint='Send {"consumer", "position"}.') from None
    await gate.commits.advance(prefix + moved.consumer, moved.position)
    return Reply(200, _encode(moved))


async def _start(gate: Gate, ask: Ask) -> int:
    if ask.after is not None:
        return ask.after
    return await gate.cursor(CONSUMER + ask.consumer) if ask.consumer else 0


async def _entries(gate: Gate, after: int, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for record in await gate.read(after, limit):
        first = max(after + 1 - record.position, 0)
        for i, (kind, entry) in enumerate(_opened(record)[first:], first):
            found.append({"position": record.position + i, "kind": kind, "entry": entry})
    return found[:limit]


def _opened(record: Record) -> list[tuple[str, dict[str, Any]]]:
    if record.kind == "events":
        return [("event", msgspec.structs.asdict(e)) for e in unpack_events(record.payload)]
    if record.kind == "columns":
        rows = unpack_table(record.payload).to_pylist()
        return [("event", {k: v for k, v in row.items() if v is not None}) for row in rows]
    controls = map(msgspec.to_builtins, unpack_controls(record.payload))
    return [(control.pop("entry"), control) for control in controls]
