"""Paths against a slow and obvious oracle, their laws, and the funnel they agree with."""

import itertools
import re
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions import counts, lengths, walks
from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.paths import PATHS
from ethogram.ask.questions.question import Scope
from ethogram.events.errors import Invalid

MINUTE = 60 * 10**6
NOW = 10**15
NAMES = "ABCD"
EVENT = st.tuples(
    st.sampled_from([0, 0, 1, 10, 29, 30, 31, 60, 61]), st.sampled_from(NAMES),
    st.sampled_from("xy"), st.sampled_from([0, 0, 1]),
)  # fmt: skip
CROWD = st.lists(st.lists(EVENT, max_size=10), min_size=1, max_size=4)
ALL = {"property": "c", "op": "exists"}
ONLY_X = {"property": "c", "value": "x"}
SPECS = st.fixed_dictionaries(
    {
        "depth": st.integers(3, 5),
        "session_gap": st.sampled_from(["30m", "31m", "none"]),
        "collapse": st.booleans(),
        "hide": st.sampled_from([[], ["C"], ["C", "D"]]),
        "start": st.sampled_from([None, "A", {"event": "A", "where": ONLY_X}, {"where": ONLY_X}]),
        "end": st.sampled_from([None, "B", "A", {"where": ONLY_X}]),
        "where": st.sampled_from([None, ONLY_X]),
        "group": st.sampled_from(
            [[], [{"matches": "[CD]", "as": "A"}], [{"like": "*", "as": "Z"}]]
        ),
        "from": st.sampled_from([None, "1970-01-01T00:30:00"]),
        "most_nodes": st.sampled_from([2, 12]),
    }
)
PATTERNS = st.lists(st.sampled_from(["A", "B", "[^A]", "[^B]", ".", "A*", "[^A]*", ".*"]),
                    min_size=1, max_size=4)  # fmt: skip


def streams_of(crowd):
    """The gaps of each person's events summed up to minutes since 1970."""
    return [
        [(time, *rest) for time, (_, *rest) in
         zip(itertools.accumulate(gap for gap, *_ in stream), stream, strict=True)]
        for stream in crowd
    ]  # fmt: skip


def rows_of(row, crowd):
    return [
        row(person, t * MINUTE + micro, name, {"c": c})
        for person, stream in enumerate(streams_of(crowd), 1)
        for t, name, c, micro in stream
    ]


def ask(snapshot, **spec):
    found = {name: value for name, value in spec.items() if value not in (None, [])}
    return answer(parse({"question": "paths", "top": 1000, **found}), snapshot, NOW)


def fits(step, event):
    """Whether an event is a step, said in full or by its name."""
    step = {"event": step} if isinstance(step, str) else step
    return step.get("event") in (None, event[1]) and ("where" not in step or event[2] == "x")


def sessions_of(stream, spec):
    """A person's sessions; times are in micros."""
    gap = {"30m": 30 * MINUTE, "31m": 31 * MINUTE, "none": None}[spec["session_gap"]]
    events = sorted(((t * MINUTE + micro, name, c) for t, name, c, micro in stream),
                    key=lambda event: event[0])  # fmt: skip
    if spec["where"]:
        events = [event for event in events if event[2] == "x"]
    if spec["from"]:
        events = [event for event in events if event[0] >= 30 * MINUTE]
    sessions = []
    for event in events:
        if sessions and (gap is None or event[0] - sessions[-1][-1][0] < gap):
            sessions[-1].append(event)
        else:
            sessions.append([event])
    return [[event for event in session if event[1] not in spec["hide"]] for session in sessions]


def nodes_of(events, spec):
    """What a stretch of events is shown as, with the event of each node."""
    nodes = []
    for event in events:
        name = event[1]
        for group in spec["group"]:
            if "like" in group or name in "CD":
                name = group["as"]
                break
        if not (spec["collapse"] and nodes and nodes[-1][0] == name):
            nodes.append((name, event))
    return nodes


def path_of(session, spec):
    """The path of a session as (first step's number, nodes), or None."""
    start, end, depth = spec["start"], spec["end"], spec["depth"]
    begin = 0
    if start is not None:
        begin = next((i for i, event in enumerate(session) if fits(start, event)), None)
        if begin is None:
            return None
    stop = len(session)
    if end is not None:
        after = begin if start is None else begin + 1
        stop = next((i for i in range(after, len(session)) if fits(end, session[i])), None)
        if stop is None:
            return None
        stop += 1
    nodes = nodes_of(session[begin:stop], spec)
    if end is None:
        return 1, nodes[:depth]
    if start is None:
        return depth - len(nodes[-depth:]) + 1, nodes[-depth:]
    if len(nodes) > depth:
        head, tail = depth // 2, depth - depth // 2 - 1
        nodes = [*nodes[:head], ("...", nodes[0][1]), *nodes[len(nodes) - tail :]]
    return 1, nodes


