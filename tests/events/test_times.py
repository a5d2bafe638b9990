"""What a client's time means: every spelling of an instant is that instant."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.errors import Invalid
from ethogram.events.times import (
    DAY,
    EARLIEST,
    FUTURE_ALLOWED,
    LATEST,
    SECOND,
    correct,
    iso,
    parse,
    uuid7,
)

instants = st.integers(EARLIEST, LATEST - 1)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def as_datetime(instant: int) -> datetime:
    """The instant as Python's datetime in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)


@given(instants)
def test_every_instant_comes_back_from_iso(instant: int) -> None:
    """`parse` undoes `iso`, to the microsecond."""
    assert parse(iso(instant)) == instant


@given(instants, zones)
def test_a_zone_changes_the_spelling_only(instant: int, zone: timezone) -> None:
    """One instant written in any offset is one instant, as text and as a datetime."""
    if not 1 <= instant // DAY <= LATEST // DAY - 2:
        return
    local = as_datetime(instant).astimezone(zone)
    assert parse(local) == parse(local.isoformat()) == instant


@given(instants)
def test_a_time_without_a_zone_is_utc(instant: int) -> None:
    """The machine's zone plays no part."""
    assert parse(as_datetime(instant).replace(tzinfo=None)) == instant


@given(st.integers(0, LATEST // SECOND - 1))
def test_numbers_are_seconds_milliseconds_or_microseconds(seconds: int) -> None:
    """A Unix time's unit is told by its size, for times after 1973."""
    assert parse(seconds) == seconds * SECOND
    if seconds >= 10**8:
        assert parse(seconds * 1_000) == parse(seconds * SECOND) == seconds * SECOND


@given(st.integers(10**14, LATEST - 1))
def test_a_unix_time_keeps_its_microseconds(instant: int) -> None:
    """Microseconds are kept exactly, and seconds with a fraction to the microsecond."""
    assert parse(instant) == instant
    assert parse(instant / SECOND) == instant


@given(st.floats())
def test_any_number_is_an_instant_or_a_clear_error(value: float) -> None:
    """Not a number, infinity and the far future are refused, never kept."""
    try:
        assert EARLIEST <= parse(value) < LATEST
    except Invalid as error:
        assert error.code == "time_out_of_range"


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_a_clear_error(value: str) -> None:
    """Text in any script is a time or is refused with a hint."""
    try:
        assert EARLIEST <= parse(value) < LATEST
    except Invalid as error:
        assert error.code in {"bad_time", "time_out_of_range"}
        assert error.hint


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("9999-12-31T23:59:59-14:00", "time_out_of_range"),
        ("0001-01-01T00:00:00+14:00", "time_out_of_range"),
        ("2100-01-01", "time_out_of_range"),
        ("1969-12-31T23:59:59Z", "time_out_of_range"),
        (-1, "time_out_of_range"),
        (10**400, "time_out_of_range"),
        ("2025-02-29", "bad_time"),
        ("2026-13-01", "bad_time"),
        ("tomorrow", "bad_time"),
        ("1772366400", "bad_time"),
        ("", "bad_time"),
    ],
)
def test_what_is_no_time_of_ours_is_refused(said: str | int, code: str) -> None:
    """The year 9999, a day that is not there and plain words have a code, a place and a hint."""
    with pytest.raises(Invalid) as caught:
        parse(said, at="$[3].timestamp")
    assert (caught.value.code, caught.value.at) == (code, "$[3].timestamp")
    assert caught.value.hint
    assert len(caught.value.message) < 200


def test_leap_days_are_days() -> None:
    """29 February lies between the 28th and 1 March, in leap years, 2000 too."""
    for year in (1972, 2000, 2024, 2096):
        assert parse(f"{year}-02-29") - parse(f"{year}-02-28") == DAY
        assert parse(f"{year}-03-01") - parse(f"{year}-02-29") == DAY


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    """When clocks go back, the two half past twos are an hour apart, and the day has 25 hours."""
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)
    assert parse(first.replace(fold=1).isoformat()) - parse(first.isoformat()) == 3_600 * SECOND
    start, end = datetime(2026, 10, 25, tzinfo=berlin), datetime(2026, 10, 26, tzinfo=berlin)
    assert parse(end.isoformat()) - parse(start.isoformat()) == 25 * 3_600 * SECOND


@given(instants, instants, instants)
def test_a_corrected_time_is_never_ahead_of_its_receipt(
    client: int, sent: int, received: int
) -> None:
    """However wrong a clock is, an event did not happen after it arrived, nor before 1970."""
    at, basis = correct(client, sent, received)
    assert basis == "corrected"
    assert EARLIEST <= at <= received


@given(instants, st.integers(0, 30 * DAY), st.integers(-DAY, DAY), st.integers(0, 60 * SECOND))
def test_a_wrong_clock_is_taken_out(happened: int, waited: int, wrong: int, way: int) -> None:
    """A clock that is wrong by any amount gives the same instant, late by the way it took."""
    client, sent = happened + wrong, happened + waited + wrong
    assert correct(client, sent, happened + waited + way)[0] == happened + way


@given(st.none() | instants, instants)
def test_without_a_time_of_sending_only_the_far_future_is_mended(
    client: int | None, received: int
) -> None:
    """A lone client time is believed up to 23 hours ahead; else the server's own stands."""
    at, basis = correct(client, None, received)
    believed = client is not None and client <= received + FUTURE_ALLOWED
    assert (at, basis) == ((client, "client") if believed else (received, "server"))


@given(instants, st.none() | instants, instants)
def test_a_time_marked_true_is_believed(client: int, sent: int | None, received: int) -> None:
    """An import's times are not corrected, in the future neither."""
    assert correct(client, sent, received, true=True) == (client, "true")


@given(instants, instants)
def test_ids_sort_by_time(one: int, other: int) -> None:
    """Ids made in different milliseconds have the order of their milliseconds."""
    first, second = sorted((one, other))
    if first // 1000 < second // 1000:
        assert uuid7(first) < uuid7(second)


@given(instants)
def test_ids_are_uuids_of_version_7(instant: int) -> None:
    """The milliseconds, the version and the variant stand where RFC 9562 wants them."""
    digits = uuid7(instant).replace("-", "")
    assert int(digits[:12], 16) == instant // 1000
    assert digits[12] == "7"
    assert digits[16] in "89ab"


def test_ids_made_at_once_differ() -> None:
    """A thousand ids of one instant are a thousand ids."""
    assert len({uuid7(0) for _ in range(1000)}) == 1000
