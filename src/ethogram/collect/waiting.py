"""How much may wait: the bytes of every request that is not answered yet, whatever its stage.

Bodies are held from their first byte until their events are durable, so this bounds the memory of
slow clients and of a slow disk alike. A request beyond the bound is told to come back; one that
is larger than the bound by itself passes when nothing else waits.
"""

from collections.abc import Generator
from contextlib import contextmanager

from ethogram.events.errors import Busy


class Waiting:
    """At most ``most`` bytes are held at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0

    @contextmanager
    def share(self) -> Generator["Share"]:
        """One request's share, given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self._held -= share.size

    def grow(self, size: int, own: int) -> None:
        """Hold ``size`` bytes more for one that has ``own``.

        Raises `Busy` (``queue_full``) where they are too many beside those of others.
        """
        if self._held > own and self._held + size > self._most:
            raise Busy(
                "queue_full",
                "Too many requests are waiting to be answered.",
                hint="Try again soon.",
            )
        self._held += size


class Share:
    """What one request holds."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self.size = 0

    def hold(self, size: int) -> None:
        """Hold ``size`` bytes in all, or more if it was more already. Raises as `grow` does."""
        if size > self.size:
            self._waiting.grow(size - self.size, self.size)
            self.size = size
