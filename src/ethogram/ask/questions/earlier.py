"""Earlier times with which a range is compared, by the clock and calendar of a time zone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ethogram.ask.questions.calendar import MONTHS, Unit, moved
from ethogram.ask.questions.spec import Range
from ethogram.events import times
from ethogram.events.event import Instant
from ethogram.events.times import SECOND

_WIDTH = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


def range_before(first: Instant, last: Instant, zone: ZoneInfo, unit: Unit | None = None) -> Range:
    """What comes before ``first:last`` and is like it; they share no instant.

    Whole months, quarters and years of ``zone`` are moved back by as many months. Anything else
    is as long by the clock on the wall, and ends at ``first``; but where it is looked at by
    periods of a ``unit``, it is moved by the fewest whole ones, so that it falls into no more of
    them. Weeks are always moved by weeks. Raises `Invalid` (``time_out_of_range``).
    """
    low, high = _local(first, zone), _local(last, zone)
    whole = unit != "week" and all(_begins_month(end, zone) for end in (first, last))
    if unit in MONTHS or whole:
        width = MONTHS.get(unit or "", 1)
        if whole:
            low, high = _midnight(low), _midnight(high)
        months = -(-_months(low, high) // width) * width
        return _range((moved(low, months=-months), _end_moved(high, months)), zone)
    width = _WIDTH.get(unit or "", high - low)
    back = -(-(high - low) // width) * width
    return _range((low - back, high - back), zone)


def year_before(first: Instant, last: Instant, zone: ZoneInfo, unit: Unit) -> Range:
    """The same dates of the year before; of weeks, 52 weeks before. Raises as `range_before`."""
    ends = _local(first, zone), _local(last, zone)
    if unit == "week":
        return _range((end - timedelta(weeks=52) for end in ends), zone)
    return _range((moved(end, months=-12) for end in ends), zone)


def _months(low: datetime, high: datetime) -> int:
    """By how many months ``high`` must go back, at least, not to lie after ``low``."""
    months = (high.year - low.year) * 12 + high.month - low.month
    return months + (_end_moved(high, months) > low)


def _end_moved(end: datetime, months: int) -> datetime:
    """``end`` so many months earlier; as the day that a month lacks, the month's end."""
    back = moved(end, months=-months)
    return back if back.day == end.day else moved(_midnight(back.replace(day=1)), months=1)


def _begins_month(instant: Instant, zone: ZoneInfo) -> bool:
    """Whether a month begins then, which it does later where the clock skips midnight."""
    start = _midnight(_local(instant, zone).replace(day=1))
    return start.replace(tzinfo=zone).timestamp() * SECOND == instant


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _local(instant: Instant, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    whole = datetime.fromtimestamp(instant // SECOND, zone).replace(tzinfo=None, fold=0)
    return whole + timedelta(microseconds=instant % SECOND)


def _range(ends: Iterable[datetime], zone: ZoneInfo) -> Range:
    return Range(*(times.parse(end.replace(tzinfo=zone), "$.compare") for end in ends))