def oracle(spec, crowd, segment=lambda _: True):
    """Lists of (person, first step, names) of the paths."""
    found = []
    for person, stream in enumerate(streams_of(crowd), 1):
        for session in sessions_of(stream, spec):
            path = session and path_of(session, spec)
            if path and path[1] and segment(path[1][0][1]):
                found.append((person, path[0], tuple(name for name, _ in path[1])))
    return found


def tables(paths):
    """Of the paths: nodes and edges with counts and people, starts and ends."""
    nodes, edges = defaultdict(list), defaultdict(list)
    starts, ends = Counter(), Counter()
    for person, first, names in paths:
        for k, name in enumerate(names):
            nodes[first + k, name].append(person)
            if k:
                edges[first + k - 1, names[k - 1], name].append(person)
        starts[first, names[0]] += 1
        ends[first + len(names) - 1, names[-1]] += 1
    return nodes, edges, starts, ends


def agrees(found, paths, most_nodes=12):
    """Every number of an answer's part is the oracle's."""
    assert (found["paths"], found["people"]) == (len(paths), len({p for p, *_ in paths}))
    whole = defaultdict(list)
    for person, _, names in paths:
        whole[names].append(person)
    assert {tuple(each["path"]): (each["count"], each["people"]) for each in found["top"]} == {
        names: (len(people), len({*people})) for names, people in whole.items()
    }
    nodes, edges, _, _ = tables(paths)
    shown = [(each["step"], each["node"]) for each in found["nodes"]]
    assert len({*shown}) == len(shown)
    for step in {step for step, _ in shown}:
        assert sum(at == step for at, _ in shown) <= most_nodes

    def fold(step, name):
        return name if (step, name) in shown else "other"

    folded = tables([(p, s, tuple(fold(s + k, name) for k, name in enumerate(names)))
                     for p, s, names in paths])  # fmt: skip
    assert {(each["step"], each["node"]): (each["count"], each["starts"], each["ends"])
            for each in found["nodes"]} == {
        key: (len(people), folded[2][key], folded[3][key]) for key, people in folded[0].items()
    }  # fmt: skip
    assert {(each["step"], each["from"], each["to"]): each["count"] for each in found["edges"]} == {
        key: len(people) for key, people in folded[1].items()
    }
    for each in found["nodes"]:
        known = nodes.get((each["step"], each["node"]))
        assert each["people"] == (len({*known}) if known else None)
    for each in found["edges"]:
        known = edges.get((each["step"], each["from"], each["to"]))
        assert each["people"] == (len({*known}) if known else None)


@settings(max_examples=200, deadline=None)
@given(crowd=CROWD, spec=SPECS, wide=st.booleans())
def test_paths_are_those_read_off_one_by_one(row, snapshot, crowd, spec, wide):
    """Every count, every number of people and every whole path is the oracle's."""
    if not any(crowd) or not {n for s in crowd for _, n, *_ in s} >= {*NAMES}:
        crowd = [*crowd, [(0, name, "y", 0) for name in NAMES]]
    found = ask(snapshot(rows_of(row, crowd), parts=2, wide=wide), **spec)
    agrees(found.results, oracle(spec, crowd), spec["most_nodes"])


@settings(max_examples=75, deadline=None)
@given(crowd=CROWD, spec=SPECS, pattern=PATTERNS)
def test_a_pattern_is_found_where_a_regular_expression_finds_it(
    row, snapshot, crowd, spec, pattern
):
    """Sessions and people that match are those of `re` over a letter a node."""
    spec |= {"group": [], "hide": []}
    crowd = [*crowd, [(0, name, "y", 0) for name in NAMES]]
    known = ["".join(name for name, _ in nodes_of(session, spec)) for session in
             sessions_of(streams_of(crowd)[-1], spec)]  # fmt: skip
    assert all(known)
    here = snapshot(rows_of(row, crowd))
    found = ask(here, **spec, pattern="->".join(pattern))
    told = [
        (person, re.search("".join(pattern), "".join(name for name, _ in nodes)) is not None)
        for person, stream in enumerate(streams_of(crowd), 1)
        for session in sessions_of(stream, spec)
        for nodes in [nodes_of(session, spec)]
    ]
    matching = [person for person, is_found in told if is_found]
    numbers = {name: n for name, n in found.results["pattern"].items() if name != "pattern"}
    assert numbers == {
        "sessions": len(told), "people": len({person for person, _ in told}),
        "matching_sessions": len(matching), "matching_people": len({*matching}),
    }  # fmt: skip
    assert found.people(matching=True).tolist() == sorted({*matching})
    some = ask(here, **spec, pattern="->".join(pattern), matching=True).results
    assert some["paths"] <= min(len(matching), found.results["paths"])


