"""Retention against a slow and obvious oracle, and its laws."""

import itertools
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.questions.question import Scope
from ethogram.ask.questions.retention import RETENTION, Retention
from ethogram.ask.questions.step import Step
from ethogram.events.times import DAY

N = 3
LENGTH = 8
STREAM = st.lists(st.tuples(st.integers(0, LENGTH * 3 - 1), st.sampled_from("ABC")), max_size=8)
CROWD = st.lists(STREAM, min_size=1, max_size=4)
SPECS = st.builds(
    lambda mode, start_mode, back, first: Retention(
        "A", back, periods=N, mode=mode, start_mode=start_mode, from_=f"1970-01-0{1 + first}"
    ),
    st.sampled_from(["on", "on_or_after"]),
    st.sampled_from(["first_ever", "first_in_range", "recurring"]),
    st.sampled_from("AB"),
    st.integers(0, 3),
)


def rows_of(row, crowd):
    """Times are thirds of days."""
    return [
        row(person, t * DAY // 3, name)
        for person, stream in enumerate(crowd, 1)
        for t, name in stream
    ]


def ask(spec, snapshot, cut=None, extent=(0, LENGTH * DAY - 1)):
    asked = RETENTION.ask(spec, Scope(frozenset(), frozenset(), *extent, 9999 * DAY))
    total = asked.nothing
    for part in snapshot.parts:
        n = len(part.run.units)
        bounds = sorted({0, min(cut or 0, n), n})
        for low, high in itertools.pairwise(bounds):
            total = asked.merge(asked.over(part)(low, high), total)
    return asked.finish(total)


def oracle(spec, crowd):
    """Sets of people, straight from the definition."""
    since = int(spec.from_[-1]) - 1
    return cohorts_of(spec, crowd, since, LENGTH, lambda t: t // 3)


def cohorts_of(spec, crowd, since, length, day_of):
    """The cohorts of the days ``since:length``; ``day_of`` says on which day a time is."""
    sizes, returned = {}, {}
    for person, stream in enumerate(crowd):
        starts = sorted(t for t, name in stream if name == "A")
        if spec.start_mode == "first_ever":
            starts = starts[:1]
        starts = [t for t in starts if day_of(t) >= since]
        if spec.start_mode != "recurring":
            starts = starts[:1]
        first_of_day = {day_of(t): t for t in reversed(starts)}
        for day, t0 in first_of_day.items():
            sizes.setdefault(day, set()).add(person)
            for t, name in stream:
                if spec.return_.event not in (None, name) or t < t0:
                    continue
                k = day_of(t) - day
                ks = range(k + 1) if spec.mode == "on_or_after" else [k]
                for reached in ks:
                    returned.setdefault((day, reached), set()).add(person)
    return [
        {
            "size": len(sizes.get(day, ())),
            "returned": [len(returned.get((day, k), ())) for k in range(spec.periods + 1)],
        }
        for day in range(since, length)
    ]


@settings(max_examples=300, deadline=None)
@given(crowd=CROWD, spec=SPECS, wide=st.booleans())
def test_cohorts_are_those_of_sets_of_people(row, snapshot, crowd, spec, wide):
    """Every size and every cell is what counting people in sets gives."""
    found = ask(spec, snapshot(rows_of(row, crowd), wide=wide))
    cohorts = [{k: c[k] for k in ("size", "returned")} for c in found.results["cohorts"]]
    assert cohorts == oracle(spec, crowd)


DAYS = st.one_of(st.sampled_from([0, 1, 15, 16, 63, 64, 127, 128]), st.integers(0, 150))
MINUTES = st.one_of(st.sampled_from([0, 44, 45, 640, 645, 1439]), st.integers(0, 1439))
TIMES = st.builds(lambda day, minute: day * 1440 + minute, DAYS, MINUTES)
LONG = st.lists(st.tuples(TIMES, st.sampled_from("ABC")), max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    crowd=st.lists(LONG, min_size=1, max_size=3),
    place=st.sampled_from(
        [("UTC", 0), ("Europe/Berlin", 400), ("Africa/Monrovia", 720), ("Pacific/Kiritimati", 3550)]
    ),
    periods=st.sampled_from([3, 64, 100]),
    mode=st.sampled_from(["on", "on_or_after"]),
    start_mode=st.sampled_from(["first_ever", "recurring"]),
    back=st.sampled_from(["A", "B", None]),
)
def test_cohorts_over_many_days_are_those_of_a_wall_calendar(
    row, snapshot, crowd, place, periods, mode, start_mode, back
):
    """Beyond 64 periods too, and where clocks once changed by half a minute; any may return."""
    zone, zero = place
    spec = Retention("A", Step(back), periods=periods, mode=mode, start_mode=start_mode,
                     timezone=zone)  # fmt: skip
    rows = [
        row(person, zero * DAY + (t * 60 + 45) * 1_000_000, name)
        for person, stream in enumerate(crowd, 1)
        for t, name in stream
    ]
    found = ask(spec, snapshot(rows, parts=2), extent=(zero * DAY, (zero + 151) * DAY - 1))

    def date_of(t):
        return datetime.fromtimestamp((zero * 1440 + t) * 60 + 45, ZoneInfo(zone)).date()

    def day_of(t):
        return (date_of(t) - date_of(0)).days

    cohorts = [{k: c[k] for k in ("size", "returned")} for c in found.results["cohorts"]]
    assert cohorts == cohorts_of(spec, crowd, 0, 1 + day_of(151 * 1440 - 1), day_of)


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, spec=SPECS, cut=st.integers(0, 4))
def test_parts_and_chunks_do_not_matter(row, snapshot, crowd, spec, cut):
    """People dealt over several runs and cut anywhere give the same answer."""
    rows = rows_of(row, crowd)
    assert ask(spec, snapshot(rows[::-1], parts=3), cut) == ask(spec, snapshot(rows))


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, more=STREAM, spec=SPECS)
def test_more_people_never_lower_a_count(row, snapshot, crowd, more, spec):
    """Another person leaves every cell as it was or one higher."""
    few = ask(spec, snapshot(rows_of(row, crowd))).results["cohorts"]
    many = ask(spec, snapshot(rows_of(row, [*crowd, more]))).results["cohorts"]
    for a, b in zip(few, many, strict=True):
        cells = zip([a["size"], *a["returned"]], [b["size"], *b["returned"]], strict=True)
        assert all(y - x in (0, 1) for x, y in cells)
