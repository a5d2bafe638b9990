"""What can be computed from numbers of one answer that nobody counted the difference of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ask.questions.simplex import largest

from ethogram.ask.engines.embedded import answer, asking
from ethogram.ask.kpis.asking import asked, asking_of
from ethogram.ask.kpis.definition import definition
from ethogram.ask.questions.catalog import parse
from ethogram.ask.telling.sizes import sizes_told
from ethogram.events.errors import NotPermitted
from ethogram.events.times import DAY

K = 4
NOW = 9 * DAY
COUNTS = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 9, 30])
VALUES = st.lists(
    st.tuples(st.sampled_from([0.001, 1, 2, 3, 7, 37, 60, 9000, -4]), st.integers(1, 9)),
    min_size=1, max_size=6,
)  # fmt: skip
ROUND = {sign * digit * 10**power for sign in (-1, 1) for digit in (1, 2, 5)
         for power in (0, 1, 2, 3, 4)} | {0} | {sign * digit / 100 for sign in (-1, 1)
                                               for digit in (1, 2, 5, 10, 20, 50)}  # fmt: skip


def ask(data, said, k=K):
    return asking(parse(said), data, NOW).answer(k=k).results


def paid(row, values, groups="x"):
    """So many people with a value each, in groups by turns."""
    spread = [value for value, many in values for _ in range(many)]
    return [row(p, p, "A", {"price": float(v), "g": groups[p % len(groups)]})
            for p, v in enumerate(spread)]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(values=VALUES, bins=st.none() | st.integers(1, 100), groups=st.sampled_from(["x", "xy"]))
def test_a_distribution_tells_no_extreme_and_no_small_bin(row, snapshot, values, bins, groups):
    """Edges are round numbers without ends; of each bin of few, k people could be in it."""
    data = snapshot(paid(row, values, groups))
    said = {"question": "distribution", "of": "value", "per": "person", "property": "price",
            "event": "A", "by": ["g"]}  # fmt: skip
    told = ask(data, said | {"bins": bins})
    truth = ask(data, said | {"bins": "round"}, 1)
    own = told["histogram"]
    inner = [each["from"] for each in own[1:]]
    assert (own[0]["from"], own[-1]["to"]) == (None, None)
    assert inner == [each["to"] for each in own[:-1]]
    assert {*inner} <= ROUND
    rows = {"all": (told, truth)}
    rows |= {each["by"]["g"]: (each, next(t for t in truth["groups"] if t["by"] == each["by"]))
             for each in told["groups"]}  # fmt: skip
    known, counts = [], {}
    for name, (shown, true) in rows.items():
        edges = [None, *inner, None]
        for i, each in enumerate(shown["histogram"]):
            low, high = edges[i], edges[i + 1]
            counts[name, i] = sum(t["count"] for t in true["histogram"]
                                  if (low is None or t["from"] >= low)
                                  and (high is None or t["to"] <= high))  # fmt: skip
            known += [({(name, i): 1}, counts[name, i])] if each["count"] is not None else []
        if shown["summary"]["count"] is not None:
            every = {(name, i): 1 for i in range(len(own))}
            known.append((every, shown["summary"]["count"]))
        if shown["summary"]["mean"] is not None:
            assert not [n for (of, _), n in counts.items() if of == name and 0 < n < K]
            outer = (true["histogram"][0], true["histogram"][-1])
            assert name != "all" or all(each["count"] >= K for each in outer)
    for place, n in counts.items():
        most = largest(known, place) if 0 < n < K else None
        assert most is None or most >= K


def test_two_extremes_look_the_same(row, snapshot):
    """One person with 9,000 beside fifty-nine with 10, or with 5,000,000: nothing differs."""
    said = {"question": "distribution", "of": "value", "per": "person", "property": "price",
            "event": "A", "bins": 100}  # fmt: skip
    rich = [ask(snapshot(paid(row, [(10, 59), (most, 1)])), said) for most in (9000, 5e6)]
    assert rich[0] == rich[1]
    assert (rich[0]["summary"]["count"], rich[0]["summary"]["mean"]) == (60, None)


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(COUNTS, min_size=4, max_size=8))
def test_no_part_of_segments_can_be_computed_from_sizes(parts):
    """Also where it is known which parts nobody can be in."""
    sets = 3 if len(parts) > 4 else 2
    parts = {part: n for part, n in enumerate(parts) if n}
    told = sizes_told(parts, sets, K)
    if sum(parts.values()) < K:
        return
    known = [({part: 1 for part in parts if part >> i & 1},
              sum(n for part, n in parts.items() if part >> i & 1)) for i in told]  # fmt: skip
    known.append((dict.fromkeys(parts, 1), sum(parts.values())))
    for part, n in parts.items():
        assert n >= K or largest(known, part) >= K


def test_segments_within_each_other_do_not_tell_the_rest(row, snapshot):
    """A hundred did it, ninety-seven of them not in Monaco: one of both is told."""
    rows = [row(p, p, "view", {"g": "MC" if p < 3 else "DE"}) for p in range(100)]
    rows += [row(p, p, "other", {"g": "DE"}) for p in range(100, 150)]
    cohorts = {"all": {"did": "view"}, "most": {"did": {"event": "view", "where": {
        "property": "g", "op": "!=", "value": "MC"}}}}  # fmt: skip
    said = {"question": "segments",
            "segments": [{"name": n, "cohort": c} for n, c in cohorts.items()]}  # fmt: skip
    told = ask(snapshot(rows), said)
    assert [each["people"] for each in told["segments"]] == [100, None]
    assert (told["total"], told["none"], told["overlaps"], told["pairs"]) == (150, None, [], [])
    many = [{"name": str(n), "cohort": {"did": "view"}} for n in range(6)]
    with pytest.raises(NotPermitted, match="segments"):
        ask(snapshot(rows), said | {"segments": many})


def clicks(row, p, **more):
    place = {"x": 0.5, "y": 0.5, "page_width": 1, "page_height": 1, "element": "a"}
    return row(p, p, "click", {"page": "/", **place, **more})


@pytest.mark.parametrize("lacks", ["x", "element"])
def test_clicks_that_few_made_elsewhere_cannot_be_computed(row, snapshot, lacks):
    """All clicks less those with a place, or on elements, are few people's: neither is told."""
    rows = [clicks(row, p) for p in range(30)]
    rows += [clicks(row, p, x=0.1, element="b") for p in range(30, 50)]
    said = {"question": "heatmap", "page": "/", "columns": 2, "rows": 1, "top": 2}
    whole = ask(snapshot(rows), said)
    assert (len(whole["cells"]), len(whole["elements"]), whole["placed"]) == (2, 2, 50)
    told = ask(snapshot([*rows, clicks(row, 60, **{lacks: None})]), said)
    spots = told["cells"] if lacks == "x" else told["elements"]
    assert told["clicks"] == 51
    assert sum(each["clicks"] for each in spots) == 30
    assert lacks != "x" or told["placed"] is told["unplaced"]["clicks"] is None
    assert lacks == "x" or told["without_element"] == {"clicks": None, "people": None}
    beyond = ask(snapshot([*rows, clicks(row, 60, element="c")]), said)
    assert sum(each["clicks"] for each in beyond["elements"]) == 30


