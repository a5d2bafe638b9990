"""Blocking work in a worker thread, given up when the one who asked goes away."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

QUESTIONS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="question")
"""Where questions run; the rest uses the loop's own pool, so that no probe waits for a question."""

T = TypeVar("T")


async def in_thread(request: Request, work: Callable[[], T], pool: Executor | None = None) -> T:
    """What ``work`` returns, run in ``pool``. The request's body must have been read.

    Raises `ClientDisconnect` when the client leaves first: work that still waits for a thread is
    then never begun; work that runs ends by itself and its result is dropped.
    """
    working = asyncio.get_running_loop().run_in_executor(pool, work)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def as_question(
    request: Request, work: Callable[[Event], T], pool: Executor | None = None
) -> T:
    """What ``work`` returns, run as a question: it is told by an event when its client leaves."""
    left = Event()
    try:
        return await in_thread(request, lambda: work(left), pool or QUESTIONS)
    finally:
        left.set()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
