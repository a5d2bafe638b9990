"""Totals and people of plain trends: what is kept of a run, and 64 periods at a time."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from math import gcd
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.kernels.windows import WIDE, reciprocal, windows
from ethogram.ask.questions.trends import Series, Trends
from ethogram.ask.sequences.run import Part, Snapshot
from ethogram.events.times import SECOND, iso

QUARTER = 900 * SECOND
PLACES = st.sampled_from(
    [
        ("UTC", 2021), ("Europe/Berlin", 2021), ("Asia/Kathmandu", 2021),
        ("Australia/Lord_Howe", 2021), ("America/Sao_Paulo", 2018), ("Africa/Monrovia", 1972),
        ("Pacific/Kiritimati", 1979),
    ]
)  # fmt: skip
WITHIN = st.sampled_from([0, 1, 60 * SECOND, QUARTER - 1])
MINUTE = st.one_of(st.sampled_from([0, 30, 44, 45, 640, 645, 1365, 1380]), st.integers(0, 1439))
MOMENT = st.builds(
    lambda day, minute, rest: (day * 1440 + minute) * 60 * SECOND + rest,
    st.one_of(st.integers(0, 8), st.integers(0, 150)), MINUTE, WITHIN,
)  # fmt: skip
EVENTS = st.lists(st.tuples(st.integers(1, 5), MOMENT, st.sampled_from("ABC")), max_size=12)
MOMENTS = st.one_of(st.none(), MOMENT)


def begins(unit, zone, instant):
    """The label of the period that holds ``instant``, from the calendar on the wall."""
    local = datetime.fromtimestamp(instant // SECOND, ZoneInfo(zone))
    if unit == "hour":
        return iso(instant // (4 * QUARTER) * 4 * QUARTER)
    day = local.date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()
    return iso(int(midnight) * SECOND)


def as_instants(points):
    return {iso(round(datetime.fromisoformat(at).timestamp()) * SECOND): n for at, n in points if n}


@settings(max_examples=400, deadline=None)
@given(
    events=EVENTS,
    place=PLACES,
    unit=st.sampled_from(["hour", "day", "week", "month"]),
    ends=st.tuples(MOMENTS, MOMENTS),
    dead=st.sets(st.integers(1, 5)),
    parts=st.integers(1, 3),
    wide=st.booleans(),
)
def test_counts_are_those_of_a_wall_calendar(
    row, snapshot, events, place, unit, ends, dead, parts, wide
):
    """In every zone, range and snapshot: each living event once, each person once a period."""
    zone, year = ("UTC", place[1]) if unit == "hour" else place
    zero = int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * SECOND
    first, last = (end if end is None else zero + end for end in ends)
    if first is not None and last is not None and first >= last:
        first, last = None, first
    known = [(9, zero, name) for name in "ABC"]
    rows = known + [(person, zero + at, name) for person, at, name in events]
    whole = snapshot([row(*each) for each in rows], parts=parts, wide=wide)
    masked = [
        Part(part.run, np.isin(part.run.units, list(dead)).astype(np.uint8)) for part in whole.parts
    ]
    series = [Series(name, measure) for name in ("A", None) for measure in ("total", "people")]
    spec = Trends(
        series, interval=unit, timezone=zone,
        from_=None if first is None else iso(first), to=None if last is None else iso(last),
    )  # fmt: skip
    now = zero + 200 * 96 * QUARTER
    found = answer(spec, Snapshot(tuple(masked), whole.state), now).results["series"]
    seen = [
        (person, begins(unit, zone, at), name)
        for person, at, name in rows
        if person not in dead and (first is None or first <= at) and (last is None or at < last)
    ]
    for line, each in zip(found, series, strict=True):
        own = [(person, at) for person, at, name in seen if each.event in (None, name)]
        counted = own if each.measure == "total" else set(own)
        assert as_instants(line["points"]) == Counter(at for _, at in counted)


def test_a_total_is_of_the_living_whichever_are_more(row, snapshot):
    """What is kept of a run counts dead units too: they are taken off, or the living counted."""
    rows = [row(person, person * QUARTER, "A") for person in range(1, 10)]
    (part,) = snapshot(rows).parts
    for gone in range(10):
        dead = (np.arange(9) < gone).astype(np.uint8)
        some = Snapshot((Part(part.run, dead),), snapshot(rows).state)
        (line,) = answer(Trends(["A"]), some, 99 * QUARTER).results["series"]
        assert [n for _, n in line["points"]] == [9 - gone]


def test_every_range_of_units_adds_up(row, snapshot):
    """Units cut anywhere give partials whose sum is the whole, dead units left out."""
    rows = [row(person, person * 50 * QUARTER, "AB"[person % 2]) for person in range(1, 200)]
    (part,) = snapshot(rows).parts
    dead = (part.run.units % 7 == 0).astype(np.uint8)
    wanted = defaultdict(int)
    for each in rows:
        wanted[each.time // (96 * QUARTER)] += each.person % 7 != 0
    found = answer_in_chunks(Trends([Series(), Series(measure="people")]), Part(part.run, dead))
    for line in found["series"]:
        assert [n for _, n in line["points"]] == [wanted[day] for day in range(len(wanted))]


def answer_in_chunks(spec, part):
    """The results where partials are asked for of a few units each, the last units first."""
    from ethogram.ask.engines.embedded import scope_of
    from ethogram.ask.questions.trends import TRENDS
    from ethogram.ask.sequences.run import State

    asked = TRENDS.ask(spec, scope_of(Snapshot((part,), State(0)), 0))
    partial, total, n = asked.over(part), asked.nothing, len(part.run.units)
    for low in reversed(range(0, n, 67)):
        total = asked.merge(total, partial(low, min(low + 67, n)))
    return asked.finish(total).results


@settings(max_examples=200, deadline=None)
@given(
    width=st.integers(1, 450).map(lambda half: 2 * half),
    seconds=st.lists(st.integers(0, 2**32 - 1), min_size=1),
)
@example(width=900, seconds=[2**32 - 1, 2**32 // 900 * 900, 2**32 // 900 * 900 - 1, 899, 900])
def test_a_multiplication_divides_exactly(width, seconds):
    """Every second of 2³² is put into the right step, by 32-bit factors."""
    halves, factor, shift = reciprocal(width)
    assert factor < 2**32
    assert [((n >> halves) * factor >> shift) for n in seconds] == [n // width for n in seconds]


@settings(max_examples=100, deadline=None)
@given(
    first=st.integers(-(10**9), 10**9),
    lengths=st.lists(st.sampled_from([900, 3600, 86_400, 82_800]), min_size=1, max_size=150),
)
def test_each_step_has_the_bit_of_its_period(first, lengths):
    """The words of all windows, in order, are the periods' bits, and end with none."""
    bounds = np.cumsum([first, *lengths])
    of, width = windows(bounds), gcd(*lengths)
    for w, zero in enumerate(of.zeros.tolist()):
        words = of.words[of.firsts[w] : of.firsts[w + 1]]
        steps = zero + width * np.arange(len(words) - 1)
        p = np.searchsorted(bounds, steps, side="right") - 1
        assert (p // WIDE == w).all()
        assert words.tolist() == [*(1 << (p % WIDE)).astype(np.uint64).tolist(), 0]
