"""Cohorts against a slow and obvious oracle: one person after the other, event by event."""

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.split import Split
from ethogram.ask.questions.step import Step
from ethogram.ask.sequences.run import Part, Snapshot, State
from ethogram.events.predicate import Predicate
from ethogram.events.times import iso

SECOND = 1_000_000
NOW = 11
VALUE = st.sampled_from([None, True, 1, 2, "x"])
PROPERTIES = st.fixed_dictionaries({}, optional={"v": VALUE, "w": VALUE})
EVENTS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 12), st.sampled_from("ABC"), PROPERTIES),
    max_size=16,
)
INSTANT = st.integers(0, 13)
LENGTH = st.integers(0, 9)
LEAF = st.builds(
    Predicate,
    st.sampled_from("vw"),
    st.sampled_from(["=", "!="]),
    st.sampled_from([True, 1, 2, "x"]),
)
ASKED = st.recursive(
    LEAF | st.builds(lambda name: Predicate(name, "exists"), st.sampled_from("vw")),
    lambda inner: st.one_of(
        st.builds(lambda parts: Predicate(all=tuple(parts)), st.lists(inner, max_size=2)),
        st.builds(lambda parts: Predicate(any=tuple(parts)), st.lists(inner, max_size=2)),
        st.builds(lambda part: Predicate(not_=part), inner),
    ),
    max_leaves=3,
)
STEP = st.builds(Step, st.sampled_from(["A", "B", None]), st.one_of(st.none(), LEAF))


def seconds(n):
    return None if n is None else f"{n}s"


def instant(n):
    return None if n is None else iso(n * SECOND)


@st.composite
def times(draw):
    """No time, the last so long, or from and to, one before the other."""
    if draw(st.booleans()):
        return {"last": seconds(draw(st.one_of(st.none(), LENGTH)))}
    first, last = draw(st.one_of(st.none(), INSTANT)), draw(st.one_of(st.none(), INSTANT))
    if first is not None and last is not None and first >= last:
        last = None
    return {"from_": instant(first), "to": instant(last)}


@st.composite
def leaves(draw):
    """A cohort of each of the forms that are not made of cohorts."""
    at = {"at": instant(draw(st.one_of(st.none(), INSTANT)))}
    match draw(st.sampled_from(["did", "first", "stopped", "sequence", "is", "ids"])):
        case "did":
            least = draw(st.one_of(st.none(), st.integers(1, 3)))
            most = draw(st.one_of(st.none(), st.integers(least or 1, 3)))
            return Cohort(did=draw(STEP), at_least=least, at_most=most, **draw(times()), **at)
        case "first":
            return Cohort(first=draw(STEP), **draw(times()), **at)
        case "stopped":
            last = seconds(draw(st.one_of(st.none(), LENGTH)))
            return Cohort(stopped=draw(STEP), silent=seconds(draw(LENGTH)), last=last, **at)
        case "sequence":
            steps = draw(st.lists(STEP, min_size=1, max_size=3))
            within = seconds(draw(st.one_of(st.none(), LENGTH)))
            return Cohort(sequence=tuple(steps), within=within, **draw(times()), **at)
        case "is":
            return Cohort(is_=draw(ASKED), **at)
        case _:
            ids = draw(st.lists(st.integers(0, 5), max_size=3))
            return Cohort(ids=tuple(str(i) if i % 2 else i for i in ids), **at)


def joined(inner):
    at = st.one_of(st.none(), INSTANT).map(instant)
    some = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(lambda parts, at: Cohort(all=parts, at=at), some, at),
        st.builds(lambda parts, at: Cohort(any=parts, at=at), some, at),
        st.builds(lambda part, at: Cohort(not_=part, at=at), inner, at),
    )


COHORT = st.recursive(leaves(), joined, max_leaves=4)


def micros(said):
    return None if said is None else int(said[:-1]) * SECOND


def at_of(said):
    return None if said is None else round(np.datetime64(said[:-1], "us").astype(int))


def same(a, b):
    return type(a) is type(b) and a == b


def fits(predicate, values):
    """Whether a predicate holds of these values: only of one type are two equal."""
    if predicate.all is not None:
        return all(fits(part, values) for part in predicate.all)
    if predicate.any is not None:
        return any(fits(part, values) for part in predicate.any)
    if predicate.not_ is not None:
        return not fits(predicate.not_, values)
    value = values.get(predicate.property)
    if value is None or predicate.op == "exists":
        return value is not None
    return same(value, predicate.value) == (predicate.op == "=")


def is_step(step, event):
    _, name, values = event
    named = step.event in (None, name)
    return named and (step.where is None or fits(step.where, values))


def follows(steps, events, within):
    """Whether some of the events are the steps, in order: all ways tried."""

    def key(event):
        own = [is_step(step, event) for step in steps]
        bits = sum(1 << k for k, one in enumerate(own) if one)
        return event[0], bits & -bits, bits

    events = sorted((e for e in events if any(is_step(s, e) for s in steps)), key=key)
    return any(
        all(is_step(step, event) for step, event in zip(steps, chosen, strict=True))
        and (within is None or chosen[-1][0] - chosen[0][0] <= within)
        for chosen in itertools.combinations(events, len(steps))
    )