@settings(max_examples=40, deadline=None)
@given(crowd=CROWD, spec=SPECS)
def test_groups_and_segments_have_the_paths_that_begin_so(row, snapshot, crowd, spec):
    """A path is of the group, or the segment, of the event it begins with; shares are of it."""
    crowd = [*crowd, [(0, name, "y", 0) for name in NAMES]]
    here = snapshot(rows_of(row, crowd), parts=2)
    spec["most_nodes"] = 12
    for group in ask(here, **spec, by=["c"]).results["groups"]:
        value = group["by"]["c"]
        agrees(group, oracle(spec, crowd, lambda event, value=value: event[2] == value))
    found = ask(here, **spec, compare=[ONLY_X, ALL]).results
    some = [oracle(spec, crowd, lambda event: event[2] == "x"), oracle(spec, crowd)]
    for segment, paths in zip(found["segments"], some, strict=True):
        agrees(segment, paths)
    edges = [tables(paths)[1] for paths in some]
    for each in found["difference"]:
        key = (each["step"], each["from"], each["to"])
        counts_ = [len(own.get(key, ())) for own in edges]
        assert each["counts"] == counts_
        shares = [n / len(p) if p else None for n, p in zip(counts_, some, strict=True)]
        assert each["shares"] == shares
        assert each["difference"] == (None if None in shares else shares[1] - shares[0])
    assert len(found["difference"]) == len(edges[0].keys() | edges[1].keys())


@settings(max_examples=40, deadline=None)
@given(crowd=CROWD, spec=SPECS)
def test_the_people_behind_a_number_are_as_many(row, snapshot, crowd, spec):
    """Of every node, edge and whole path, in all and by group."""
    crowd = [*crowd, [(0, name, "y", 0) for name in NAMES]]
    spec["most_nodes"] = 12
    found = ask(snapshot(rows_of(row, crowd), parts=2), **spec, by=["c"])
    for part in [found.results, *found.results["groups"]]:
        by = {"by": part["by"]} if "by" in part else {}
        assert len(found.people(**by)) == part["people"]
        for edge in part["edges"]:
            cell = {name: edge[name] for name in ("step", "from", "to")}
            assert len(found.people(**cell, **by)) == edge["people"]
        for node in part["nodes"]:
            assert (
                len(found.people(**{"step": node["step"], "from": node["node"]}, **by))
                == (node["people"])
            )
        for whole in part["top"]:
            assert len(found.people(path=whole["path"], **by)) == whole["people"]


@settings(max_examples=40, deadline=None)
@given(crowd=CROWD, more=st.lists(EVENT, max_size=8), spec=SPECS, cut=st.integers(0, 4))
def test_parts_chunks_and_labels_do_not_matter(row, snapshot, crowd, more, spec, cut):
    """Dealt over runs and cut anywhere the answer is the same; more people lower no count."""
    crowd = [*crowd, [(0, name, "y", 0) for name in NAMES]]
    said = {name: value for name, value in spec.items() if value not in (None, [])}
    labelled = parse({"question": "paths", **said, "most_nodes": 12, "label": "c", "by": ["c"]})

    def pieces(rows, parts):
        here = snapshot(rows, parts=parts)
        scope = Scope(frozenset(NAMES), frozenset("c"), 0, NOW, NOW)
        asked = PATHS.ask(labelled, scope)
        total = asked.nothing
        for part in here.parts:
            n = len(part.run.units)
            for low, high in itertools.pairwise(sorted({0, min(cut, n), n})):
                total = asked.merge(asked.over(part)(low, high), total)
        return asked.finish(total).results

    one = pieces(rows_of(row, crowd), 1)
    assert pieces(rows_of(row, crowd), 3) == one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks, "EVENTS", 3)
        patch.setattr(walks, "CELLS", 0)
        assert pieces(rows_of(row, crowd), 2) == one
    many = pieces(rows_of(row, [*crowd, more]), 1)
    have = {(each["step"], each["from"], each["to"]): each for each in many["edges"]}
    for each in one["edges"]:
        other = have[each["step"], each["from"], each["to"]]
        assert each["count"] <= other["count"]
        assert 0 <= other["people"] - each["people"] <= 1


