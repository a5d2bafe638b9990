"""When an interval of a trend begins and ends by its zone's clocks, and whether it is whole."""

from datetime import UTC, datetime, timedelta

from ethogram.events import times
from ethogram.show.charts.answers import Asked, TrendSeries

_MINUTE, _DAY = "%Y-%m-%d %H:%M", "%Y-%m-%d"
_LABELS = {
    "minute": _MINUTE, "hour": _MINUTE, "day": _DAY, "week": _DAY, "month": "%Y-%m", "year": "%Y",
}  # fmt: skip
_BEFORE = {
    "minute": "at", "hour": "at", "day": "on", "week": "in the week of", "month": "in",
    "quarter": "in", "year": "in",
}  # fmt: skip
_CLOCK = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def whole(asked: Asked, series: TrendSeries) -> dict[str, bool]:
    """Of each interval, by its start: whether none of it is cut by ``from``, ``to`` or now."""
    first = _moment(asked, asked.from_) if asked.from_ else None
    ends = [_moment(asked, end) for end in (asked.to, asked.now) if end]
    return {
        start: (first is None or _moment(asked, start) >= first)
        and all(_end(asked, start) <= end for end in ends)
        for start, _ in series.points
    }


def known(asked: Asked, series: TrendSeries) -> list[tuple[str, float]]:
    """The points of whole intervals that have a value."""
    done = whole(asked, series)
    return [(start, value) for start, value in series.points if value is not None and done[start]]


def label(asked: Asked, start: str) -> str:
    """The interval on an axis, such as ``2026-03-01``."""
    moment = _moment(asked, start)
    if asked.interval == "quarter":
        return f"{moment.year} Q{(moment.month + 2) // 3}"
    return moment.strftime(_LABELS[asked.interval])


def said(asked: Asked, start: str) -> str:
    """The interval within a sentence, such as ``on 2026-03-01``."""
    return f"{_BEFORE[asked.interval]} {label(asked, start)}"


def _end(asked: Asked, start: str) -> datetime:
    moment = _moment(asked, start)
    if asked.interval in _CLOCK:
        return moment.astimezone(UTC) + _CLOCK[asked.interval]
    if asked.interval in _DAYS:
        return moment + timedelta(days=_DAYS[asked.interval])
    if asked.interval in _MONTHS:
        month = moment.month - 1 + _MONTHS[asked.interval]
        return moment.replace(year=moment.year + month // 12, month=month % 12 + 1, day=1)
    return moment


def _moment(asked: Asked, iso: str) -> datetime:
    """An instant in the question's zone; arithmetic with it is that of the wall clock.

    Raises `Invalid` (``bad_time``, ``time_out_of_range``).
    """
    times.parse(iso, "$.series")
    moment = datetime.fromisoformat(iso)
    return (moment if moment.tzinfo else moment.replace(tzinfo=asked.zone)).astimezone(asked.zone)
