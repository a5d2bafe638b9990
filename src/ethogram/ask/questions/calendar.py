"""Hours, days, weeks and months as people in a time zone have them."""

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

Unit: TypeAlias = Literal["hour", "day", "week", "month", "all"]
"""``all`` is one period, however long."""
MOST = 100_000


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
    unit: Unit, zone: ZoneInfo, first: Instant, last: Instant, beyond: int = 0
) -> Calendar:
    """The periods from the one that holds ``first`` to that of ``last``, and ``beyond`` more.

    A day begins at local midnight (or when the clock that skips it strikes), a week on Monday.
    An hour that the clocks repeat is two hours.
    """
    if unit == "all":
        return Calendar(np.array([first // SECOND, last // SECOND + 1], np.int64), zone)
    starts: list[int] = []
    left = beyond + 1
    for start in _starts(unit, zone, datetime.fromtimestamp(first // SECOND, zone).date()):
        if starts and start <= first // SECOND:
            starts.clear()
        starts.append(start)
        left -= start > last // SECOND
        if not left:
            break
        if len(starts) > MOST:
            raise Invalid(
                "too_many_periods",
                f"There are more than {MOST} {unit}s in that range.",
                hint="Take a longer interval, or say from and to.",
            )
    return Calendar(np.array(starts, np.int64), zone)


def _starts(unit: Unit, zone: ZoneInfo, day: date) -> Iterator[int]:
    """Starts of periods from the one that ``day`` lies in, without end."""
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    while True:
        step = timedelta(days={"week": 7, "month": 31}.get(unit, 1))
        after = (day + step).replace(day=1) if unit == "month" else day + step
        midnight = _midnight(day, zone)
        if unit == "hour":
            yield from range(midnight, _midnight(after, zone), 3600)
        else:
            yield midnight
        day = after


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
