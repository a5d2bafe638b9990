"""How much a second one key may bring, events or questions: a bucket of tokens, one for each.

The bucket holds one second's worth. A request is let in while there is a token, and its events are
then taken out, also below nothing: so a batch larger than the bucket passes, and the next request
waits until its debt is paid.
"""

import time
from collections.abc import Callable

from ethogram.events.errors import Throttled


class Allowance:
    """``rate`` a second of ``what``; 0 is without end. ``clock`` gives seconds and never steps
    back.
    """

    def __init__(
        self, rate: float, clock: Callable[[], float] = time.monotonic, what: str = "events"
    ) -> None:
        self._rate, self._what = rate, what
        self._clock = clock
        self._tokens = rate
        self._at = clock()

    def check(self) -> None:
        """Raises `Throttled` where more came already than was allowed."""
        if not self._rate:
            return
        now = self._clock()
        self._tokens = min(self._rate, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens <= 0:
            raise Throttled(
                f"too_many_{self._what}",
                f"With this key {self._rate:g} {self._what} a second are taken.",
                hint="Send the same events again after the seconds that Retry-After says.",
                retry_after=int(-self._tokens / self._rate) + 1,
            )

    def take(self, count: int) -> None:
        """So many came."""
        self._tokens -= count
