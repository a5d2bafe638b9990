"""When an interval of a trend begins and ends by its zone's clocks, and whether it is whole."""

from datetime import UTC, datetime, timedelta

from ethogram.events import times
from ethogram.show.charts.answers import Asked, TrendSeries

_LABELS = {"hour": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m"}
_BEFORE = {"hour": "at", "day": "on", "week": "in the week of", "month": "in"}


def whole(asked: Asked, series: TrendSeries) -> dict[str, bool]:
    """Of each interval, by its start: whether none of it is cut by ``from``, ``to`` or now."""
    first = _moment(asked, asked.from_) if asked.from_ else None
    ends = [_moment(asked, end) for end in (asked.to, asked.now) if end]
    return {
        start: (first is None or _moment(asked, start) >= first)
        and all(_end(asked, start) <= end for end in ends)
        for start, _ in series.points
    }


def label(asked: Asked, start: str) -> str:
    """The interval on an axis, such as ``2026-03-01``."""
    return _moment(asked, start).strftime(_LABELS[asked.interval])


def said(asked: Asked, start: str) -> str:
    """The interval within a sentence, such as ``on 2026-03-01``."""
    return f"{_BEFORE[asked.interval]} {label(asked, start)}"


def _end(asked: Asked, start: str) -> datetime:
    moment = _moment(asked, start)
    match asked.interval:
        case "hour":
            return moment.astimezone(UTC) + timedelta(hours=1)
        case "day":
            return moment + timedelta(days=1)
        case "week":
            return moment + timedelta(days=7)
        case "month":
            return (moment.replace(day=1) + timedelta(days=32)).replace(day=1)
        case "all":
            return moment


def _moment(asked: Asked, iso: str) -> datetime:
    """An instant in the question's zone; arithmetic with it is that of the wall clock.

    Raises `Invalid` (``bad_time``, ``time_out_of_range``).
    """
    times.parse(iso, "$.series")
    moment = datetime.fromisoformat(iso)
    return (moment if moment.tzinfo else moment.replace(tzinfo=asked.zone)).astimezone(asked.zone)
