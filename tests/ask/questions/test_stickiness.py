"""Stickiness against a slow and obvious oracle, and its laws."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.step import Step
from ethogram.ask.questions.stickiness import Stickiness
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import DAY

NOW = 99 * DAY
LENGTH = 8
EVENT = st.tuples(st.integers(0, LENGTH * 3 - 1), st.sampled_from("AB"), st.integers(0, 1))
CROWD = st.lists(st.lists(EVENT, max_size=8), min_size=1, max_size=5)
SPECS = st.builds(
    lambda event, first, to, where, by: Stickiness(
        event,
        from_=f"1970-01-0{1 + first}" if first else None,
        to=f"1970-01-0{to}" if to else None,
        where=prop("g") > 0 if where else None,
        by=["g"] if by else [],
    ),
    st.sampled_from(["A", Step()]),
    st.integers(0, 3),
    st.sampled_from([None, 5, 7, 9]),
    st.booleans(),
    st.booleans(),
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks of a few events, so that every answer is merged of several."""
    monkeypatch.setattr(embedded, "CHUNK", 5)


def rows_of(row, crowd):
    """Times are thirds of days; one event of each name on the first day and on the last."""
    known = [row(99, day * DAY, name, {"g": 1}) for day in (0, LENGTH - 1) for name in "AB"]
    return known + [
        row(person, t * DAY // 3, name, {"g": group})
        for person, stream in enumerate(crowd, 1)
        for t, name, group in stream
    ]


def oracle(spec, rows):
    """Of each person the days active, and the group."""
    first = int(spec.from_[9]) - 1 if spec.from_ else 0
    end = int(spec.to[9]) - 1 if spec.to else LENGTH
    days, group = {}, {}
    for r in sorted(rows, key=lambda r: r.time):
        fits = spec.event.event in (None, r.event) and first <= r.time // DAY < end
        if fits and (spec.where is None or r.properties["g"] > 0):
            days.setdefault(r.person, set()).add(r.time // DAY)
            group.setdefault(r.person, r.properties["g"])
    return end - first, days, group


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, spec=SPECS, parts=st.integers(1, 3), wide=st.booleans())
def test_people_are_active_as_often_as_their_days_say(row, snapshot, crowd, spec, parts, wide):
    """Exactly and at least, of everybody and of each group, and the people behind each number."""
    rows = rows_of(row, crowd)
    found = answer(spec, snapshot(rows, parts=parts, wide=wide), NOW)
    length, days, group = oracle(spec, rows)
    answers = [(None, found.results["stickiness"])]
    answers += [(each["by"], each["stickiness"]) for each in found.results.get("groups", ())]
    for by, often in answers:
        own = {p: len(d) for p, d in days.items() if by is None or group[p] == by["g"]}
        assert [each["intervals"] for each in often] == [*range(1, length + 1)]
        for n, each in enumerate(often, 1):
            exactly = sorted(p for p, active in own.items() if active == n)
            at_least = sorted(p for p, active in own.items() if active >= n)
            assert (each["people"], each["at_least"]) == (len(exactly), len(at_least))
            assert each["share"] == (len(exactly) / len(own) if own else None)
            assert found.drill({"intervals": n, "by": by}).tolist() == exactly
            cell = {"intervals": n, "at_least": True, "by": by}
            assert found.drill(cell).tolist() == at_least


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, more=st.lists(EVENT, max_size=8), spec=SPECS)
def test_more_people_never_lower_a_count(row, snapshot, crowd, more, spec):
    """Another person leaves every number as it was or one higher."""
    few = answer(spec, snapshot(rows_of(row, crowd)), NOW).results["stickiness"]
    many = answer(spec, snapshot(rows_of(row, [*crowd, more])), NOW).results["stickiness"]
    for a, b in zip(few, many, strict=True):
        assert b["people"] - a["people"] in (0, 1)
        assert b["at_least"] - a["at_least"] in (0, 1)


def test_more_intervals_than_there_are(row, snapshot):
    """Nobody can be asked for who was active in none, or in more than there are."""
    found = answer(Stickiness("A"), snapshot([row(1, 0, "A")]), NOW)
    for n in (0, 2):
        with pytest.raises(Invalid, match="intervals"):
            found.people(intervals=n)