@settings(max_examples=100, deadline=None)
@given(
    crowd=CROWD,
    within=st.sampled_from(["20m", "90m"]),
    order=st.sampled_from(["ordered", "strict"]),
    exclude=st.sampled_from([[], [{"event": "D"}]]),
    side=st.sampled_from(["before", "after", "between"]),
    gap=st.sampled_from(["30m", "none"]),
    step=st.integers(1, 3),
    dropped=st.booleans(),
)
def test_paths_around_a_step_are_of_the_funnels_people(
    row, snapshot, crowd, within, order, exclude, side, gap, step, dropped
):
    """One path each, and it begins or ends with the steps; the people are the funnel's own."""
    crowd = [*crowd, [(0, name, "y", 0) for name in NAMES]]
    dropped = dropped and side != "between"
    step = max(step, 1 + (dropped or side == "between"))
    funnel = {"steps": ["A", "B", "C"], "within": within, "order": order,
              "exclude": exclude if order == "ordered" else []}  # fmt: skip
    here = snapshot(rows_of(row, crowd), parts=2)
    around = {"funnel": funnel, "step": step, "side": side, "dropped": dropped}
    found = ask(here, around=around, session_gap=gap, collapse=False)
    people = answer(parse({"question": "funnel", **funnel}), here, NOW).people(
        step, dropped=dropped
    )
    assert found.people().tolist() == people.tolist()
    assert found.results["paths"] == found.results["people"] == len(people)
    last = "ABC"[step - 1 - dropped]
    for each in found.results["top"]:
        if side == "after":
            assert each["path"][0] == last
        else:
            assert each["path"][-1] == last
        if side == "between":
            assert each["path"][0] == "ABC"[step - 2]
    ends = {"before": 5, "after": 1, "between": 1}
    counted = sum(n["count"] for n in found.results["nodes"] if n["step"] == ends[side])
    assert counted == len(people)


def test_batches_and_tables_do_not_matter(row, snapshot, monkeypatch):
    """People counted in one batch or in many, in place or in a table: the numbers are the same."""
    streams = ["ABCABD", "BBA", "ACCA", "DA", "ABCABD"]
    rows = [row(p, t * 20 * MINUTE, name) for p, stream in enumerate(streams)
            for t, name in enumerate(stream)]  # fmt: skip
    spec = {"session_gap": "21m", "where": None, "depth": 3}
    one = ask(snapshot(rows), **spec).results
    for events, cells in ((1 << 17, 0), (4, 1 << 19), (4, 0)):
        monkeypatch.setattr(walks, "EVENTS", events)
        monkeypatch.setattr(walks, "CELLS", cells)
        assert ask(snapshot(rows), **spec).results == one


@pytest.mark.parametrize("at_once", [0, 40, 1000])
def test_too_many_different_paths_are_not_listed(row, snapshot, monkeypatch, at_once):
    """`top` is null then, whichever way the parts meet; too many edges are refused."""
    monkeypatch.setattr(counts, "AT_ONCE", at_once)
    ways = [*itertools.product("AB", repeat=5)]
    rows = [row(p, t * MINUTE, name) for p, way in enumerate(ways) for t, name in enumerate(way)]
    here = snapshot(rows, parts=3)
    monkeypatch.setattr(counts, "MOST", len(ways))
    assert len(ask(here, collapse=False).results["top"]) == len(ways)
    monkeypatch.setattr(counts, "MOST", len(ways) - 1)
    assert ask(here, collapse=False).results["top"] is None
    monkeypatch.setattr(counts, "MOST", 1 + 5 * 2 + 4 * 4 - 1)
    with pytest.raises(Invalid) as refused:
        ask(here, collapse=False)
    assert refused.value.code == "too_many_edges"


