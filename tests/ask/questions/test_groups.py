"""The groups that `by` makes, whatever is asked: each value of its type is one of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.occurring import places_of
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY

NOW = 30 * DAY
GIVEN = {1: {"v": True}, 2: {"v": 1}, 3: {"v": "1"}, 4: {"v": ""}, 5: {"v": None}, 6: {}}
"""By person; the last has no such property."""
SHOWN = GIVEN | {5: {"v": None, "v.is_null": True}, 6: {"v": None}}
FIRST = "1970-01-01T00:00:00Z"
ASKED = [
    ({"question": "trends", "series": ["A"]}, {}),
    ({"question": "funnel", "steps": ["A", "B"]}, {"step": 1}),
    ({"question": "retention", "start": "A", "return": "B"}, {"cohort": FIRST}),
    ({"question": "retention", "start": "A", "return": "B", "by_must_match": True},
     {"cohort": FIRST}),
    ({"question": "lifecycle", "event": "A"}, {"interval": FIRST, "state": "new"}),
    ({"question": "stickiness", "event": "A"}, {"intervals": 1}),
    ({"question": "sessions"}, {}),
    ({"question": "distribution", "event": "A"}, {}),
    ({"question": "rfm", "event": "A", "money": "price"}, {}),
    ({"question": "paths"}, {}),
    ({"question": "states"}, {}),
]  # fmt: skip
OF_ALL = {"segments", "scores", "histogram"}
"""What a group has of everybody: the scores' limits, and the bins."""
EACH = pytest.mark.parametrize(("spec", "cell"), ASKED, ids=lambda each: each.get("question", ""))


def asked(row, snapshot, spec):
    """The answer by ``v`` about people who each have a value, and its groups."""
    rows = [row(person, i, name, {"price": 1, **own}) for person, own in GIVEN.items()
            for i, name in enumerate("AB")]  # fmt: skip
    found = answer(parse({**spec, "by": ["v"]}), snapshot(rows, parts=2), NOW)
    return found, [each["by"] for each in found.results.get("series", found.results.get("groups"))]


@EACH
def test_the_people_behind_a_group_are_of_its_value_and_type(row, snapshot, spec, cell):
    """True is not 1, and 1 is not "1"; missing is not null, and null is not empty."""
    found, groups = asked(row, snapshot, spec)
    assert sorted(map(str, groups)) == sorted(map(str, SHOWN.values()))
    for person, by in SHOWN.items():
        assert found.people(**cell, by=by).tolist() == [person]


@pytest.mark.parametrize(
    ("spec", "cell"), [each for each in ASKED if each[0]["question"] != "funnel"]
)
def test_a_group_of_what_the_answer_is_not_by_is_refused(row, snapshot, spec, cell):
    """Whatever is asked, and before an event is looked at."""
    found, _ = asked(row, snapshot, spec)
    with pytest.raises(Invalid) as refused:
        found.people(**cell, by={"colour": 1})
    assert (refused.value.code, refused.value.at) == ("no_such_group", "by")


def test_the_people_behind_an_element_are_of_its_value_and_type(row, snapshot):
    """Of a heatmap too."""
    place = {"page": "/", "x": 1, "y": 1, "page_width": 2, "page_height": 2}
    rows = [row(person, 0, "click", {**place, **each})
            for person, each in GIVEN.items()]  # fmt: skip
    found = answer(parse({"question": "heatmap", "page": "/", "element": "v"}), snapshot(rows), NOW)
    assert len(found.results["elements"]) == 4
    for person, each in [*GIVEN.items()][:4]:
        assert found.people(element=each["v"]).tolist() == [person]


def test_groups_stand_in_the_order_of_their_values_and_null_before_missing(row, snapshot):
    """By type, then by value."""
    found, groups = asked(row, snapshot, {"question": "trends", "series": ["A"]})
    assert groups == [SHOWN[person] for person in (1, 2, 4, 3, 5, 6)]
    assert found.to_polars()["v.is_null"].to_list() == [None, None, None, None, True, None]


def test_words_that_are_null_are_apart_from_missing_ones_in_narrow_and_wide_columns(row, snapshot):
    """Also of texts and numbers alone, which are looked up in other ways."""
    for values in (["x", None, "y"], [1.5, None, 0], [True, None]):
        rows = [row(i, i, "A", {"v": value, "w": 0}) for i, value in enumerate(values)]
        events = snapshot([*rows, row(9, 9, "A", {"w": 0})])
        for by in ("v", {"property": "v", "of": "then"}):
            spec = {"question": "trends", "series": ["A"], "interval": "all", "by": [by]}
            series = answer(parse(spec), events, NOW).results["series"]
            assert [each["by"] for each in series][-2:] == [SHOWN[5], SHOWN[6]]
            assert [each["points"][0][1] for each in series] == [1] * (len(values) + 1)


def test_a_heading_may_not_be_what_says_that_another_value_is_null(row, snapshot):
    """``v.is_null`` beside ``v`` would mean two things."""
    with pytest.raises(Invalid) as refused:
        answer(parse({"question": "trends", "series": ["A"], "by": ["v", "v.is_null"]}),
               snapshot([row(1, 0, "A", GIVEN[1] | {"v.is_null": 1})]), NOW)  # fmt: skip
    assert (refused.value.code, refused.value.at) == ("same_heading", "$.by[1]")


@given(groups=st.lists(st.integers(0, 5), max_size=30), more=st.integers(0, 3))
def test_every_group_has_its_own_places_in_order(groups, more):
    """Whatever is in no group; also of groups that nothing is in, and of none at all."""
    n = max(groups, default=-1) + 1 + more
    found = places_of(np.array(groups, np.int64), n)
    assert [own.tolist() for own in found] == [
        [i for i, group in enumerate(groups) if group == g] for g in range(n)
    ]


@pytest.mark.parametrize("question", ["paths", "states", "rfm", "sessions", "distribution"])
def test_many_groups_each_have_their_own_numbers(row, snapshot, question):
    """As many as people: each group's answer is that of its person alone."""
    money = {"money": "v"} if question == "rfm" else {}
    spec = {"question": question, "by": ["v"], **money}
    rows = [row(person, person + i, "AB"[i % 2], {"v": person % 60})
            for person in range(1, 121) for i in range(person % 5 + 1)]  # fmt: skip
    found = answer(parse(spec), snapshot(rows, parts=3), NOW)
    numbers = {each["by"]["v"]: each for each in found.results["groups"]}
    assert len(numbers) == 60
    for v, group in numbers.items():
        people = {"is": {"property": "v", "value": v}}
        (alone,) = answer(parse(spec | {"people": people}), snapshot(rows), NOW).results["groups"]
        assert {**group, **{field: alone[field] for field in alone.keys() & OF_ALL}} == alone
