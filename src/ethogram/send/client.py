"""The client with a thread of its own."""

import atexit
from pathlib import Path
from threading import Condition, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self

import httpx

from ethogram.events.event import Event
from ethogram.send.courier import BATCH, Courier, OnError
from ethogram.send.outbox import Outbox
from ethogram.send.place import outbox_folder

FAREWELL = 5.0
"""Seconds that the end of a process may take; what is left then waits on disk."""


class Client:
    """Sends events to the server at ``url``, in batches and in the background.

    >>> with connect("http://127.0.0.1:8000", "eg_write_…") as shop:  # doctest: +SKIP
    ...     shop.track("cart", user_id="7", properties={"price": 20})
    """

    def __init__(self, url: str, courier: Courier, every: float, timeout: float) -> None:
        self._courier = courier
        self._every = every
        self._reach = url, timeout
        self._hurry = self._over = False
        self._begin()
        atexit.register(self.close)

    def _begin(self) -> None:
        """Also in a process that was forked: threads stay behind, and connections are not its."""
        url, timeout = self._reach
        self._http = httpx.Client(base_url=url, timeout=timeout)
        self._news, self._fresh = Condition(), 0
        self._thread = Thread(target=self._run, name="ethogram-send", daemon=True)
        self._thread.start()

    def track(self, event: str, **fields: Any) -> str:
        """Keep an event called ``event`` with the fields of `Event`; its id."""
        return self.send(Event(event, **fields))

    def send(self, event: Event) -> str:
        """Keep an event: on disk when this returns, on the server soon. Returns its id.

        Raises `Busy` where too many events wait.
        """
        taken = self._courier.take(event)
        if not self._thread.is_alive():
            self._begin()
        with self._news:
            self._fresh += 1
            if self._fresh >= BATCH:
                self._news.notify_all()
        return taken

    def flush(self, timeout: float = 60.0) -> bool:
        """Send all there is now; whether it has arrived within ``timeout`` seconds."""
        until = monotonic() + timeout
        with self._news:
            self._hurry = True
            self._news.notify_all()
            while self._courier.waiting and monotonic() < until:
                self._news.wait(until - monotonic())
            self._hurry = False
        return not self._courier.waiting

    def close(self, timeout: float = FAREWELL) -> None:
        """Send what can be sent in ``timeout`` seconds; the rest waits on disk."""
        if self._over:
            return
        self.flush(timeout)
        with self._news:
            self._over = True
            self._news.notify_all()
        self._thread.join(timeout)
        self._http.close()
        self._courier.close()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def _run(self) -> None:
        while not self._over:
            wait = self._once()
            with self._news:
                self._news.notify_all()
                if wait:
                    self._news.wait_for(lambda: self._over, wait)
                elif not self._hurry and not self._courier.plenty:
                    self._news.wait_for(self._due, self._every)
                elif wait is None:
                    self._news.wait(0.01)

    def _due(self) -> bool:
        return self._hurry or self._over or self._fresh >= BATCH

    def _once(self) -> float | None:
        """Make a request; how long to wait then, None where there was nothing to send."""
        self._fresh = 0
        post = self._courier.next()
        if post is None:
            return None
        try:
            found = self._http.post("/v1/events", content=post.body, headers=post.headers)
        except httpx.TransportError as error:
            return self._courier.failed(error)
        return self._courier.answered(post, found.status_code, found.headers, found.content)


def connect(
    url: str,
    key: str,
    *,
    folder: Path | str | None = None,
    every: float = 1.0,
    timeout: float = 30.0,
    on_error: OnError | None = None,
) -> Client:
    """A client for the server at ``url`` with its write ``key``.

    Events wait in ``folder`` (below the user's state folder unless given) and are sent ``every``
    so many seconds, or as soon as there are 500. ``on_error`` hears of events that the server did
    not keep, from the client's thread; without it they are logged.
    """
    outbox = Outbox(outbox_folder(url, key) if folder is None else Path(folder))
    return Client(url, Courier(outbox, key, on_error), every, timeout)
