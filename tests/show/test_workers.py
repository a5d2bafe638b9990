"""Work that nobody waits for is not begun."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import ClientDisconnect, Request

from ethogram.show.api.workers import as_question, in_thread


def request(leaves: asyncio.Event) -> Request:
    """A request whose client is there until ``leaves`` is set."""

    async def receive():
        await leaves.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


def test_who_leaves_is_not_waited_for():
    """A client that goes away while its question waits for a thread: the question never runs."""
    free, ran = threading.Event(), []

    async def scene() -> None:
        stays, leaves = asyncio.Event(), asyncio.Event()
        with ThreadPoolExecutor(1) as pool:
            first = asyncio.create_task(in_thread(request(stays), free.wait, pool))
            await asyncio.sleep(0)
            second = asyncio.create_task(in_thread(request(leaves), lambda: ran.append(True), pool))
            await asyncio.sleep(0)
            leaves.set()
            with pytest.raises(ClientDisconnect):
                await second
            free.set()
            assert await first is True

    asyncio.run(asyncio.wait_for(scene(), 10))
    assert ran == []


def test_a_question_is_told_that_nobody_waits():
    """The event of a question that runs is set when its client goes away."""

    async def scene() -> bool:
        leaves, begun, told = asyncio.Event(), threading.Event(), []

        def work(left: threading.Event) -> None:
            begun.set()
            told.append(left.wait(10))

        asked = asyncio.create_task(as_question(request(leaves), work))
        await asyncio.to_thread(begun.wait, 10)
        leaves.set()
        with pytest.raises(ClientDisconnect):
            await asked
        while not told:
            await asyncio.sleep(0.01)
        return told[0]

    assert asyncio.run(asyncio.wait_for(scene(), 20))


def test_what_the_work_raises_comes_through():
    """An error of the work is the error of waiting for it, unwrapped."""

    async def scene() -> None:
        await in_thread(request(asyncio.Event()), lambda: {}["x"])

    with pytest.raises(KeyError):
        asyncio.run(scene())
