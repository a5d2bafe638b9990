"""Trends against a slow and obvious oracle, exact sums, and calendars."""

import random
import statistics
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.kernels.periods import period, periods
from ethogram.ask.questions.calendar import calendar
from ethogram.ask.questions.sums import sums
from ethogram.ask.questions.trends import Product, Series, Trends
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate, prop
from ethogram.events.times import DAY, SECOND

NOW = 99 * DAY
VALUE = st.one_of(st.none(), st.booleans(), st.sampled_from(["x", "y"]), st.integers(-3, 3))
EVENT = st.tuples(
    st.integers(1, 4), st.integers(0, 11), st.sampled_from("AB"), VALUE, st.integers(0, 2)
)
EVENTS = st.lists(EVENT, min_size=1, max_size=14)


def rows_of(row, events):
    """Times are thirds of days; one event of each name and both properties on day 0."""
    known = [row(99, 0, name, {"v": 0, "g": 0}) for name in "AB"]
    return known + [
        row(person, t * DAY // 3, name, {"v": value, "g": group})
        for person, t, name, value, group in events
    ]


def with_known(events):
    return [(99, 0, "A", 0, 0), (99, 0, "B", 0, 0), *events]


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def measured(measure, events):
    """One point, straight from the definition."""
    numbers = [value for *_, value, _ in events if is_number(value)]
    match measure:
        case "total":
            return len(events)
        case "people":
            return len({person for person, *_ in events})
        case "sum":
            return sum(numbers)
        case "distinct":
            return len({repr(value) for *_, value, _ in events if value is not None})
    if not numbers:
        return None
    return {
        "mean": statistics.fmean, "min": min, "max": max, "p50": statistics.median,
        "p90": lambda values: pytest.approx(float(np.percentile(values, 90))),
    }[measure](numbers)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    events=EVENTS,
    measure=st.sampled_from(
        ["total", "people", "sum", "mean", "min", "max", "p50", "p90", "distinct"]
    ),
    by=st.booleans(),
    where=st.booleans(),
)
def test_points_are_what_counting_by_hand_gives(row, snapshot, events, measure, by, where):
    """Every measure, with and without groups and a predicate, in any number of parts."""
    counted = measure in ("total", "people")
    series = Series("A", measure, None if counted else "v", where=prop("g") > 0 if where else None)
    spec = Trends([series, "B"], by=["g"] if by else [])
    found = answer(spec, snapshot(rows_of(row, events), parts=2), NOW)
    kept = [e for e in with_known(events) if e[2] == "A" and (not where or e[4] > 0)]
    groups = sorted({e[4] for e in kept}) if by else [None]
    wanted = {
        group: [
            measured(measure, [e for e in kept if e[1] // 3 == day and group in (None, e[4])])
            for day in range(1 + max(e[1] for e in with_known(events)) // 3)
        ]
        for group in groups
    }
    lines = {
        line["by"]["g"] if by else None: [value for _, value in line["points"]]
        for line in found.results["series"]
        if line["name"] != "B"
    }
    assert lines == wanted


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(st.one_of(
        st.decimals(-10**6, 10**6, places=3).map(float),
        st.floats(-1e300, 1e300, allow_subnormal=True),
        st.integers(-(2**53), 2**53).map(float),
    ), max_size=12),
    cut=st.integers(0, 12),
)  # fmt: skip
def test_sums_are_exact_however_they_are_split(values, cut):
    """Decimals of six places sum as decimals, other doubles as the fractions they are."""

    def exact(value):
        short = Fraction(round(Fraction(value) * 10**6), 10**6)
        return short if abs(value) < 2**53 / 10**6 and float(short) == value else Fraction(value)

    def total(some):
        return sums([np.array(some)], np.zeros(len(some), np.int64), 1)

    assert total(values).values() == [sum(map(exact, values))]
    assert (total(values[:cut]) + total(values[cut:])).values() == total(values).values()


def test_products_of_money_are_exact_beyond_64_bits():
    """Scaled integers whose products overflow fall back to whole numbers without end."""
    a, b = np.array([123456789.123457, 2.5]), np.array([987654321.000001, 0.1])
    found = sums([a, b], np.zeros(2, np.int64), 1).values()
    wanted = sum(Fraction(x) * Fraction(y) for x, y in (
        ("123456789.123457", "987654321.000001"), ("2.5", "0.1")))  # fmt: skip
    assert found == [wanted]


@settings(max_examples=100, deadline=None)
@given(
    unit=st.sampled_from(["hour", "day", "week", "month"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata",
                          "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Gaza"]),
    start=st.integers(0, 1_900_000_000),
    seconds=st.integers(0, 40 * 86_400),
    pick=st.floats(0, 1),
)  # fmt: skip
def test_periods_are_those_of_the_local_calendar(unit, zone, start, seconds, pick):
    """The period of any second begins at the hour, day, week or month it has in that zone."""
    where = ZoneInfo(zone)
    found = calendar(unit, where, start * SECOND, (start + seconds) * SECOND)
    second = start + round(seconds * pick)
    p = period(periods(found.starts), second)
    assert found.starts[p] <= second < found.starts[p + 1]
    local = datetime.fromtimestamp(second, where)
    begins = datetime.fromtimestamp(int(found.starts[p]), where)
    if unit == "hour":
        assert (second - found.starts[p]) < 3600
    elif unit == "day":
        assert begins.date() == local.date()
    elif unit == "week":
        assert begins.date() == local.date() - timedelta(days=local.weekday())
    else:
        assert begins.date() == local.date().replace(day=1)


@pytest.mark.parametrize("wide", [False, True])
def test_many_names_count_as_few_do(row, snapshot, wide):
    """Any event, of more names than are compared one by one, over more events than a word."""
    rng = random.Random(3)
    rows = [
        row(rng.randrange(40), rng.randrange(9 * DAY), f"e{rng.randrange(30)}") for _ in range(900)
    ]
    spec = Trends([Series(), Series(measure="people")], from_="1970-01-02", to="1970-01-08")
    found = answer(spec, snapshot(rows, wide=wide), NOW).results["series"]
    days = [[r.person for r in rows if r.time // DAY == day] for day in range(1, 7)]
    assert [value for _, value in found[0]["points"]] == [len(people) for people in days]
    assert [value for _, value in found[1]["points"]] == [len(set(people)) for people in days]


def test_points_go_on_to_the_end_asked_but_not_beyond_now(row, snapshot):
    """Empty periods up to ``to`` have points; those that have not begun have none."""
    events = snapshot([row(1, 0, "A")])
    spec = Trends(["A"], to=datetime.fromtimestamp(5 * 86_400, UTC).isoformat())
    assert len(answer(spec, events, NOW).rows) == 5
    assert len(answer(spec, events, 2 * DAY + 1).rows) == 3


def test_a_measure_and_its_property_must_fit(row, snapshot):
    """A count takes no property and a sum needs one."""
    events = snapshot([row(1, 0, "A", {"v": 1})])
    for series, at in (
        (Series("A", "sum"), r"\$.series\[0\].measure"),
        (Series("A", "total", "v"), r"\$.series\[0\].property"),
        (Series("A", "sum", Product(("v", "w"))), "no property 'w'"),
    ):
        with pytest.raises(Invalid, match=at):
            answer(Trends([series]), events, NOW)


def test_the_order_of_rows_does_not_matter(row, snapshot):
    """Shuffled rows give the same points, to the last digit."""
    rows = [row(i % 5, i * DAY // 7, "A", {"v": i * 0.1}) for i in range(40)]
    spec = Trends([Series("A", "sum", "v"), Series("A", "mean", "v")])
    shuffled = random.Random(2).sample(rows, len(rows))
    assert answer(spec, snapshot(shuffled, parts=3), NOW).rows == answer(
        spec, snapshot(rows), NOW).rows  # fmt: skip


def test_series_that_python_takes_for_equal_are_two(row, snapshot):
    """True is 1 to Python, and no value of a property is both."""
    rows = [row(1, 0, "A", {"v": True}), row(2, 0, "A", {"v": 1}), row(3, 0, "A", {"v": 1})]
    series = [Series("A", where=Predicate("v", "=", value)) for value in (True, 1)]
    found = answer(Trends(series, interval="all"), snapshot(rows), NOW).results["series"]
    assert [line["points"][0][1] for line in found] == [1, 2]
