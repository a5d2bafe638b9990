"""Minutes, hours, days, weeks, months, quarters and years as people in a time zone have them."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from ethogram.ask.kernels.periods import Periods, periods
from ethogram.ask.kernels.windows import Windows, windows
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.spec import Range
from ethogram.ask.sequences.run import Int64s, Run
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant
from ethogram.events.times import SECOND

Unit: TypeAlias = Literal["minute", "hour", "day", "week", "month", "quarter", "year", "all"]
"""``all`` is one period, however long."""
Weekday: TypeAlias = Literal["monday", "sunday"]
MOST = 100_000
MONTHS = {"month": 1, "quarter": 3, "year": 12}
_CLOCK = {"minute": 60, "hour": 3600}


@dataclass(frozen=True)
class Calendar:
    """Periods one after the other; period ``p`` is ``starts[p]:starts[p + 1]`` (Unix seconds)."""

    starts: Int64s
    zone: ZoneInfo

    def __len__(self) -> int:
        return len(self.starts) - 1

    def label(self, p: int) -> str:
        """ISO 8601 of the start of period ``p``, in the calendar's zone."""
        start = datetime.fromtimestamp(int(self.starts[p]), self.zone)
        return start.isoformat().replace("+00:00", "Z")

    def end(self, p: int) -> Instant:
        """The instant at which period ``p`` ends."""
        return int(self.starts[p + 1]) * SECOND

    def of(self, run: Run) -> Periods:
        """The periods in seconds from the run's origin."""
        found = periods(self.starts - run.origin)
        return Periods(frozen(found.bounds), frozen(found.cells), found.shift)

    def windows(self, run: Run) -> Windows:
        """The periods as words, as far as they lie between the run's first and last event."""
        first, last = (instant // SECOND for instant in facts_of(run).extent())
        low, high = np.searchsorted(self.starts, [first, last], side="right")
        within = np.clip(np.arange(len(self.starts)), max(low - 1, 0), min(high, len(self)))
        found = windows(self.starts[within] - run.origin)
        return found._replace(
            words=frozen(found.words), firsts=frozen(found.firsts), zeros=frozen(found.zeros)
        )

    def cut(self, when: Range, width: int) -> "Calendar | None":
        """The periods without what lies outside ``when``.

        None where its ends do not lie on whole ``width`` seconds.
        """
        if any((end or 0) % (width * SECOND) for end in when):
            return None
        starts = self.starts.copy()
        if when.first is not None:
            starts[0] = max(starts[0], when.first // SECOND)
        if when.last is not None:
            starts[-1] = min(starts[-1], when.last // SECOND)
        return Calendar(starts, self.zone)


def calendar(
    unit: Unit,
    zone: ZoneInfo,
    first: Instant,
    last: Instant,
    beyond: int = 0,
    *,
    week_starts: Weekday = "monday",
    at: str = "$.interval",
) -> Calendar:
    """The periods from the one that holds ``first`` to that of ``last``, and ``beyond`` more.

    A day begins at local midnight: at the first of two, or when the clock that skips it strikes;
    a date that the zone skips has no period. Hours and minutes begin as the clock on the wall
    strikes, and where it is changed: one that is repeated is two. Raises `Invalid`
    (``too_many_periods``) where the spec says the unit: ``at``.
    """
    if unit == "all":
        return Calendar(np.array([first // SECOND, last // SECOND + 1], np.int64), zone)
    starts: list[int] = []
    left = beyond + 1
    day = datetime.fromtimestamp(first // SECOND, zone).date()
    for start in _starts(unit, zone, day, week_starts):
        if starts and start <= starts[-1]:
            continue
        if starts and start <= first // SECOND:
            starts.clear()
        starts.append(start)
        left -= start > last // SECOND
        if not left:
            break
        if len(starts) > MOST:
            raise Invalid(
                "too_many_periods",
                f"There are more than {MOST:,} {unit}s in that range.",
                at=at,
                hint="Take a longer interval, or say from and to.",
            )
    return Calendar(np.array(starts, np.int64), zone)


def moved(local: datetime, *, days: int = 0, months: int = 0) -> datetime:
    """``local`` so many days or months later by the calendar, its clock unchanged.

    A day that the month lacks is its last.
    """
    month = local.year * 12 + local.month - 1 + months
    first = local.replace(year=month // 12, month=month % 12 + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(local.day, last.day)) + timedelta(days=days)


def _starts(unit: Unit, zone: ZoneInfo, day: date, week_starts: Weekday) -> Iterator[int]:
    """Starts of periods from the one that ``day`` lies in, without end."""
    months, days = MONTHS.get(unit, 0), 7 if unit == "week" else 1
    if unit == "week":
        day -= timedelta(days=(day.weekday() + (week_starts == "sunday")) % 7)
    elif months:
        day = date(day.year, (day.month - 1) // months * months + 1, 1)
    at = datetime(day.year, day.month, day.day)
    while True:
        after = moved(at, months=months) if months else at + timedelta(days=days)
        midnight = _instant(at, zone)
        if unit in _CLOCK:
            yield from _strikes(midnight, _instant(after, zone), zone, _CLOCK[unit])
        else:
            yield midnight
        at = after


def _strikes(low: int, high: int, zone: ZoneInfo, width: int) -> Iterator[int]:
    """From ``low``, as the clock shows whole ``width`` seconds, and where it is changed."""
    while low < high:
        changed, offset = _changed(low, high, zone), _offset(low, zone)
        yield low
        yield from range(low + width - (low + offset) % width, changed, width)
        low = changed


def _changed(low: int, high: int, zone: ZoneInfo) -> int:
    """The first second of another offset than at ``low``; ``high`` where that ends as it began."""
    offset = _offset(low, zone)
    if _offset(high - 1, zone) == offset:
        return high
    return low + bisect_left(range(low, high), True, key=lambda t: _offset(t, zone) != offset)


def _offset(second: int, zone: ZoneInfo) -> int:
    """What the zone's clocks are ahead of UTC, in seconds."""
    ahead = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if ahead is None else ahead // timedelta(seconds=1)


def _instant(local: datetime, zone: ZoneInfo) -> int:
    return int(local.replace(tzinfo=zone).timestamp())
