"""The client as a task of an event loop."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from ethogram.events.event import Event
from ethogram.send.courier import BATCH, Courier, OnError
from ethogram.send.outbox import Outbox
from ethogram.send.place import outbox_folder


class AsyncClient:
    """Sends events to the server at ``url`` from a task; see `ethogram.send.client.Client`.

    It begins with ``async with``, and ends by sending what can be sent in ``farewell`` seconds.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        folder: Path | str | None = None,
        every: float = 1.0,
        timeout: float = 30.0,
        farewell: float = 5.0,
        on_error: OnError | None = None,
    ) -> None:
        outbox = Outbox(outbox_folder(url, key) if folder is None else Path(folder))
        self._courier = Courier(outbox, key, on_error)
        self._every = every
        self._farewell = farewell
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout)
        self._wanted = asyncio.Event()
        self._fresh = 0

    def track(self, event: str, **fields: Any) -> str:
        """Keep an event called ``event`` with the fields of `Event`; its id."""
        return self.send(Event(event, **fields))

    def send(self, event: Event) -> str:
        """Keep an event: on disk when this returns, some microseconds later."""
        taken = self._courier.take(event)
        self._fresh += 1
        if self._fresh >= BATCH:
            self._wanted.set()
        return taken

    async def flush(self, timeout: float = 60.0) -> bool:
        """Send all there is now; whether it has arrived within ``timeout`` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while self._courier.waiting:
                    self._wanted.set()
                    await asyncio.sleep(0.01)
        except TimeoutError:
            return False
        return True

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        await self.flush(self._farewell)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._http.aclose()
        self._courier.close()

    async def _run(self) -> None:
        while True:
            self._fresh = 0
            self._wanted.clear()
            post = self._courier.next()
            if post is None:
                await self._rest()
                continue
            try:
                found = await self._http.post("/v1/events", content=post.body, headers=post.headers)
            except httpx.TransportError as error:
                wait = self._courier.failed(error)
            else:
                body, status = found.content, found.status_code
                wait = self._courier.answered(post, status, found.headers, body)
            await asyncio.sleep(wait)
            if not wait and not self._courier.plenty:
                await self._rest()

    async def _rest(self) -> None:
        """Until something is wanted, or it is time."""
        try:
            async with asyncio.timeout(self._every):
                await self._wanted.wait()
        except TimeoutError:
            pass
