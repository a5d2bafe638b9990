"""Lifecycle against a slow and obvious oracle, and its laws."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.lifecycle import STATES, Lifecycle
from ethogram.ask.questions.step import Step
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import DAY, iso

NOW = 99 * DAY
LENGTH = 8
EVENT = st.tuples(st.integers(0, LENGTH * 3 - 1), st.sampled_from("AB"), st.integers(0, 1))
CROWD = st.lists(st.lists(EVENT, max_size=8), min_size=1, max_size=5)
SPECS = st.builds(
    lambda event, first, to, where, by: Lifecycle(
        event,
        from_=f"1970-01-0{1 + first}T07:00" if first else None,
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
    """Sets of people per day and state, straight from the definition; and each one's group."""
    first = int(spec.from_[9]) - 1 if spec.from_ else 0
    end = int(spec.to[9]) - 1 if spec.to else LENGTH
    kept = [r for r in sorted(rows, key=lambda r: r.time) if spec.event.event in (None, r.event)
            and (spec.where is None or r.properties["g"] > 0) and r.time < end * DAY]  # fmt: skip
    days, group = {}, {}
    for r in kept:
        days.setdefault(r.person, set()).add(r.time // DAY)
        group.setdefault(r.person, r.properties["g"])
    states = {}
    for day in range(first, end):
        for person, active in days.items():
            if day in active:
                state = "resurrected"
                if day == min(active):
                    state = "new"
                elif day - 1 in active:
                    state = "returning"
            elif day - 1 in active:
                state = "dormant"
            else:
                continue
            states.setdefault((day, state), set()).add(person)
    return range(first, end), states, group


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, spec=SPECS, parts=st.integers(1, 3), wide=st.booleans())
def test_states_are_those_of_sets_of_people(row, snapshot, crowd, spec, parts, wide):
    """Every number, of everybody and of each group, and the people behind it."""
    rows = rows_of(row, crowd)
    found = answer(spec, snapshot(rows, parts=parts, wide=wide), NOW)
    days, states, group = oracle(spec, rows)
    answers = [(None, found.results["intervals"])]
    answers += [(each["by"], each["intervals"]) for each in found.results.get("groups", ())]
    for by, intervals in answers:
        assert [each["from"] for each in intervals] == [iso(day * DAY) for day in days]
        for day, each in zip(days, intervals, strict=True):
            for state in STATES:
                people = states.get((day, state), set())
                people = {p for p in people if by is None or group[p] == by["g"]}
                assert each[state] == len(people) * (-1 if state == "dormant" else 1)
                cell = {"interval": each["from"], "state": state, "by": by}
                assert found.drill(cell).tolist() == sorted(people)


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, more=st.lists(EVENT, max_size=8), spec=SPECS)
def test_more_people_never_lower_a_count(row, snapshot, crowd, more, spec):
    """Another person leaves every number as it was, or one further from zero."""
    few = answer(spec, snapshot(rows_of(row, crowd)), NOW).results["intervals"]
    many = answer(spec, snapshot(rows_of(row, [*crowd, more])), NOW).results["intervals"]
    for a, b in zip(few, many, strict=True):
        assert all(abs(b[state]) - abs(a[state]) in (0, 1) for state in STATES)


def test_an_interval_that_has_not_ended_says_so(row, snapshot):
    """Now, and ``to``, may lie within the last interval."""
    events = snapshot([row(1, 0, "A"), row(1, 2 * DAY, "A")])

    def complete(now, to=None):
        found = answer(Lifecycle("A", to=to), events, now).results["intervals"]
        return [each["complete"] for each in found]

    assert complete(2 * DAY + 1) == [True, True, False]
    assert complete(3 * DAY) == [True, True, True]
    assert complete(9 * DAY, "1970-01-02T12:00") == [True, False]


def test_no_such_interval_or_group(row, snapshot):
    """A number that is not in the answer has no people."""
    found = answer(Lifecycle("A"), snapshot([row(1, 0, "A")]), NOW)
    with pytest.raises(Invalid, match="No interval"):
        found.people(interval="1970-01-02T00:00:00Z", state="new")
    with pytest.raises(Invalid, match="groups"):
        found.people(interval="1970-01-01T00:00:00Z", state="new", by={"g": 1})
