"""The directly-follows graph against a slow and obvious oracle."""

import itertools
import statistics
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.question import Scope
from ethogram.ask.questions.states import STATES
from ethogram.events.errors import Invalid

MINUTE = 60 * 10**6
NOW = 10**15
EVENT = st.tuples(st.integers(0, 120), st.sampled_from("ABC"), st.sampled_from("xy"),
                  st.sampled_from([0, 0, 1, 500_000]))  # fmt: skip
CROWD = st.lists(st.lists(EVENT, max_size=9), min_size=1, max_size=4).filter(any)
SPECS = st.fixed_dictionaries(
    {
        "session_gap": st.sampled_from(["none", "30m", "1h"]),
        "at_least": st.sampled_from([0, 1, 2]),
        "at_least_share": st.sampled_from([0.0, 0.3]),
        "most_events": st.sampled_from([1, 2, 50]),
        "from": st.sampled_from([None, "1970-01-01T00:20:00"]),
    }
)


def rows_of(row, crowd):
    return [
        row(person, t * MINUTE + micro, name, {"c": c})
        for person, stream in enumerate(crowd, 1)
        for t, name, c, micro in stream
    ]


def ask(snapshot, **spec):
    said = {name: value for name, value in spec.items() if value is not None}
    return answer(parse({"question": "states", **said}), snapshot, NOW)


def sessions_of(crowd, gap, since):
    """Lists of (person, session)."""
    for person, stream in enumerate(crowd, 1):
        events = sorted(((t * MINUTE + micro, name, c) for t, name, c, micro in stream),
                        key=lambda event: event[0])  # fmt: skip
        session = []
        for event in (event for event in events if event[0] >= since):
            if session and gap and event[0] - session[-1][0] >= gap:
                yield person, session
                session = []
            session.append(event)
        if session:
            yield person, session


def oracle(spec, crowd, of=lambda _: True):
    """Nodes and edges with everything that is said of them, by name."""
    gap = {"none": None, "30m": 30 * MINUTE, "1h": 60 * MINUTE}[spec["session_gap"]]
    since = 20 * MINUTE if spec["from"] else 0
    found = [(p, own) for p, own in sessions_of(crowd, gap, since) if of(own[0])]
    nodes, starts, ends = defaultdict(list), Counter(), Counter()
    edges, out = defaultdict(list), Counter()
    for person, session in found:
        starts[session[0][1]] += 1
        ends[session[-1][1]] += 1
        for _, name, _ in session:
            nodes[name].append(person)
        for (a, from_, _), (b, to, _) in itertools.pairwise(session):
            edges[from_, to].append((person, b - a))
            out[from_] += 1
    kept = sorted(nodes, key=lambda name: (-len(nodes[name]), name))[: spec["most_events"]]
    return {
        "sessions": len(found),
        "people": len({person for person, _ in found}),
        "nodes": [
            {"event": name, "count": len(nodes[name]), "people": len({*nodes[name]}),
             "starts": starts[name], "ends": ends[name]}
            for name in kept
        ],
        "edges": {
            (from_, to, len(own), len({person for person, _ in own}),
             statistics.median(length for _, length in own) / 10**6)
            for (from_, to), own in edges.items()
            if from_ in kept and to in kept and len(own) >= spec["at_least"]
            and len(own) >= spec["at_least_share"] * out[from_]
        },
    }  # fmt: skip


def in_short(part):
    edges = [tuple(edge.values()) for edge in part["edges"]]
    counts = [edge[2] for edge in edges]
    assert counts == sorted(counts, reverse=True)
    return {name: part[name] for name in ("sessions", "people", "nodes")} | {"edges": {*edges}}


@settings(max_examples=300, deadline=None)
@given(crowd=CROWD, spec=SPECS, wide=st.booleans())
def test_the_graph_is_that_of_pairs_side_by_side(row, snapshot, crowd, spec, wide):
    """Every count, person and median is the oracle's, of all and of each group."""
    here = snapshot(rows_of(row, crowd), parts=2, wide=wide)
    found = ask(here, **spec, by=["c"]).results
    assert in_short(found) == oracle(spec, crowd)
    for group in found["groups"]:
        value = group["by"]["c"]
        assert in_short(group) == oracle(spec, crowd, lambda e, value=value: e[2] == value)


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, spec=SPECS)
def test_the_people_behind_a_number_are_as_many(row, snapshot, crowd, spec):
    """Of every event and edge, of all and of each group."""
    found = ask(snapshot(rows_of(row, crowd), parts=2), **spec, by=["c"])
    for part in [found.results, *found.results["groups"]]:
        by = {"by": part["by"]} if "by" in part else {}
        assert len(found.people(**by)) == part["people"]
        for node in part["nodes"]:
            assert len(found.people(**{"from": node["event"]}, **by)) == node["people"]
        for edge in part["edges"]:
            cell = {"from": edge["from"], "to": edge["to"]}
            assert len(found.people(**cell, **by)) == edge["people"]


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, more=st.lists(EVENT, max_size=8), spec=SPECS, cut=st.integers(0, 4))
def test_parts_and_chunks_do_not_matter(row, snapshot, crowd, more, spec, cut):
    """Dealt over runs and cut anywhere it is the same; more people lower no count."""
    spec |= {"at_least": 0, "at_least_share": 0.0, "most_events": 50}
    said = parse({"question": "states", **{k: v for k, v in spec.items() if v is not None}})

    def pieces(rows, parts):
        asked = STATES.ask(said, Scope(frozenset("ABC"), frozenset("c"), 0, NOW, NOW))
        total = asked.nothing
        for part in snapshot(rows, parts=parts).parts:
            n = len(part.run.units)
            for low, high in itertools.pairwise(sorted({0, min(cut, n), n})):
                total = asked.merge(asked.over(part)(low, high), total)
        return asked.finish(total).results

    one = pieces(rows_of(row, crowd), 1)
    assert pieces(rows_of(row, crowd), 3) == one
    many = pieces(rows_of(row, [*crowd, more]), 1)
    have = {(each["from"], each["to"]): each for each in many["edges"]}
    assert all(
        each["count"] <= have[each["from"], each["to"]]["count"]
        and have[each["from"], each["to"]]["people"] - each["people"] in (0, 1)
        for each in one["edges"]
    )


@pytest.mark.parametrize(
    ("spec", "code", "at"),
    [
        ({"most_events": 0}, "bad_most_events", "$.most_events"),
        ({"at_least_share": 2.0}, "bad_share", "$.at_least_share"),
        ({"session_gap": "0s"}, "bad_duration", "$.session_gap"),
    ],
)
def test_limits_that_make_no_sense_are_refused(row, snapshot, spec, code, at):
    """Where they stand."""
    with pytest.raises(Invalid) as refused:
        ask(snapshot([row(1, 0, "A")]), **spec)
    assert (refused.value.code, refused.value.at) == (code, at)


def test_a_step_is_not_asked_of_a_graph(row, snapshot):
    """A graph has no steps, so no number is at one."""
    with pytest.raises(Invalid):
        ask(snapshot([row(1, 0, "A")])).people(**{"from": "A", "step": 1})