@settings(max_examples=60, deadline=None)
@given(many=st.lists(st.tuples(COUNTS, COUNTS), min_size=3, max_size=3))
def test_no_rest_of_an_events_values_is_of_few(row, snapshot, many):
    """An event less its values told, of who converted and of who did not, is nobody or k people."""
    rows, person = [row(0, 0, name, {"g": "n"}) for name in "SMB"], 0
    for value, both in zip("xyz", many, strict=True):
        for converted, n in enumerate(both):
            for _ in range(n + 1 if value == "x" else n):
                person += 1
                rows += [row(person, 10 + i, name, {"g": value})
                         for i, name in enumerate(["S", "M", *["B"] * converted])]  # fmt: skip
    said = {"question": "correlation", "steps": ["S", "B"], "properties": ["g"], "top": 99}
    told = ask(snapshot(rows), said)["candidates"]
    events = [each for each in told if each["property"] is None]
    values = [each for each in told if each["property"] is not None]
    for each, some in (
        (each, some) for each in events for some in (values, *([v] for v in values))
    ):
        met = each["converted"] - sum(row["converted"] for row in some)
        rest = each["people"] - sum(row["people"] for row in some) - met
        assert not 0 < met < K
        assert not 0 < rest < K


@settings(max_examples=40, deadline=None)
@given(many=st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=5))
def test_no_period_of_a_funnel_can_be_computed_from_the_others(row, snapshot, many):
    """Where each person is in one period: all less the periods told."""
    rows, person = [row(0, 0, name) for name in "AB"], 0
    for day, both in enumerate(many):
        for done, n in enumerate(both):
            for _ in range(n):
                person += 1
                rows += [
                    row(person, day * DAY + i, name) for i, name in enumerate("AB"[: done + 1])
                ]
    said = {"question": "funnel", "steps": ["A", "B"], "trend": "day"}
    truth = answer(parse(said), snapshot(rows), NOW).results
    told = ask(snapshot(rows), said)
    known, parts = [], {}
    for p, (shown, true) in enumerate(zip(told["periods"], truth["periods"], strict=True)):
        a, b = true["people"]
        parts |= {(p, 0): a - b, (p, 1): b}
        known += [({(p, 0): 1, (p, 1): 1}, a)] if shown["people"][0] is not None else []
        known += [({(p, 1): 1}, b)] if shown["people"][1] is not None else []
    for i, step in enumerate(told["steps"]):
        if step["people"] is not None:
            known.append(({part: 1 for part in parts if part[1] >= i}, step["people"]))
    for part, n in parts.items():
        most = largest(known, part) if 0 < n < K else None
        assert most is None or most >= K


def test_a_funnel_beside_one_of_a_part_of_its_time_is_refused(row, snapshot):
    """The difference is whoever came in the second between them."""
    rows = [row(p, p * DAY // 9, name) for p in range(9) for name in "AB"]
    said = {"question": "funnel", "steps": ["A", "B"], "to": "1970-01-03",
            "compare": {"to": "1970-01-02T23:59:59"}}  # fmt: skip
    with pytest.raises(NotPermitted, match="overlaps"):
        ask(snapshot(rows), said)
    assert ask(snapshot(rows), said, 1)["compared"]


@pytest.mark.parametrize(
    ("kpi", "total"),
    [({"kind": "conversion", "steps": ["A", "B"]}, "steps"), ({"kind": "churn"}, "pooled")],
)
def test_a_kpi_by_groups_takes_everybodys_number_from_beside_theirs(row, snapshot, kpi, total):
    """Two answers would be hidden each for itself, and their difference told."""
    rows = [row(p, day * DAY + p, name, {"g": "xy"[p % 2]})
            for p in range(40) for day in range(2) for name in "AB"]  # fmt: skip
    data, given = snapshot(rows), []

    def told(spec):
        given.append((spec, asking(spec, data, NOW).answer(k=K)))
        return given[-1][1]

    asked(definition(kpi), asking_of({"by": ["g"], "interval": "day"} if total == "steps" else
                                     {"by": ["g"]}), no_cohort, told, every=False)  # fmt: skip
    assert [each.by for each, found in given if total in found.results] != []
    assert all(each.by == ("g",) for each, found in given if total in found.results)


def no_cohort(name):
    raise AssertionError(name)
