"""What to send next, and what to do about the answer; it neither waits nor knows a network."""

import gzip
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import random

import msgspec

from ethogram.events.errors import EthogramError, Invalid, Refused, TooLarge
from ethogram.events.event import Event
from ethogram.events.times import now, uuid7
from ethogram.send.outbox import Lot, Outbox

BATCH, BYTES = 500, 800_000
"""Events of a request, and bytes, at most."""
SMALL = 1_000
"""Bytes below which compressing is not worth it."""
SOON, LATE = 0.5, 60.0
"""Seconds before the second attempt, and the longest between two."""
REFUSED = frozenset({401, 403})
AGAIN = frozenset({408, 425, 429})

OnError = Callable[[EthogramError, bytes], None]
_encode = msgspec.json.Encoder().encode
_log = logging.getLogger("ethogram.send")


def noted(error: EthogramError, _: bytes) -> None:
    """What is done about an error where nobody says otherwise: it is logged."""
    _log.warning("%s", error)


@dataclass(frozen=True)
class Post:
    """A request to make."""

    body: bytes
    headers: Mapping[str, str]
    lot: Lot


class Courier:
    """Takes events to the outbox, and from there to whoever posts them.

    ``on_error`` hears of events that the server did not keep, with their JSON, and of requests
    that it refuses as a whole (then the JSON is empty): these are sent again.
    """

    def __init__(self, outbox: Outbox, key: str, on_error: OnError | None) -> None:
        self._outbox = outbox
        self._key = key
        self._on_error = on_error or noted
        self._most = BATCH
        self._failures = 0

    def take(self, event: Event) -> str:
        """Keep an event; what comes back is its id. Raises `Busy` where too many wait."""
        at = now()
        if event.sent_at is not None:
            raise Invalid("sent_at_given", "The client says itself when it sends.", at="$.sent_at")
        event = msgspec.structs.replace(
            event,
            event_id=event.event_id or uuid7(at),
            timestamp=at if event.timestamp is None else event.timestamp,
        )
        self._outbox.append([_encode(event)])
        return event.event_id or ""

    @property
    def waiting(self) -> int:
        """The bytes of the events that have not arrived."""
        return self._outbox.size

    @property
    def plenty(self) -> bool:
        """Whether so many wait that the next request need not."""
        return self.waiting > BYTES // 4

    def next(self) -> Post | None:
        """The request to make now, if there is anything to send."""
        lot = self._outbox.lot(self._most, BYTES)
        if lot is None:
            return None
        said = b',"sent_at":%d}' % now()
        body = b"[" + b",".join(line[:-1] + said for line in lot.lines) + b"]"
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        if len(body) > SMALL:
            body, headers["content-encoding"] = gzip.compress(body, 5), "gzip"
        return Post(body, headers, lot)

    def answered(self, post: Post, status: int, headers: Mapping[str, str], body: bytes) -> float:
        """Settle a request; the seconds to wait before the next."""
        if 200 <= status < 300:
            self._kept(post.lot, body)
            return 0
        if status >= 500 or status in AGAIN:
            return max(self._later(), _seconds(headers.get("retry-after")))
        if status in REFUSED:
            hint = "The events wait until it takes the key."
            error = Refused("key_refused", f"The server answered {status}.", at="key", hint=hint)
            self._on_error(error, b"")
            self._failures += 10
            return self._later()
        if len(post.lot.lines) > 1:
            # One of them is at fault: it is found by halves.
            self._most = max(len(post.lot.lines) // 2, 1)
            return 0
        kind = TooLarge if status == TooLarge.status else Invalid
        self._on_error(kind("event_refused", f"The server answered {status}."), post.lot.lines[0])
        self._done(post.lot)
        return 0

    def failed(self, error: Exception) -> float:
        """There was no answer; the seconds to wait."""
        _log.info("No answer: %s", error)
        return self._later()

    def close(self) -> None:
        """Leave what waits to the next process."""
        self._outbox.close()

    def _kept(self, lot: Lot, body: bytes) -> None:
        try:
            rejected = msgspec.json.decode(body).get("rejected", [])
        except (msgspec.DecodeError, AttributeError):
            rejected = []
        for each in rejected:
            error = Invalid(each["code"], each["message"], at=each["at"], hint=each["hint"])
            self._on_error(error, lot.lines[each["index"]])
        self._done(lot)

    def _done(self, lot: Lot) -> None:
        lot.file.arrived(lot.upto)
        self._failures, self._most = 0, min(self._most * 2, BATCH)

    def _later(self) -> float:
        """Twice as long after each failure, and not all clients at once."""
        self._failures += 1
        longest = min(SOON * 2 ** min(self._failures - 1, 10), LATE)
        # Nobody guards a secret with it.
        return longest * (0.5 + random() / 2)  # noqa: S311  # nosec B311


def _seconds(said: str | None) -> float:
    try:
        return min(float(said or 0), LATE * 5)
    except ValueError:
        return 0
