"""How much one key may bring, events or questions: a bucket of tokens, one for each.

The bucket holds one second's worth. A request is let in while there is a token, and its events are
then taken out, also below nothing: so a batch larger than the bucket passes, and the next request
waits until its debt is paid.
"""

import time
from collections.abc import Callable

from ethogram.events.errors import Throttled


class Allowance:
    """``rate`` a second of ``what``; 0 is without end. ``clock`` gives seconds and never steps
    back. The bucket holds ``most``, where it is not one second's worth.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        what: str = "events",
        most: float = 0.0,
    ) -> None:
        self._rate, self._what, self._most = rate, what, most or rate
        self._clock = clock
        self._tokens = self._most
        self._at = clock()

    def check(self) -> None:
        """Raises `Throttled` where more came already than was allowed."""
        if not self._rate:
            return
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens <= 0:
            raise Throttled(
                f"too_many_{self._what}",
                f"With this key {self._often()} are taken.",
                hint="Send the same again after the seconds that Retry-After says.",
                retry_after=int(-self._tokens / self._rate) + 1,
            )

    def _often(self) -> str:
        if self._rate < 1:
            return f"{self._rate * 3600:g} {self._what} an hour"
        return f"{self._rate:g} {self._what} a second"

    def take(self, count: int) -> None:
        """So many came."""
        self._tokens -= count
