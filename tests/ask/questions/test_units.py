"""Sessions as units, the person's own values, and samples, against slow and obvious oracles."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.population import sampled
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.split import Split
from ethogram.ask.questions.step import Step
from ethogram.ask.questions.trends import Series, Trends
from ethogram.ask.sequences.run import Part, Snapshot
from ethogram.events.predicate import prop
from ethogram.events.times import DAY, iso

MINUTE = 60 * 10**6
NOW = 40 * DAY
GAP = 30 * MINUTE
VALUE = st.sampled_from([None, True, 1, "x"])
PROPERTIES = st.fixed_dictionaries({}, optional={"v": VALUE})
PAUSE = st.sampled_from([0, 1, MINUTE, GAP - 1, GAP, GAP + 1, DAY])
EVENTS = st.lists(
    st.tuples(st.integers(1, 3), PAUSE, st.sampled_from("ABC"), PROPERTIES), max_size=14
)


def rows_of(row, events):
    """Each event comes its pause after the person's one before; one person does everything."""
    clock = Counter()
    rows = [row(9, t, name, {"v": 1}) for t, name in enumerate("ABC")]
    for person, pause, name, values in events:
        clock[person] += pause
        rows.append(row(person, clock[person], name, values))
    return rows


def sessions(rows, gap):
    """The rows with a number of their own for each session, and whose each is."""
    number, last, owners, found = {}, {}, {}, []
    for each in sorted(rows, key=lambda row: row.time):
        before = last.get(each.person)
        if before is None or each.time - before >= gap:
            number[each.person] = len(owners) + 100
            owners[number[each.person]] = each.person
        last[each.person] = each.time
        found.append(each._replace(person=number[each.person]))
    return found, owners


WHERE = st.sampled_from([None, prop("v") == 1, ~(prop("v") == "x")])
RANGE = st.sampled_from(
    [{}, {"from_": iso(GAP)}, {"to": iso(GAP)}, {"from_": iso(1), "to": iso(DAY)}]
)
SPECS = st.one_of(
    st.builds(
        lambda steps, fields: Funnel(steps, **fields),
        st.lists(st.sampled_from("ABC"), min_size=1, max_size=3),
        st.fixed_dictionaries(
            {"order": st.sampled_from(["ordered", "any", "strict"])},
            optional={"within": st.sampled_from(["0s", "30m", "1d"]), "by": st.just(("v",))},
        ),
    ),
    st.builds(
        lambda mode: Retention("A", "B", periods=2, mode=mode),
        st.sampled_from(["on", "on_or_after"]),
    ),
    st.builds(
        lambda measure, interval, by: Trends((Series("A", measure), "B"), interval=interval, by=by),
        st.sampled_from(["total", "people"]),
        st.sampled_from(["hour", "day", "all"]),
        st.sampled_from([(), ("v",)]),
    ),
)


@settings(max_examples=400, deadline=None)
@given(
    events=EVENTS,
    spec=SPECS,
    where=WHERE,
    when=RANGE,
    gap=st.sampled_from([MINUTE, GAP, DAY]),
    parts=st.integers(1, 2),
    dead=st.sets(st.integers(1, 3), max_size=2),
)
def test_a_question_over_sessions_is_one_over_people_who_have_one_each(
    row, snapshot, events, spec, where, when, gap, parts, dead
):
    """Quick ways and slow ones, in any range: as if each session were somebody's whole life."""
    rows = rows_of(row, events)
    known = {"from_": iso(0), "to": iso(15 * DAY)} | when
    spec = replace(spec, where=where, **(when if isinstance(spec, Funnel) else known))
    lives, owners = sessions([each for each in rows if each.person not in dead], gap)
    wanted = answer(spec, snapshot(lives), NOW)
    whole = snapshot(rows, parts=parts)
    masked = tuple(
        Part(part.run, np.isin(part.run.units, list(dead)).astype(np.uint8)) for part in whole.parts
    )
    of_sessions = replace(spec, unit="session", session_gap=f"{gap // MINUTE}m")
    found = answer(of_sessions, Snapshot(masked, whole.state), NOW)
    assert found.results == wanted.results
    if isinstance(spec, Funnel):
        people = {owners[unit] for unit in wanted.people(step=1).tolist()}
        assert found.people(step=1).tolist() == sorted(people)


@pytest.mark.parametrize(("pause", "wanted"), [(GAP - 1, 1), (GAP, 2), (GAP + 1, 2)])
def test_a_pause_as_long_as_the_gap_begins_a_new_session(row, snapshot, pause, wanted):
    """To the microsecond."""
    rows = [row(1, 0, "A"), row(1, pause, "A")]
    spec = Funnel(["A"], unit="session")
    assert answer(spec, snapshot(rows), NOW).results["steps"][0]["people"] == wanted


