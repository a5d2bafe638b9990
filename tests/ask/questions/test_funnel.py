"""The funnel against slow and obvious oracles, and its laws."""

import collections
import itertools
import random
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions import funnel_rare
from ethogram.ask.questions.funnel import FUNNEL, Exclude, Funnel
from ethogram.ask.questions.question import Scope
from ethogram.ask.questions.step import Step
from ethogram.ask.sequences.run import Part, Snapshot
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop

NOW = 10**15
WITHIN = 5
STREAM = st.lists(st.tuples(st.integers(0, 12), st.sampled_from("ABCX")), max_size=10)
CROWD = st.lists(STREAM, min_size=1, max_size=4)
STEPS = st.lists(st.sampled_from("ABC"), min_size=1, max_size=4)


def funnel_of(steps, **fields):
    fields = {"within": f"{WITHIN}s"} | fields
    return Funnel(list(steps), **fields)


def rows_of(row, crowd):
    return [
        row(person, t * 1_000_000, name)
        for person, stream in enumerate(crowd, 1)
        for t, name in stream
    ]


def in_step_order(stream, steps, voids):
    """By time; within an instant what voids comes first, then by the first step it can be."""

    def key(event):
        t, name = event
        picks = [name in voids, *(name == step for step in steps)]
        return t, picks.index(True) if any(picks) else len(picks)

    return sorted(stream, key=key)


def walk(stream, steps, **rules):
    """The level and the gaps of the attempt that counts."""
    instants = taken(stream, steps, **rules)
    return len(instants), [b - a for a, b in itertools.pairwise(instants)]


def taken(stream, steps, *, strict=False, voids=(), between=(0, 0)):
    """The instants of the steps of the attempt that counts: event by event."""
    stream = in_step_order(stream, steps, voids)
    times = sorted({t for t, _ in stream})
    found = []
    for s, (t0, name) in enumerate(stream):
        if name != steps[0]:
            continue
        path = [s]
        for i, (t, name) in enumerate(stream[s + 1 :], s + 1):
            at = len(path) - 1
            if t > t0 + WITHIN or len(path) == len(steps):
                break
            if strict and times.index(t) > times.index(stream[path[-1]][0]) + 1:
                break
            if name in voids and between[0] <= at < between[1]:
                path = []
                break
            if name == steps[len(path)]:
                path.append(i)
        if path:
            found.append((len(path), -path[-1], s, path))
    return [stream[i][0] for i in max(found)[-1]] if found else []


def seats(names, steps):
    """The most steps that events of these names can serve, each one step: all ways tried."""
    if not steps:
        return 0
    without = seats(names, steps[1:])
    if steps[0] not in names:
        return without
    rest = list(names)
    rest.remove(steps[0])
    return max(without, 1 + seats(rest, steps[1:]))


def any_order(stream, steps):
    """The most steps in any window that opens at an event that can be a step."""
    return max(
        (
            seats([name for u, name in stream if t <= u <= t + WITHIN], steps)
            for t, name in stream
            if name in steps
        ),
        default=0,
    )


def levels(answer, n):
    """From the counts of people per step: how many people got how far."""
    people = [step["people"] for step in answer.results["steps"]]
    return [a - b for a, b in itertools.pairwise([n, *people, 0])]


def expected(found, steps):
    return [sum(level == k for level in found) for k in range(len(steps) + 1)]


def ask(spec, snapshot, cut=0):
    """As the engine asks, but of names that no event has too; units are cut at ``cut``."""
    scope = Scope(frozenset(), frozenset(), 0, 0, NOW)
    asked = FUNNEL.ask(spec, scope)
    total = asked.nothing
    for part in snapshot.parts:
        n = len(part.run.units)
        for low, high in itertools.pairwise(sorted({0, min(cut, n), n})):
            total = asked.merge(total, asked.over(part)(low, high))
    return asked.finish(total)


@settings(max_examples=300, deadline=None)
@given(crowd=CROWD, steps=STEPS, wide=st.booleans())
def test_ordered_is_what_walking_every_attempt_finds(row, snapshot, crowd, steps, wide):
    """Counts and gaps are those of an oracle that follows each attempt event by event."""
    found = ask(funnel_of(steps), snapshot(rows_of(row, crowd), wide=wide))
    walked = [walk(stream, steps) for stream in crowd]
    assert levels(found, len(crowd)) == expected([level for level, _ in walked], steps)
    for k in range(1, len(steps)):
        gaps = [gaps[k - 1] for level, gaps in walked if level > k]
        median = float(np.median(gaps)) if gaps else None
        assert found.results["steps"][k]["median_seconds"] == median