F = {"steps": ["A", "B"]}
REFUSED = [
    ({"depth": 1}, "bad_depth", "$.depth"),
    ({"depth": 2, "start": "A", "end": "B"}, "bad_depth", "$.depth"),
    ({"most_nodes": 1}, "bad_most_nodes", "$.most_nodes"),
    ({"session_gap": "0m"}, "bad_duration", "$.session_gap"),
    ({"session_gap": "soon"}, "bad_duration", "$.session_gap"),
    ({"hide": ["A"], "start": "A"}, "hidden_step", "$.start.event"),
    ({"only": ["B"], "end": "A"}, "hidden_step", "$.end.event"),
    ({"hide": ["X"]}, "unknown_event", "$.hide[0]"),
    ({"start": "X"}, "unknown_event", "$.start.event"),
    ({"label": "d"}, "unknown_property", "$.label"),
    ({"pattern": "A->"}, "bad_pattern", "$.pattern"),
    ({"pattern": "A->X"}, "unknown_node", "$.pattern"),
    ({"matching": True}, "no_pattern", "$.matching"),
    ({"group": [{"as": "x"}]}, "bad_group", "$.group[0]"),
    ({"group": [{"as": "x", "matches": "("}]}, "bad_pattern", "$.group[0].matches"),
    ({"compare": [ALL, ALL], "by": ["c"]}, "compare_or_by", "$.by"),
    ({"compare": [ALL, {"property": "d", "op": "exists"}]}, "unknown_property",
     "$.compare[1].property"),
    ({"around": {"funnel": F, "step": 3}}, "no_such_step", "$.around.step"),
    ({"around": {"funnel": F, "step": 1, "side": "between"}}, "no_such_step", "$.around.step"),
    ({"around": {"funnel": F | {"order": "any"}, "step": 1}}, "around_needs_order",
     "$.around.funnel.order"),
    ({"around": {"funnel": F | {"from": "1970-01-01"}, "step": 1}}, "not_here",
     "$.around.funnel.from"),
    ({"around": {"funnel": {"steps": ["A", "X"]}, "step": 1}}, "unknown_event",
     "$.around.funnel.steps[1].event"),
    ({"around": {"funnel": F, "step": 2, "side": "between", "dropped": True}},
     "nothing_between", "$.around.side"),
    ({"around": {"funnel": F, "step": 2}, "hide": ["B"]}, "hidden_step",
     "$.around.funnel.steps[1].event"),
    ({"around": {"funnel": F, "step": 2}, "start": "A"}, "around_has_ends", "$.start"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "code", "at"), REFUSED)
def test_what_does_not_fit_is_refused_where_it_stands(row, snapshot, spec, code, at):
    """Fields that contradict each other, and names that are not there."""
    here = snapshot([row(1, t, name, {"c": "x"}) for t, name in enumerate(NAMES)])
    with pytest.raises(Invalid) as refused:
        ask(here, **spec)
    assert (refused.value.code, refused.value.at) == (code, at)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ({"step": 6, "from": "A"}, "no_such_step"),
        ({"step": 1}, "no_such_edge"),
        ({"from": "other"}, "no_such_node"),
        ({"matching": True}, "no_pattern"),
        ({"segment": 1}, "no_such_segment"),
        ({"by": {"c": "x"}}, "no_groups"),
    ],
)
def test_a_cell_that_is_not_there_is_refused(row, snapshot, cell, code):
    """People are asked of numbers that the answer has."""
    found = ask(snapshot([row(1, t, name, {"c": "x"}) for t, name in enumerate(NAMES)]))
    with pytest.raises(Invalid) as refused:
        found.people(**cell)
    assert refused.value.code == code


def test_an_event_called_other_is_not_the_rest(row, snapshot):
    """The rest has a name that no event has."""
    rows = [row(p, 0, name) for p, name in enumerate(["other", "other", "A", "B"], 1)]
    found = ask(snapshot(rows), most_nodes=2).results
    assert [(n["node"], n["count"]) for n in found["nodes"]] == [("other", 2), ("(other)", 2)]


@given(values=st.lists(st.integers(0, 10**13), min_size=1, max_size=30), most=st.integers(1, 12),
       cut=st.integers(0, 30))  # fmt: skip
def test_medians_of_many_lengths_are_close(values, most, cut):
    """Exact while there is room, then within what the digits promise, however they meet."""
    import numpy as np

    from ethogram.ask.kernels.counting import Counted

    def piece(some):
        found, times = np.unique(np.array(some, np.int64), return_counts=True)
        keys = np.stack([np.zeros(len(found), np.int64), found], axis=1)
        return lengths.Counts((Counted(keys, times, times),)) if some else lengths.Counts()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts, "MOST", most + 45)
        patch.setattr(counts, "AT_ONCE", 0)
        total, digits = lengths.joined((piece(values[:cut]), None), (piece(values[cut:]), None))
        assert lengths.joined((piece(values), None), (lengths.Counts(), None))[1] == digits
    found = lengths.medians(total.whole(), digits)[0]
    exact = float(np.median(values)) / 10**6
    error = 0 if digits is None else 0.5**digits
    assert abs(found - exact) <= error * exact + 1e-6 * bool(digits)
