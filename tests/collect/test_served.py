"""The collector behind a real server: real clients, and clients that mean no good."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import uvicorn

from ethogram.collect.app import Limits

GOOD = b'{"event":"cart","user_id":"ann"}'


@pytest.fixture
def serve(serving, tmp_path: Path):
    """The collector on a port of this machine and on a socket of its own."""

    @contextlib.asynccontextmanager
    async def start(limits: Limits | None = None) -> AsyncGenerator[tuple[int, Path]]:
        own = tmp_path / "own.sock"
        with socket.socket() as listener, socket.socket(socket.AF_UNIX) as local:
            listener.bind(("127.0.0.1", 0))
            local.bind(str(own))
            async with serving(limits) as client:
                config = uvicorn.Config(client.collector, lifespan="off", log_level="error")
                server = uvicorn.Server(config)
                running = asyncio.create_task(server.serve([listener, local]))
                while not server.started:
                    await asyncio.sleep(0.01)
                yield listener.getsockname()[1], own
                server.should_exit = True
                await running

    return start


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario to its end."""
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_segments_own_client_delivers(project, serve) -> None:
    """segment-analytics-python sends every kind of call, with gzip, and all arrive once."""
    analytics = pytest.importorskip("segment.analytics.client")

    async def scenario() -> None:
        async with serve() as (port, _):
            await asyncio.to_thread(send, f"http://127.0.0.1:{port}/segment")

    def send(host: str) -> None:
        failed: list[Exception] = []
        key = project.vault.keyring.access("write")
        client = analytics.Client(key, host=host, gzip=True, upload_size=50, max_retries=2,
                                  on_error=lambda error, _: failed.append(error))  # fmt: skip
        for i in range(500):
            client.track(f"user-{i % 50}", "cart", {"n": i, "nan": float("nan") if i == 7 else 0})
        client.identify("user-1", {"email": "inmost@example.org"})
        client.page("user-1", "Docs", "Home")
        client.alias("user-1", "user-2")
        client.group("user-1", "acme", {"size": 5})
        client.shutdown()
        assert failed == []

    run(scenario)
    assert sorted(e.properties["n"] for e in project.events if e.event == "cart") == [
        i for i in range(500) if i != 7
    ]
    assert [e.kind for e in project.events if e.event != "cart"] == [
        "identify", "page", "alias", "group"]  # fmt: skip
    assert [letter.code for letter in project.letters] == ["bad_json"]


def test_the_own_socket_is_known_and_a_reset_client_is_not_it(project, serve) -> None:
    """Who resets a connection has no address any more, and is nevertheless not the owner."""

    async def scenario() -> None:
        async with serve() as (port, own):
            before = project.log.cursors()
            thread = threading.Thread(target=reset, args=(port,))
            thread.start()
            time.sleep(0.3)  # the server is held until the connection is reset
            await asyncio.to_thread(thread.join)
            transport = httpx.AsyncHTTPTransport(uds=str(own))
            async with httpx.AsyncClient(transport=transport, base_url="http://own") as client:
                assert project.log.cursors() == before
                moved = await client.post("/cursors", json={"consumer": "lake", "position": 0})
                assert moved.status_code == 200
        assert project.log.cursors() == {"lake": 0}

    def reset(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as client:
            body = b'{"consumer":"evil","position":0}'
            client.sendall(b"POST /cursors HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b"
                           % (len(body), body))  # fmt: skip
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    run(scenario)


def test_stalled_bodies_hold_nobody_up(project, serve) -> None:
    """Half a body gets 408, or 401 at once without a key; others are answered all the while."""
    key = project.key()["authorization"].encode()

    async def scenario() -> None:
        async with serve(Limits(seconds=1.0)) as (port, _):
            slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
            for i, (_, writer) in enumerate(slow):
                head = b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n"
                writer.write(head + (b"authorization: %b\r\n" % key if i % 2 else b"") + b"\r\n[")
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                for _ in range(20):
                    answer = await client.post("/v1/events", content=GOOD, headers=project.key())
                    assert answer.json()["accepted"] == 1
            for i, (reader, writer) in enumerate(slow):
                status = (await reader.readline()).split()[1]
                assert status == (b"408" if i % 2 else b"401")
                writer.close()

    run(scenario)
    assert len(project.events) == 20


def test_a_huge_body_is_refused_and_the_server_lives(project, serve) -> None:
    """A 100 MB line is answered with 413 and not read into memory; the next request is served."""

    async def scenario() -> None:
        async with serve() as (port, _):
            base = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=base, timeout=50) as client:

                async def line() -> AsyncGenerator[bytes]:
                    for _ in range(100):
                        yield b"x" * (1 << 20)

                with contextlib.suppress(httpx.WriteError, httpx.ReadError):
                    answer = await client.post("/v1/events", content=line(), headers=project.key())
                    assert answer.status_code == 413
                answer = await client.post("/v1/events", content=GOOD, headers=project.key())
                assert answer.json()["accepted"] == 1

    run(scenario)
