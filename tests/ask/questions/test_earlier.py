"""The earlier times with which a range is compared."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.ask.questions.calendar import calendar
from ethogram.ask.questions.earlier import range_before, year_before
from ethogram.events.times import DAY, SECOND

BERLIN = ZoneInfo("Europe/Berlin")


def at(text, zone=BERLIN):
    """The instant of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("unit", "range_", "before"),
    [
        (None, "2026-03-01 2026-04-01", "2026-02-01 2026-03-01"),
        (None, "2026-04-01 2026-07-01", "2026-01-01 2026-04-01"),
        (None, "2026-01-01 2027-01-01", "2025-01-01 2026-01-01"),
        (None, "2026-03-29 2026-03-30", "2026-03-28 2026-03-29"),
        (None, "2026-03-01 2026-03-31", "2026-01-30 2026-03-01"),
        (None, "2026-03-10 2026-03-12T15:30", "2026-03-07T08:30 2026-03-10"),
        ("day", "2026-03-01 2026-04-01", "2026-02-01 2026-03-01"),
        ("day", "2026-03-10T10:00 2026-03-11T12:00", "2026-03-08T10:00 2026-03-09T12:00"),
        ("week", "2026-03-01 2026-04-01", "2026-01-25 2026-02-25"),
        ("month", "2026-03-01 2026-03-31", "2026-02-01 2026-03-01"),
        ("month", "2026-03-01 2026-03-05", "2026-02-01 2026-02-05"),
        ("month", "2026-02-20 2026-03-10", "2026-01-20 2026-02-10"),
        ("month", "2026-02-01 2026-03-31", "2025-12-01 2026-01-31"),
        ("quarter", "2026-02-01 2026-04-01", "2025-11-01 2026-01-01"),
        ("year", "2026-01-01 2026-04-01", "2025-01-01 2025-04-01"),
    ],
)
def test_what_comes_before_is_like_the_range(unit, range_, before):
    """Whole months are months, days of a changed clock are days, and dates stay dates."""
    first, last = map(at, range_.split())
    assert list(range_before(first, last, BERLIN, unit)) == list(map(at, before.split()))


def test_a_month_that_begins_without_midnight_is_whole():
    """Where the clock skips midnight, the day begins when it strikes one."""
    zone = ZoneInfo("America/Asuncion")
    first, last = at("2000-10-01", zone), at("2000-11-01", zone)
    assert datetime.fromtimestamp(first // SECOND, zone).hour == 1
    assert list(range_before(first, last, zone)) == [at("2000-09-01", zone), first]


def test_the_year_before_has_the_same_dates_or_weekdays():
    """Of weeks it is 52 weeks earlier, to the same hour."""
    first, last = at("2024-02-29"), at("2024-03-02T07:00")
    dates = [at("2023-02-28"), at("2023-03-02T07:00")]
    assert list(year_before(first, last, BERLIN, "day")) == dates
    assert list(year_before(first, last, BERLIN, "week")) == [
        at("2023-03-02"), at("2023-03-04T07:00")
    ]  # fmt: skip


@given(
    unit=st.sampled_from(["day", "week", "month", "quarter", "year"]),
    start=st.integers(5 * 365, 20_000),
    hours=st.integers(1, 3_000),
    hour=st.integers(0, 23),
)
def test_what_comes_before_falls_into_no_more_periods(unit, start, hours, hour):
    """It ends before the range begins, and within the period before."""
    zone = ZoneInfo("UTC")
    first = start * DAY + hour * 3600 * SECOND
    last = first + hours * 3600 * SECOND
    low, high = range_before(first, last, zone, unit)
    assert low < high <= first
    shown, before = (calendar(unit, zone, a, b - 1) for a, b in ((first, last), (low, high)))
    months = unit == "day" and all(datetime.fromtimestamp(end // SECOND, zone).day == 1
                                   for end in (first, last))  # fmt: skip
    assert len(before) <= len(shown) or months
    assert first - high < 367 * DAY
