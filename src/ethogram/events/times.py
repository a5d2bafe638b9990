"""The time rules: what a client's time means, and what is done about wrong clocks.

Instants are integers, microseconds since 1970-01-01T00:00:00Z. A time without a zone is UTC.
"""

import os
import time
from datetime import UTC, datetime, timedelta

from ethogram.events.errors import Invalid
from ethogram.events.event import Instant, TimeBasis

SECOND: Instant = 1_000_000
MINUTE: Instant = 60 * SECOND
DAY: Instant = 86_400 * SECOND
EARLIEST: Instant = 0
LATEST: Instant = 4_102_444_800 * SECOND
"""2100-01-01: beyond it a time is a mistake, not a plan."""
FUTURE_ALLOWED: Instant = 23 * 3_600 * SECOND
"""A clock further ahead than this is wrong (PostHog's rule, reference B)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def now() -> Instant:
    """This machine's clock."""
    return time.time_ns() // 1000


def parse(value: str | int | float | datetime, at: str = "$.timestamp") -> Instant:
    """The instant that a client's ``value`` means.

    Text is ISO 8601; numbers are Unix times in seconds (below 1e11), milliseconds (below 1e14)
    or microseconds. Raises `Invalid` (``bad_time``, ``time_out_of_range``), whose message does
    not repeat the value: it may be somebody's name in the wrong field.

    >>> parse("1970-01-02") == DAY
    True
    >>> parse(1_772_366_400) == parse(1_772_366_400_000) == parse("2026-03-01T12:00Z")
    True
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Invalid(
                "bad_time",
                "This is not a time.",
                at=at,
                hint='Write ISO 8601, such as "2026-03-01T12:00:00Z", or a Unix time.',
            ) from None
    if isinstance(value, datetime):
        instant = (value - (_EPOCH if value.tzinfo else _NAIVE_EPOCH)) // _MICROSECOND
    else:
        size = abs(value)
        scale = SECOND if size < 1e11 else 1000 if size < 1e14 else 1
        instant = round(value * scale) if size < 1e18 else LATEST
    if EARLIEST <= instant < LATEST:
        return instant
    raise Invalid(
        "time_out_of_range",
        "The time lies outside 1970 to 2099.",
        at=at,
        hint="Times must lie from 1970-01-01 up to, and not including, 2100-01-01.",
    )


def correct(
    client: Instant | None, sent: Instant | None, received: Instant, *, true: bool = False
) -> tuple[Instant, TimeBasis]:
    """The instant at which an event happened, and why we think so.

    ``client`` is the client's time of the event and ``sent`` its time of sending, by the same
    clock, so their difference is right even if the clock is not. A time marked ``true`` (an
    import, a server's own) is believed. A result ahead of ``received`` becomes ``received``
    when both clocks are known, or when it is ahead by more than `FUTURE_ALLOWED`.

    >>> correct(90, 100, 1000)
    (990, 'corrected')
    >>> correct(None, None, 1000)
    (1000, 'server')
    """
    if client is None:
        return received, "server"
    if true:
        return client, "true"
    if sent is not None:
        return max(min(received + client - sent, received), EARLIEST), "corrected"
    if client > received + FUTURE_ALLOWED:
        return received, "server"
    return client, "client"


def iso(instant: Instant) -> str:
    """ISO 8601 in UTC, with as many digits as the instant has.

    >>> iso(DAY)
    '1970-01-02T00:00:00Z'
    """
    return (_EPOCH + timedelta(microseconds=instant)).isoformat().replace("+00:00", "Z")


def uuid7(instant: Instant) -> str:
    """A new event id whose order is that of time (RFC 9562, version 7).

    >>> uuid7(0)[:15]
    '00000000-0000-7'
    """
    millis = (instant // 1000).to_bytes(6)
    noise = bytearray(os.urandom(10))
    noise[0] = 0x70 | (noise[0] & 0x0F)
    noise[2] = 0x80 | (noise[2] & 0x3F)
    digits = (millis + noise).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