def test_sessions_of_one_gap_are_kept_until_another_is_asked(row, snapshot):
    """They are worked out once, and take the memory of one gap only."""
    run = snapshot([row(1, 0, "A"), row(1, 5, "A")]).parts[0].run
    kept = facts_of(run).sessions(5)
    assert facts_of(run).sessions(5) is kept
    assert len(facts_of(run).sessions(6)[0].units) == 1
    assert facts_of(run).sessions(5) is not kept


def test_a_cohort_of_people_holds_all_their_sessions(row, snapshot):
    """As ``people`` and in ``by``, whichever session made them members."""
    rows = [row(1, 0, "A"), row(1, DAY, "B"), row(2, 0, "A")]
    cohort = Cohort(did="B")
    spec = Funnel([Step()], unit="session", people=cohort)
    assert answer(spec, snapshot(rows), NOW).results["steps"][0]["people"] == 2
    split = Funnel([Step()], unit="session", by=(Split(cohort=cohort),))
    groups = answer(split, snapshot(rows), NOW).results["groups"]
    assert [(g["by"]["cohort"], g["steps"][0]["people"]) for g in groups] == [(False, 1), (True, 2)]


def values_of(rows, of):
    """For each row the value of v: its own, the one said last by then, the one said last."""
    order = sorted(range(len(rows)), key=lambda i: rows[i].time)
    said, found = {}, {}
    for i in order:
        person, values = rows[i].person, rows[i].properties
        said[person] = values.get("v", said.get(person, UNSET))
        found[i] = values.get("v", UNSET) if of == "event" else said[person]
    if of == "now":
        return [said[row.person] for row in rows]
    return [found[i] for i in range(len(rows))]


def group_of(by):
    """The value that a group has; null is one."""
    return UNSET if by == {"v": None} else by["v"]


def typed(value):
    return type(value).__name__, value


@settings(max_examples=300, deadline=None)
@given(
    events=EVENTS,
    of=st.sampled_from(["event", "then", "now"]),
    asked=st.sampled_from(["event", "then", "now"]),
    value=st.sampled_from([True, 1, "x"]),
    inverse=st.booleans(),
    unit=st.sampled_from(["person", "session"]),
    parts=st.integers(1, 2),
)
def test_a_value_is_the_events_own_or_the_persons_then_or_now(
    row, snapshot, events, of, asked, value, inverse, unit, parts
):
    """In ``where`` and in ``by``, of sessions too: a null that was said counts as said."""
    rows = rows_of(row, events)
    where = prop("v", of=asked) == value
    spec = Trends((Series(None),), interval="all", by=(Split("v", of=of),), unit=unit,
                  where=~where if inverse else where)  # fmt: skip
    wanted = Counter(
        typed(group)
        for group, own in zip(values_of(rows, of), values_of(rows, asked), strict=True)
        if (typed(own) == typed(value)) != inverse
    )
    found = answer(spec, snapshot(rows, parts=parts), NOW).results["series"]
    assert {typed(group_of(line["by"])): line["points"][0][1] for line in found} == wanted


def test_what_was_never_said_is_looked_for_once(row, snapshot):
    """A person of many events and one value far back: each event is passed once, not each time."""
    n = 60_000
    rows = [row(1, 0, "A", {"v": "x"}), *(row(1, t, "A") for t in range(1, n))]
    spec = Trends((Series(),), interval="all", by=(Split("v", of="then"),))
    (line,) = answer(spec, snapshot(rows), NOW).results["series"]
    assert (line["by"], line["points"][0][1]) == ({"v": "x"}, n)


IDS = st.lists(st.integers(1, 2**63 - 1), min_size=1, max_size=50)


@given(ids=IDS, shares=st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)))
def test_a_larger_sample_holds_a_smaller_one(ids, shares):
    """Always the same people, whoever else is there."""
    small, large = (sampled(np.array(ids), share) for share in sorted(shares))
    assert (small <= large).all()
    assert [bool(sampled(np.array([each]), min(shares))[0]) for each in ids] == small.tolist()
    assert sampled(np.array(ids), 1.0).all()


@pytest.mark.parametrize("ids", [np.arange(1, 200_001), np.arange(1, 200_001) << 40])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_a_sample_has_its_share_of_any_ids(ids, share):
    """Within four standard errors, of ids one after the other and far apart alike."""
    error = 4 * np.sqrt(share * (1 - share) / len(ids))
    assert abs(sampled(ids, share).mean() - share) < error