@settings(max_examples=200, deadline=None)
@given(stream=STREAM, n=st.integers(1, 3))
def test_ordered_is_the_longest_chain_there_is(row, snapshot, stream, n):
    """With different steps, the level is the most steps that any choice of events can serve."""
    steps = "ABC"[:n]
    longest = 0
    for k in range(1, n + 1):
        for chain in itertools.permutations(stream, k):
            times = [t for t, _ in chain]
            if (
                [name for _, name in chain] == list(steps[:k])
                and times == sorted(times)
                and times[-1] - times[0] <= WITHIN
            ):
                longest = k
    found = ask(funnel_of(steps), snapshot(rows_of(row, [stream])))
    assert levels(found, 1) == expected([longest], steps)


@settings(max_examples=300, deadline=None)
@given(crowd=CROWD, steps=STEPS)
def test_strict_admits_nothing_in_between(row, snapshot, crowd, steps):
    """A step counts only in the instant of the one before or in the person's next."""
    found = ask(funnel_of(steps, order="strict"), snapshot(rows_of(row, crowd)))
    walked = [walk(stream, steps, strict=True)[0] for stream in crowd]
    assert levels(found, len(crowd)) == expected(walked, steps)


def test_an_exclusion_beyond_an_earlier_attempts_window_spares_it(row, snapshot):
    """Of starts side by side the last may be voided by an event that the first never meets."""
    stream = [(0, "B"), (1, "B"), (2, "B"), (6, "A"), (7, "A")]
    spec = funnel_of("BAAA", exclude=[Exclude("A", between=(1, 2))])
    assert levels(ask(spec, snapshot(rows_of(row, [stream]))), 1) == [0, 0, 1, 0, 0]


@settings(max_examples=300, deadline=None)
@given(crowd=CROWD, steps=STEPS)
def test_any_order_fills_the_most_steps_of_a_window(row, snapshot, crowd, steps):
    """The level is the largest matching of events and steps in the best window."""
    found = ask(funnel_of(steps, order="any"), snapshot(rows_of(row, crowd)))
    filled = [any_order(stream, steps) for stream in crowd]
    assert levels(found, len(crowd)) == expected(filled, steps)


@settings(max_examples=400, deadline=None)
@given(crowd=CROWD, steps=STEPS.filter(lambda s: len(s) > 1), data=st.data())
def test_an_exclusion_voids_the_attempt_it_falls_into(row, snapshot, crowd, steps, data):
    """Only attempts without an excluded event between the two steps count, also if it is a step."""
    name = data.draw(st.sampled_from("XA"))
    between = data.draw(st.sampled_from(list(itertools.combinations(range(len(steps)), 2))))
    spec = funnel_of(steps, exclude=[Exclude(name, between=between)])
    found = ask(spec, snapshot(rows_of(row, crowd)))
    walked = [walk(stream, steps, voids=(name,), between=between)[0] for stream in crowd]
    assert levels(found, len(crowd)) == expected(walked, steps)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("people", "events", "seconds"), [(150, 30, 20), (70, 400, 900), (9, 900, 9**9)]
)
def test_the_quick_way_gives_what_the_general_way_gives(
    row, snapshot, people, events, seconds, wide
):
    """Long streams, more people than a word has bits, ties and none: the two kernels agree."""
    rng = random.Random(people)
    names = [*"ABCXYZ", *"XYZ" * 3]
    rows = [
        row(rng.randrange(people), rng.randrange(seconds) * 10**6 + rng.choice([0, 0, 1, 999_999]),
            rng.choice(names), {"v": rng.randrange(3)}) for _ in range(people * events)
    ]  # fmt: skip
    part = snapshot(rows, wide=wide).parts[0]
    dead = np.array([rng.random() < 0.1 for _ in part.run.units], np.uint8)
    crowd = Snapshot((Part(part.run, dead),), snapshot([]).state)
    for within in ("1s", "7s", "100d"):
        for when in (
            {},
            {"from_": "1970-01-01T00:00:03", "to": "1970-01-01T00:10"},
            {"where": prop("v") > 0},
        ):
            for steps in ("AB", "ABC", "CBA", "XAYB"):
                quick = funnel_of(steps, within=within, **when)
                general = funnel_of(steps, within=within, exclude=[Exclude("never")], **when)
                for cut in (0, 1, 64, 67):
                    assert ask(quick, crowd, cut) == ask(general, crowd)


