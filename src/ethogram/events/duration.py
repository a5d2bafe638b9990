"""Durations as people write them: ``"30m"``, ``"7d"``."""

import re

from ethogram.events.errors import Invalid
from ethogram.events.times import DAY, SECOND

_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": DAY, "w": 7 * DAY}
_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw])")


def microseconds(text: str, at: str) -> int:
    """The length of ``text``: a number and one of s, m, h, d (24 hours), w (7 days).

    >>> microseconds("30m", "$.within") == 1_800_000_000
    True
    """
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise Invalid(
            "bad_duration",
            f"{text[:64]!r} is not a duration.",
            at=at,
            hint='Write a number and a unit (s, m, h, d, w), such as "30m" or "7d".',
        )
    return round(float(found[1]) * _UNITS[found[2]])
