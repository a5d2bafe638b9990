"""Segments against sets of people, the people behind each number, and the laws."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.segments import Segment, Segments
from ethogram.events.predicate import Predicate, prop
from ethogram.events.times import iso

SECOND = 1_000_000
NOW = 99 * SECOND
EVENTS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 9), st.sampled_from("ABCDEF"), st.booleans()),
    max_size=30,
)
WHEN = st.tuples(st.integers(0, 4), st.integers(5, 10))


def rows_of(row, events):
    known = [row(99, 0, name, {"v": False}) for name in "ABCDEF"]
    return known + [row(p, t * SECOND, name, {"v": v}) for p, t, name, v in events]


def cohorts(n):
    """Those who did A, B, …, and by a value those whose last is true."""
    named = [Segment(name, Cohort(did=name)) for name in "ABCDEF"[: n - 1]]
    return (*named, Segment("v", Cohort(is_=Predicate("v", "=", True))))


def sets_of(rows, n):
    found = {name: {row.person for row in rows if row.event == name} for name in "ABCDEF"[: n - 1]}
    last = {row.person: row.properties["v"] for row in sorted(rows, key=lambda row: row.time)}
    return found | {"v": {person for person, value in last.items() if value}}


@settings(max_examples=200, deadline=None)
@given(
    events=EVENTS,
    n=st.integers(1, 7),
    when=WHEN,
    where=st.booleans(),
    parts=st.integers(1, 3),
)
def test_overlaps_are_those_of_sets(row, snapshot, events, n, when, where, parts):
    """Sizes, pairs, and of up to five segments every intersection, of those in range only."""
    rows = rows_of(row, events)
    first, last = when
    spec = Segments(cohorts(n), from_=iso(first * SECOND), to=iso(last * SECOND),
                    where=prop("v") == True if where else None)  # noqa: E712 # fmt: skip
    found = answer(spec, snapshot(rows, parts=parts), NOW)
    everybody = {
        row.person
        for row in rows
        if first * SECOND <= row.time < last * SECOND and (row.properties["v"] or not where)
    }
    sets = {name: own & everybody for name, own in sets_of(rows, n).items()}
    results = found.results
    assert results["total"] == len(everybody)
    assert {each["name"]: each["people"] for each in results["segments"]} == {
        name: len(own) for name, own in sets.items()
    }
    for pair in results["pairs"]:
        a, b = (sets[name] for name in pair["segments"])
        assert pair["people"] == len(a & b)
        assert pair["jaccard"] == (len(a & b) / len(a | b) if a | b else None)
        lift = len(a & b) * len(everybody) / (len(a) * len(b)) if a and b else None
        assert pair["lift"] == lift
    assert len(results["pairs"]) == n * (n - 1) // 2
    assert ("overlaps" in results) == (n <= 5)
    for each in results.get("overlaps", ()):
        inside = set.intersection(*(sets[name] for name in each["segments"]))
        beside = [own for name, own in sets.items() if name not in each["segments"]]
        assert each["people"] == len(inside)
        assert each["only"] == len(inside - set().union(*beside))
    if "overlaps" in results:
        wanted = [list(c) for k in range(1, n + 1) for c in combinations(sets, k)]
        assert [each["segments"] for each in results["overlaps"]] == wanted
        exactly = sum(each["only"] for each in results["overlaps"])
        assert results["none"] + exactly == results["total"]


@settings(max_examples=50, deadline=None)
@given(events=EVENTS, n=st.integers(1, 6), parts=st.integers(1, 2))
def test_the_people_behind_each_number_are_as_many(row, snapshot, events, n, parts):
    """Of every overlap, alone and with others, of nobody's and of all."""
    found = answer(Segments(cohorts(n)), snapshot(rows_of(row, events), parts=parts), NOW)
    assert len(found.people()) == found.results["total"]
    for each in found.results["segments"]:
        assert len(found.people(segments=[each["name"]])) == each["people"]
    for each in found.results.get("overlaps", ()):
        assert len(found.people(segments=each["segments"])) == each["people"]
        assert len(found.people(segments=each["segments"], only=True)) == each["only"]
    if "none" in found.results:
        assert len(found.people(only=True)) == found.results["none"]


def test_the_frame_is_of_the_segments(row, snapshot):
    """A row each."""
    frame = answer(Segments(cohorts(3)), snapshot(rows_of(row, [])), NOW).to_polars()
    assert frame.columns == ["name", "people", "share"]
    assert frame["name"].to_list() == ["A", "B", "v"]


def test_sessions_are_counted_where_they_are_the_units(row, snapshot):
    """A person of two sessions counts twice."""
    rows = [row(1, 0, "A"), row(1, NOW * 99, "B"), row(2, 0, "A")]
    spec = Segments((Segment("b", Cohort(did="B")),), unit="session")
    assert answer(spec, snapshot(rows), NOW * 999).results["segments"][0]["people"] == 2


@pytest.mark.parametrize("cut", range(4))
def test_partials_merge_in_any_order(row, snapshot, cut):
    """Cut anywhere, and from the last to the first."""
    from ethogram.ask.questions.segments import ask

    rows = rows_of(row, [(i, i, "AB"[i % 2], bool(i % 3)) for i in range(1, 9)])
    spec = Segments(cohorts(3))
    wanted = answer(spec, snapshot(rows), NOW).results
    seen = answered_parts(spec, snapshot(rows))
    asked = ask(spec, None)
    total = asked.nothing
    n = len(seen.run.units)
    for low, high in reversed([*pairwise(sorted({0, cut, cut * 2, n}))]):
        total = asked.merge(asked.over(seen)(low, high), total)
    assert asked.finish(total).results == wanted


def answered_parts(spec, snapshot):
    """The one part, with the members of the spec's cohorts."""
    from zoneinfo import ZoneInfo

    from ethogram.ask.questions.cohort import key_of
    from ethogram.ask.questions.members import Moment, members
    from ethogram.ask.sequences.run import Part

    (part,) = snapshot.parts
    moment = Moment(NOW, ZoneInfo("UTC"))
    among = {
        key_of(each.cohort): members(each.cohort, part, moment)(0, len(part.run.units))
        for each in spec.segments
    }
    return Part(part.run, part.dead, among)
