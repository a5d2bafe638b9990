"""The groups that `by` makes, whatever is asked: each value of its type is one of its own."""

import pytest

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY

NOW = 30 * DAY
VALUES = {1: {"v": True}, 2: {"v": 1}, 3: {"v": "1"}}
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
EACH = pytest.mark.parametrize(("spec", "cell"), ASKED, ids=lambda each: each.get("question", ""))


def asked(row, snapshot, values, spec):
    """The answer by ``v`` about people who each have a value, and who are in which group."""
    rows = [row(person, i, name, {"price": 1, **own}) for person, own in values.items()
            for i, name in enumerate("AB")]  # fmt: skip
    found = answer(parse({**spec, "by": ["v"]}), snapshot(rows, parts=2), NOW)
    return found, [each["by"] for each in found.results.get("series", found.results.get("groups"))]


@EACH
def test_the_people_behind_a_group_are_of_its_value_and_type(row, snapshot, spec, cell):
    """True is not 1, and 1 is not "1"."""
    found, groups = asked(row, snapshot, VALUES, spec)
    assert sorted(map(str, groups)) == sorted(map(str, VALUES.values()))
    for person, by in VALUES.items():
        assert found.people(**cell, by=by).tolist() == [person]


@pytest.mark.parametrize(
    ("spec", "cell"), [each for each in ASKED if each[0]["question"] != "funnel"]
)
def test_a_group_of_what_the_answer_is_not_by_is_refused(row, snapshot, spec, cell):
    """Whatever is asked, and before an event is looked at."""
    found, _ = asked(row, snapshot, VALUES, spec)
    with pytest.raises(Invalid) as refused:
        found.people(**cell, by={"colour": 1})
    assert (refused.value.code, refused.value.at) == ("no_such_group", "by")


def test_the_people_behind_an_element_are_of_its_value_and_type(row, snapshot):
    """Of a heatmap too."""
    place = {"page": "/", "x": 1, "y": 1, "page_width": 2, "page_height": 2}
    rows = [row(person, 0, "click", {**place, "element": each["v"]})
            for person, each in VALUES.items()]  # fmt: skip
    found = answer(parse({"question": "heatmap", "page": "/"}), snapshot(rows), NOW)
    for person, each in VALUES.items():
        assert found.people(element=each["v"]).tolist() == [person]