def is_in(cohort, person, events, at):
    """Whether ``person``, who did ``events`` in order, is in the cohort ``at`` an instant."""
    at = at if cohort.at is None else at_of(cohort.at)
    if cohort.all is not None:
        return all(is_in(part, person, events, at) for part in cohort.all)
    if cohort.any is not None:
        return any(is_in(part, person, events, at) for part in cohort.any)
    if cohort.not_ is not None:
        return not is_in(cohort.not_, person, events, at)
    if cohort.ids is not None:
        return person in {int(each) for each in cohort.ids}
    before = [event for event in events if event[0] < at]
    if cohort.is_ is not None:
        last = {}
        for _, _, values in before:
            last |= values
        return fits(cohort.is_, last)
    if cohort.stopped is not None:
        silence = at - micros(cohort.silent)
        since = float("-inf") if cohort.last is None else silence - micros(cohort.last)
        done = [t for t, *rest in before if is_step(cohort.stopped, (t, *rest))]
        return bool(done) and since <= done[-1] < silence
    first = at_of(cohort.from_) if cohort.last is None else at - micros(cohort.last)
    last = at_of(cohort.to)

    def inside(t):
        return (first is None or t >= first) and (last is None or t < last)

    if cohort.first is not None:
        done = [t for t, *rest in before if is_step(cohort.first, (t, *rest))]
        return bool(done) and inside(done[0])
    within = [event for event in before if inside(event[0])]
    if cohort.sequence is not None:
        return follows(cohort.sequence, within, micros(cohort.within))
    count = sum(is_step(cohort.did, event) for event in within)
    return (cohort.at_least or 1) <= count <= (cohort.at_most or count)


def streams(rows):
    found = {}
    for row in sorted(rows, key=lambda row: row.time):
        found.setdefault(row.person, []).append((row.time, row.event, row.properties))
    return found


def rows_of(row, events):
    """One person beside who does everything once, so that every name is known."""
    known = [row(9, 0, name, {"v": 1, "w": 1}) for name in "ABC"]
    return known + [row(person, t * SECOND, *rest) for person, t, *rest in events]


def merged(snapshot, rows, into):
    """A snapshot in which two persons have become one: dead where they were, in a newer run."""
    gone = set(into) | set(into.values())
    rows = list(rows)
    now = [row._replace(person=into.get(row.person, row.person)) for row in rows]
    (old,) = snapshot(rows).parts
    (new,) = snapshot([row for row in now if row.person in gone]).parts
    dead = np.isin(old.run.units, list(gone)).astype(np.uint8)
    return Snapshot((Part(old.run, dead), new), State(len(rows))), now


@settings(max_examples=200, deadline=None)
@given(
    events=EVENTS,
    cohort=COHORT,
    parts=st.integers(1, 3),
    wide=st.booleans(),
    merge=st.booleans(),
)
def test_the_people_of_a_cohort_are_those_found_one_by_one(
    row, snapshot, events, cohort, parts, wide, merge
):
    """Every form, nested too; as ``people`` and in ``by``; where two persons became one too."""
    rows = rows_of(row, events)
    seen = snapshot(rows, parts=parts, wide=wide)
    if merge:
        seen, rows = merged(snapshot, rows, {2: 1})
    cohort = msgspec.structs.replace(cohort, at=cohort.at or iso(NOW * SECOND))
    wanted = {
        person
        for person, stream in streams(rows).items()
        if is_in(cohort, person, stream, NOW * SECOND)
    }
    chosen = answer(Funnel([Step()], people=cohort), seen, NOW * SECOND)
    assert set(chosen.people(step=1).tolist()) == wanted
    assert chosen.results["steps"][0]["people"] == len(wanted)
    split = Funnel([Step()], by=(Split(cohort=cohort, name="in"),))
    groups = answer(split, seen, NOW * SECOND).results["groups"]
    sizes = {group["by"]["in"]: group["steps"][0]["people"] for group in groups}
    others = len(streams(rows)) - len(wanted)
    assert sizes == {key: n for key, n in ((True, len(wanted)), (False, others)) if n}


def test_cohorts_that_python_takes_for_equal_are_two(row, snapshot):
    """True is 1 to Python, and no value of a property is both."""
    rows = [row(1, 0, "A", {"v": True}), row(2, 0, "A", {"v": 1}), row(3, 0, "A", {"v": 1})]
    cohorts = [Cohort(is_=Predicate("v", "=", value)) for value in (True, 1)]
    assert cohorts[0] == cohorts[1]
    by = tuple(Split(cohort=each, name=str(i)) for i, each in enumerate(cohorts))
    found = answer(Funnel([Step()], by=by), snapshot(rows), NOW).results["groups"]
    assert [(group["by"], group["steps"][0]["people"]) for group in found] == [
        ({"0": False, "1": True}, 2),
        ({"0": True, "1": False}, 1),
    ]


@pytest.mark.parametrize("edge", [62, 63, 64, 65, 127, 128, 129])
def test_occurrences_are_counted_across_words(row, snapshot, edge):
    """A person of many events is counted 64 events at a time, and whole."""
    rows = [row(1, t, "A" if t == edge else "B") for t in range(200)] + [row(2, 0, "B")]
    for name, least, wanted in (("A", 1, [1]), ("B", 199, [1]), ("B", 200, []), ("B", 1, [1, 2])):
        spec = Funnel([Step()], people=Cohort(did=name, at_least=least))
        assert answer(spec, snapshot(rows), NOW * SECOND).people(step=1).tolist() == wanted
    stopped = Cohort(stopped="A", silent="0s", at=iso(edge + 1))
    assert answer(Funnel([Step()], people=stopped), snapshot(rows), 9).people(step=1).tolist() == [
        1
    ]
