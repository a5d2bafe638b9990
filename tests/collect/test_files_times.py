"""Columns of times are read by the rules of single times."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.collect.sources.instants import Time, instants
from ethogram.events.errors import Invalid
from ethogram.events.times import parse

MOMENT = datetime(2006, 4, 7, 17, 8, tzinfo=UTC)
MICROS = int(MOMENT.timestamp() * 1e6)


@pytest.mark.parametrize(
    "text",
    [
        "2006-04-07 17:08",
        "2006-04-07T17:08:00",
        "2006-04-07T17:08:00.000",
        "2006-04-07T17:08:00Z",
        "2006-04-07 19:08:00+02:00",
        "2006-04-07T17:08:00.000000+00:00",
        str(MICROS // 1_000_000),
        str(MICROS // 1_000),
        str(MICROS),
        "1144429680.0",
    ],
)
def test_each_form_of_a_time_is_understood(text):
    """ISO with space or T, to the minute or finer, with and without zone, and Unix times."""
    for column in ([text], [text, "not a time"]):
        found, states = instants(pa.array(column))
        assert (found[0], states[0]) == (MICROS, Time.GOOD)


def test_a_day_is_its_beginning():
    """A date alone, also in eight digits, is midnight UTC."""
    for text in ("2006-04-07", "20060407"):
        assert instants(pa.array([text]))[0][0] == parse("2006-04-07")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.none()
        | st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)).map(str)
        | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
        | st.integers(0, 5 * 10**9).map(str)
        | st.text(max_size=8),
        max_size=6,
    )
)
def test_a_column_is_read_as_its_values_one_by_one(column):
    """Whether a column is of one form or mixed, each value means what it means alone."""
    found, states = instants(pa.array(column, pa.string()))
    for text, instant, state in zip(column, found, states, strict=True):
        alone, alone_state = instants(pa.array([text], pa.string()))
        assert state == alone_state[0]
        if state == Time.GOOD:
            assert instant == alone[0]


@given(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)).map(datetime.isoformat))
def test_text_means_what_the_time_rules_say(text):
    """ISO text in a column is the instant that `times.parse` gives."""
    assert instants(pa.array([text]))[0][0] == parse(text)


@given(st.integers(-(10**19), 10**19 - 1) | st.floats(allow_nan=False))
def test_numbers_mean_what_the_time_rules_say(number):
    """Unix times in a numeric column are the instants that `times.parse` gives."""
    if isinstance(number, int) and abs(number) >= 2**63:
        number = float(number)
    found, states = instants(pa.array([number]))
    try:
        assert (found[0], states[0]) == (parse(number), Time.GOOD)
    except Invalid:
        assert states[0] == Time.OUT_OF_RANGE


def test_typed_columns_of_times_need_no_parsing():
    """Dates and timestamps of any unit and zone are instants; null is missing."""
    columns = [
        pa.array([MOMENT, None], pa.timestamp("ns", "UTC")),
        pa.array([MOMENT, None], pa.timestamp("s", "Europe/Berlin")),
        pa.array([MOMENT.replace(tzinfo=None), None], pa.timestamp("ms")),
        pa.array([MICROS // 1000, None], pa.int64()),
    ]
    for column in columns:
        found, states = instants(column)
        assert found[0] == MICROS
        assert states.tolist() == [Time.GOOD, Time.MISSING]
    assert instants(pa.array([date(2006, 4, 7)]))[0][0] == parse("2006-04-07")


def test_what_is_no_time_is_bad():
    """A column of flags has no times."""
    assert np.array_equal(instants(pa.array([True, None]))[1], [Time.BAD, Time.MISSING])