@settings(max_examples=50, deadline=None)
@given(crowd=CROWD, steps=STEPS, order=st.sampled_from(["ordered", "any", "strict"]))
def test_the_order_of_rows_and_the_parts_do_not_matter(row, snapshot, crowd, steps, order):
    """Shuffled rows, dealt over several runs, give the same answer."""
    rows = rows_of(row, crowd)
    shuffled = random.Random(1).sample(rows, len(rows))
    spec = funnel_of(steps, order=order)
    assert ask(spec, snapshot(shuffled, parts=3)) == ask(spec, snapshot(rows))


@settings(max_examples=50, deadline=None)
@given(crowd=CROWD, more=STREAM, steps=STEPS)
def test_more_people_never_lower_a_count(row, snapshot, crowd, more, steps):
    """Another person leaves every step's count as it was or one higher."""
    few = ask(funnel_of(steps), snapshot(rows_of(row, crowd)))
    many = ask(funnel_of(steps), snapshot(rows_of(row, [*crowd, more])))
    for a, b in zip(few.results["steps"], many.results["steps"], strict=True):
        assert b["people"] - a["people"] in (0, 1)


@settings(max_examples=50, deadline=None)
@given(crowd=st.lists(STREAM.filter(bool), min_size=3, max_size=6), data=st.data())
def test_merge_is_associative_and_commutative(row, snapshot, crowd, data):
    """Partials over any cut of the units, merged in any order and grouping, agree."""
    spec = funnel_of("AB", by=["country"])
    rows = [r._replace(properties={"country": r.event}) for r in rows_of(row, crowd)]
    part = snapshot(rows).parts[0]
    asked = FUNNEL.ask(spec, Scope(frozenset(), frozenset(), 0, 0, NOW))
    over, n = asked.over(part), len(part.run.units)
    i, j = sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))
    a, b, c = over(0, i), over(i, j), over(j, n)
    merge, finish = asked.merge, asked.finish
    whole = finish(over(0, n))
    assert finish(merge(merge(a, b), c)) == whole
    assert finish(merge(a, merge(b, c))) == whole
    assert finish(merge(merge(c, a), b)) == whole


def test_one_event_can_be_many_steps_that_its_properties_tell_apart(row, snapshot):
    """Ten steps on one event with different predicates: more overlaps than could be listed."""
    steps = [Step("page", prop("path") == str(i)) for i in range(10)]
    rows = [row(p, i, "page", {"path": str(i)}) for p in range(10) for i in range(p + 1)]
    found = answer(Funnel(steps), snapshot(rows), NOW)
    assert [step["people"] for step in found.results["steps"]] == list(range(10, 0, -1))


def test_a_dead_unit_is_not_there(row, snapshot):
    """A unit that its part marks dead is in no count and in no list of people."""
    alive = snapshot(rows_of(row, [[(0, "A"), (1, "B")], [(0, "A"), (2, "B")]]))
    dead = alive.parts[0].dead.copy()
    dead[0] = 1
    half = Snapshot((Part(alive.parts[0].run, dead),), alive.state)
    found = answer(funnel_of("AB"), half, NOW)
    assert [step["people"] for step in found.results["steps"]] == [1, 1]
    assert found.people(2).tolist() == [2]


def test_the_whole_sequence_lies_in_the_range(row, snapshot):
    """``from`` is inclusive and ``to`` exclusive, for every step."""
    events = snapshot(rows_of(row, [[(10, "A"), (14, "B")]]))
    for first, last, people in (
        (10, 15, [1, 1]), (11, 15, [0, 0]), (10, 14, [1, 0]),
    ):  # fmt: skip
        when = {"from_": f"1970-01-01T00:00:{first}", "to": f"1970-01-01T00:00:{last}"}
        found = answer(funnel_of("AB", **when), events, NOW)
        assert [step["people"] for step in found.results["steps"]] == people


