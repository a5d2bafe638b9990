"""What can be computed from several lines of a trend, and from points that count so far."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ask.questions.simplex import largest

from ethogram.ask.engines.embedded import answer, asking
from ethogram.ask.questions.catalog import parse
from ethogram.events.errors import NotPermitted
from ethogram.events.times import DAY

K = 4
NOW = 6 * DAY
FILTERS = {
    "all": None,
    "not y": {"property": "g", "op": "!=", "value": "y"},
    "x": {"property": "g", "value": "x"},
    "z": {"property": "g", "value": "z"},
}
CROWD = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from("xxyz")), min_size=1, max_size=4),
        st.integers(1, 9),
    ),
    min_size=2, max_size=7,
)  # fmt: skip


def rows_of(row, crowd, *, beginning=False):
    """So many people alike do A on some days, with a value each time."""
    found = [row(0, 0, "A", {"g": "x", "price": 5.0})] * beginning
    person = 0
    for life, many in crowd:
        for _ in range(many):
            person += 1
            found += [row(person, day * DAY + person, "A", {"g": g, "price": 5.0})
                      for day, g in life]  # fmt: skip
    return found


def trend(**said):
    return parse({"question": "trends", **said})


def series(measure, names):
    more = {"property": "price"} if measure == "sum" else {}
    return [{"event": "A", "name": n, "measure": measure, "where": FILTERS[n], **more}
            for n in names]  # fmt: skip


def numbers(told):
    """The points of each line, by its name."""
    return {line["name"]: [n for _, n in line["points"]] for line in told.results["series"]}


def known_of(told, names, day, parts):
    """What the points of a day say of the parts: equations."""
    label = f"1970-01-0{day + 1}T00:00:00Z"
    points = {line["name"]: dict(line["points"]).get(label) for line in told.results["series"]}
    return [({part: 1 for part in parts if n in part}, points[n])
            for n in names if points[n] is not None]  # fmt: skip


@pytest.mark.parametrize("measure", ["total", "sum", "people"])
def test_what_two_filters_leave_between_them_is_told_of_k_people_only(row, snapshot, measure):
    """A formula of everybody less everybody but Monaco, and both lines beside each other."""
    crowd = [([(0, "x")], 97), ([(0, "y")], 3)]
    spec = trend(series=series(measure, ["all", "not y"]), formulas=[{"formula": "A - B"}],
                 to="1970-01-02")  # fmt: skip
    asked = asking(spec, snapshot(rows_of(row, crowd)), NOW)
    assert numbers(asked.answer())["A - B"] == [{"sum": 15.0}.get(measure, 3)]
    told = numbers(asked.answer(k=K))
    assert (told["all"], told["not y"], told["A - B"]) == ([{"sum": 500}.get(measure, 100)],
                                                           [None], [None])  # fmt: skip
    crowd = [([(0, "x")], 97), ([(0, "y")], K)]
    told = asking(spec, snapshot(rows_of(row, crowd)), NOW).answer(k=K)
    assert "hidden" not in told.results


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, names=st.sets(st.sampled_from([*FILTERS]), min_size=2))
def test_no_part_of_people_can_be_computed_from_several_filters(row, snapshot, crowd, names):
    """Who did only what some filters pass: also if it is known which such people there are not."""
    names = sorted(names)
    spec = trend(series=series("people", names))
    rows = rows_of(row, crowd)
    told = asking(spec, snapshot(rows), NOW).answer(k=K)
    passes = {"all": set("xyz"), "not y": set("xz"), "x": {"x"}, "z": {"z"}}
    for day in range(NOW // DAY):
        parts: dict[frozenset[str], int] = {}
        for person in {r.person for r in rows}:
            done = {r.properties["g"] for r in rows if r.person == person and r.time // DAY == day}
            part = frozenset(n for n in names if done & passes[n])
            parts[part] = parts.get(part, 0) + 1
        known = known_of(told, names, day, parts)
        for part, people in parts.items():
            if part and people < K:
                most = largest(known, part)
                assert most is None or most >= K


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, names=st.sets(st.sampled_from([*FILTERS]), min_size=2))
def test_no_events_of_few_can_be_computed_from_several_filters(row, snapshot, crowd, names):
    """The events that pass just some filters, where these are few people's."""
    names = sorted(names)
    spec = trend(series=series("total", names))
    rows = rows_of(row, crowd)
    told = asking(spec, snapshot(rows), NOW).answer(k=K)
    passes = {"all": set("xyz"), "not y": set("xz"), "x": {"x"}, "z": {"z"}}
    for day in range(NOW // DAY):
        events, people = {}, {}
        for r in (r for r in rows if r.time // DAY == day):
            part = frozenset(n for n in names if r.properties["g"] in passes[n])
            events[part] = events.get(part, 0) + 1
            people.setdefault(part, set()).add(r.person)
        known = known_of(told, names, day, events)
        for part, those in people.items():
            if part and len(those) < K:
                most = largest(known, part)
                assert most is None or most > events[part]


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, measure=st.sampled_from(["people", "distinct"]), beginning=st.booleans())
def test_who_came_since_the_last_point_is_nobody_or_k_people(
    row, snapshot, crowd, measure, beginning
):
    """Of people so far each difference of two points shown is a group of those who came."""
    more = {"property": "price"} if measure == "distinct" else {}
    spec = trend(series=[{"event": "A", "measure": measure, "name": "a", **more}], cumulative=True)
    rows = rows_of(row, crowd, beginning=beginning)
    if more:
        rows = [r._replace(properties={"price": float(r.person)}) for r in rows]
    told = numbers(asking(spec, snapshot(rows), NOW).answer(k=K))["a"]
    shown = [n for n in told if n is not None]
    assert all(b - a == 0 or b - a >= K for a, b in pairwise([0, *shown]))


def test_who_did_other_things_only_is_not_told_where_they_are_few(row, snapshot):
    """People of any event less those of one are who did not do it."""
    rows = rows_of(row, [([(0, "x")], 30)]) + [row(100 + n, n, "B") for n in range(K - 1)]
    spec = trend(series=[{"measure": "people"}, {"event": "A", "measure": "people"}])
    told = numbers(asking(spec, snapshot(rows), NOW).answer(k=K))
    assert told == {"any event: people": [33], "A: people": [None]}
    rows.append(row(200, 0, "B"))
    assert "hidden" not in asking(spec, snapshot(rows), NOW).answer(k=K).results


def test_daily_newcomers_are_not_told_one_by_one(row, snapshot):
    """Thirty regulars and one new person a day: neither so far nor of the last month."""
    rows = [row(p, d * DAY + p, "A") for p in range(30) for d in range(6)]
    rows += [row(100 + d, d * DAY + 50, "A") for d in range(6)]
    for each in ({}, {"trailing": "30d"}):
        spec = trend(series=[{"event": "A", "measure": "people", "name": "a", **each}],
                     cumulative=not each)  # fmt: skip
        asked = asking(spec, snapshot(rows), NOW)
        assert numbers(asked.answer())["a"] == [31, 32, 33, 34, 35, 36]
        assert numbers(asked.answer(k=K))["a"] == [31, None, None, None, 35, None]


def test_who_is_gone_is_not_told_where_nobody_can_have_come(row, snapshot):
    """Of a trailing time that falls while few do anything, each fall is who was last seen then."""
    rows = [row(p, day * DAY + p, "A") for p in range(30) for day in (0, 1)]
    rows += [row(100, 50, "A"), row(101, 3 * DAY, "B")]
    spec = trend(series=[{"event": "A", "measure": "people", "name": "a", "trailing": "2d"}],
                 **{"from": "1970-01-02"})  # fmt: skip
    asked = asking(spec, snapshot(rows), NOW)
    assert numbers(asked.answer())["a"] == [31, 30, 0]
    assert numbers(asked.answer(k=K))["a"] == [31, None, 0]


@settings(max_examples=60, deadline=None)
@given(crowd=CROWD, cumulative=st.booleans())
def test_what_events_tell_beside_people_is_not_what_few_do_again(row, snapshot, crowd, cumulative):
    """Events less people are what somebody did once more."""
    spec = trend(series=["A", {"event": "A", "measure": "people"}], cumulative=cumulative)
    told = numbers(asking(spec, snapshot(rows_of(row, crowd)), NOW).answer(k=K))
    both = zip(told["A"], told["A: people"], strict=True)
    more = [a - b for a, b in both if a is not None and b is not None]
    steps = pairwise([0, *more]) if cumulative else ((0, n) for n in more)
    assert all(b - a == 0 or b - a >= K for a, b in steps)


@pytest.mark.parametrize(
    "said",
    [
        {"series": [{"event": None}, "A"]},
        {"series": series("total", ["all", "x"]), "cumulative": True},
        {"series": series("total", ["all", "x"]), "sample": 0.5},
        {"series": [{"event": "A", "measure": "people"}], "cumulative": True, "moving_average": 2},
        {"series": ["A"], "from": "1970-01-02", "to": "1970-01-04",
         "compare": {"from": "1970-01-01", "to": "1970-01-02T00:00:01"}},
        {"series": ["A"], "from": "1971-01-02", "to": "1973-01-04", "compare": "year_before"},
        {"series": [{"event": "A", "name": str(n), "where": {"property": "price", "value": n}}
                    for n in range(5)]},
        {"series": [{"event": "A", "measure": "people", "name": "a", "trailing": "2d"},
                    {"event": "A", "name": "b", "where": FILTERS["x"]}]},
    ],
)  # fmt: skip
def test_lines_of_which_nobody_counts_the_difference_are_refused(row, snapshot, said):
    """To who is told all they are told."""
    asked = asking(trend(**said), snapshot(rows_of(row, [([(1, "x")], 9)])), NOW)
    with pytest.raises(NotPermitted, match="does not say"):
        asked.answer(k=K)
    assert asked.answer(k=1).results["series"]


def test_lines_of_different_events_and_of_values_apart_are_told(row, snapshot):
    """Nothing is hidden where no difference is small."""
    rows = rows_of(row, [([(0, "x"), (0, "x")], 20), ([(0, "y"), (0, "y")], 30)])
    rows += [r._replace(event="B") for r in rows if r.person % 2]
    spec = trend(series=["B", {"measure": "people"}, {"event": "B", "measure": "people"},
                         *series("people", ["x", "not y", "all"])])  # fmt: skip
    asked = asking(spec, snapshot(rows), NOW)
    assert asked.answer(k=K).results == answer(spec, snapshot(rows), NOW).results
