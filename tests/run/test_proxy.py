"""Slow clients do not stand in the way of others."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ethogram.collect.app import Limits
from ethogram.run import proxy
from ethogram.run.proxy import Proxy

SCOPE = {
    "type": "http",
    "method": "POST",
    "raw_path": b"/api/ask",
    "query_string": b"a=1",
    "headers": [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")],
}


@asynccontextmanager
async def behind(socket: Path, *, answers: bool = True) -> AsyncGenerator[list[bytes]]:
    """A server on ``socket`` that keeps what it hears, and says "ok" or nothing."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        if answers:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(serve, str(socket))
    yield heard
    server.close()


async def told(app: Proxy, chunks: Iterable[bytes], *, whole: bool = True) -> dict[str, Any]:
    """The answer's start to a request of ``chunks``, after which nothing comes if not ``whole``."""
    messages = [{"type": "http.request", "body": each, "more_body": True} for each in chunks]
    if whole:
        messages[-1]["more_body"] = False
    waiting, sent = iter(messages), []

    async def receive() -> dict[str, Any]:
        return next(waiting, None) or await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(SCOPE, receive, send)
    return {**sent[0], "body": b"".join(each.get("body", b"") for each in sent)}


def test_slow_bodies_take_no_connection(tmp_path: Path) -> None:
    """Among hundreds of bodies that do not end, a whole one is answered; they are with 408."""

    async def scenario() -> None:
        async with behind(tmp_path / "s") as heard:
            app = Proxy(tmp_path / "s", Limits(seconds=3))
            slow = [asyncio.create_task(told(app, [b"{"], whole=False)) for _ in range(500)]
            await asyncio.sleep(0)
            answer = await told(app, [b"one ", b"two"])
            assert (answer["status"], answer["body"]) == (200, b"ok")
            assert not any(task.done() for task in slow)
            assert {(await task)["status"] for task in slow} == {408}
            assert len(heard) == 1 and heard[0].endswith(b"\r\n\r\none two")
            assert heard[0].startswith(b"POST /api/ask?a=1 ")
            await app.close()

    asyncio.run(scenario())


def test_who_leaves_while_the_answer_is_worked_out_is_not_waited_for(tmp_path: Path) -> None:
    """The process behind sees its connection close, so that it can stop; nothing is sent."""

    async def scenario() -> None:
        gone, sent = asyncio.Event(), []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"question")
            leaves.set()
            await reader.read()
            gone.set()
            writer.close()

        server = await asyncio.start_unix_server(serve, str(tmp_path / "s"))
        leaves = asyncio.Event()
        body = {"type": "http.request", "body": b"question", "more_body": False}
        waiting = iter([body])

        async def receive() -> dict[str, Any]:
            if (first := next(waiting, None)) is not None:
                return first
            await leaves.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        app = Proxy(tmp_path / "s", Limits())
        await asyncio.wait_for(app(SCOPE, receive, send), 30)
        await asyncio.wait_for(gone.wait(), 30)
        assert sent == []
        await app.close()
        server.close()

    asyncio.run(scenario())


def test_bodies_have_a_largest_size(tmp_path: Path) -> None:
    """One that is larger is refused, and so are many that are large together."""

    async def scenario() -> None:
        async with behind(tmp_path / "s") as heard:
            app = Proxy(tmp_path / "s", Limits(body=100, waiting=150, seconds=0.3))
            assert (await told(app, [b"x" * 60, b"x" * 60]))["status"] == 413
            held = asyncio.create_task(told(app, [b"x" * 90], whole=False))
            await asyncio.sleep(0)
            assert (await told(app, [b"x" * 90]))["status"] == 503
            await held
            assert not heard
            assert (await told(app, [b"x" * 90]))["status"] == 200
            await app.close()

    asyncio.run(scenario())


def test_who_finds_no_free_connection_is_told_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While every connection waits for its answer, the next request is answered with 503."""
    monkeypatch.setattr(proxy, "CONNECTIONS", 1)
    monkeypatch.setattr(proxy, "FREE_SECONDS", 0.05)

    async def scenario() -> None:
        async with behind(tmp_path / "s", answers=False) as heard:
            app = Proxy(tmp_path / "s", Limits())
            first = asyncio.create_task(told(app, [b"first"]))
            while not heard:
                await asyncio.sleep(0.01)
            answer = await told(app, [b"second"])
            assert answer["status"] == 503 and b"too_many_requests" in answer["body"]
            assert b"retry-after" in dict(answer["headers"])
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await app.close()

    asyncio.run(scenario())