def test_the_window_is_inclusive_to_the_microsecond(row, snapshot):
    """A second step exactly ``within`` after the first counts, a microsecond later not."""
    rows = [row(1, 0, "A"), row(1, WITHIN * 10**6, "B"), row(2, 0, "A")]
    rows.append(row(2, WITHIN * 10**6 + 1, "B"))
    found = answer(funnel_of("AB"), snapshot(rows), NOW)
    assert [step["people"] for step in found.results["steps"]] == [2, 1]


def test_people_lists_who_reached_a_step_and_who_dropped(row, snapshot):
    """Every number of the funnel has its people."""
    crowd = [[(0, "A"), (1, "B")], [(0, "A")], [(0, "B")]]
    found = answer(funnel_of("AB"), snapshot(rows_of(row, crowd), parts=2), NOW)
    assert found.people(1).tolist() == [1, 2]
    assert found.people(2).tolist() == [1]
    assert found.people(2, dropped=True).tolist() == [2]
    with pytest.raises(Invalid, match="no step 3"):
        found.people(3)


@settings(max_examples=300, deadline=None)
@given(
    crowd=CROWD, steps=STEPS, everything=st.booleans(), wide=st.booleans(), parts=st.integers(1, 2)
)
def test_a_group_is_the_value_at_the_start_that_counts(
    row, snapshot, crowd, steps, everything, wide, parts
):
    """Each event's own time as its value: groups are the starts of the attempts that count."""
    rows = [
        row(person, t * 1_000_000, name, {"t": t})
        for person, stream in enumerate(crowd, 1)
        for t, name in stream
    ]
    where = None if everything else prop("t") >= 3
    found = ask(funnel_of(steps, by=["t"], where=where), snapshot(rows, parts=parts, wide=wide))
    wanted = collections.defaultdict(list)
    for stream in crowd:
        path = taken([(t, name) for t, name in stream if everything or t >= 3], steps)
        if path:
            wanted[path[0]].append(path)
    assert {
        group["by"]["t"]: [(step["people"], step["median_seconds"]) for step in group["steps"]]
        for group in found.results["groups"]
    } == {start: list(reached(paths, len(steps))) for start, paths in wanted.items()}


def reached(paths, steps):
    """How many of the paths have each step, and the median gap before it."""
    for k in range(steps):
        gaps = [path[k] - path[k - 1] for path in paths if k and len(path) > k]
        yield sum(len(path) > k for path in paths), statistics.median(gaps) if gaps else None


def test_groups_are_by_first_touch_and_add_up(row, snapshot):
    """A person is in the group of the first event that counts; missing and null are two."""
    rows = [
        row(1, 0, "A", {"c": "x"}), row(1, 1, "B", {"c": "y"}), row(2, 0, "A"),
        row(3, 0, "A", {"c": None}), row(3, 1, "B"), row(4, 0, "A", {"c": 1}),
        row(5, 0, "A", {"c": True}),
    ]  # fmt: skip
    found = answer(funnel_of("AB", by="c"), snapshot(rows, parts=2), NOW)
    assert [group["by"]["c"] for group in found.results["groups"]] == [True, 1, "x", None, None]
    assert [g["steps"][0]["people"] for g in found.results["groups"]] == [1, 1, 1, 1, 1]


def test_exclusions_need_an_order(row, snapshot):
    """A funnel in any order cannot exclude between steps, and says so."""
    spec = funnel_of("AB", order="any", exclude=[Exclude("A")])
    with pytest.raises(Invalid, match="does not know of what"):
        answer(spec, snapshot(rows_of(row, [[(0, "A"), (0, "B")]])), NOW)


@settings(max_examples=200, deadline=None)
@given(
    crowd=CROWD, steps=st.permutations("ABC").map(lambda steps: steps[:2]), cut=st.integers(0, 3)
)
def test_looking_rare_steps_up_finds_what_passing_over_all_finds(row, snapshot, crowd, steps, cut):
    """Counts, gaps and groups are the same, of dead people too, whichever way is taken."""
    rows = [event._replace(properties={"c": event.time // 2}) for event in rows_of(row, crowd)]
    data = snapshot(rows, parts=2)
    data = Snapshot(
        tuple(Part(part.run, np.arange(len(part.run.units)) % 3 == 2) for part in data.parts),
        data.state,
    )
    for fields in ({}, {"by": ["c"]}):
        found = []
        for share in (0.0, 2.0):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(funnel_rare, "RARE", share)
                found.append(ask(funnel_of(steps, **fields), data, cut).results)
        assert found[0] == found[1]
