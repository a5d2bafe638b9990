"""An answer is a matter of its definition and its state: it can be kept, and asked for again."""

import msgspec
import pytest

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import answer, asking
from ethogram.ask.engines.kept import Kept
from ethogram.ask.questions.catalog import CATALOG, parse
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.trends import Trends
from ethogram.ask.sequences.run import State
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY, MINUTE, SECOND

NOW = 20_000 * DAY + 5 * MINUTE + 17 * SECOND
SPECS = [
    Funnel(("a", "b"), by=("x",), people={"did": "a", "last": "2d"}),
    Funnel(("a", "b"), unit="session", sample=0.5),
    Retention("a", "b", periods=3),
    Trends(("a", "b"), interval="hour", timezone="Asia/Kathmandu"),
]


@pytest.fixture
def people(row, snapshot):
    """Events of the last days, up to a few seconds ago and beyond."""
    return snapshot(
        [
            row(person, NOW - back, "ab"[back % 2], {"x": person % 2})
            for person in range(1, 9)
            for back in (-2 * SECOND, SECOND + 1, 61 * SECOND, DAY + person, 3 * DAY)
        ]
    )


@pytest.mark.parametrize("spec", SPECS)
def test_a_definition_can_be_asked_as_it_stands(spec, people) -> None:
    """Years later, at the same state, the definition of an answer gives that answer again."""
    first = answer(spec, people, NOW)
    assert first.definition["now"] == "2024-10-04T00:05:00Z"
    said = msgspec.json.encode(first.definition)
    again = answer(parse(said), people, NOW + 900 * DAY)
    assert again.to_dict() == first.to_dict()


def test_every_question_of_one_minute_is_the_same(people) -> None:
    """Its definition and answer; in the next minute it is another question."""
    spec = Retention("a", "b", periods=3)
    first = answer(spec, people, NOW)
    assert answer(spec, people, NOW + 40 * SECOND) == first
    assert answer(spec, people, NOW + MINUTE) != first


def test_what_came_a_moment_ago_counts(row, snapshot) -> None:
    """In the minute of asking: in a cohort, in a range that ends later, and in a trend."""
    just_now = snapshot([row(1, NOW - 1, "a")])
    for said in (
        {},
        {"to": "2099-01-01"},
        {"people": {"did": "a"}},
        {"people": {"did": "a", "last": "5m"}},
    ):
        asked = parse({"question": "trends", "series": ["a"], "interval": "day"} | said)
        assert answer(asked, just_now, NOW).rows[-1]["value"] == 1


def test_a_now_that_is_no_time_says_where(people) -> None:
    """And one without a zone is local to the question's."""
    with pytest.raises(Invalid) as error:
        answer(Funnel(("a",), now="soon"), people, NOW)
    assert error.value.at == "$.now"
    local = answer(Funnel(("a",), now="2024-01-01T01:00:30", timezone="Europe/Berlin"), people, NOW)
    assert local.definition["now"] == "2024-01-01T00:00:00Z"


@pytest.mark.parametrize("spec", SPECS)
def test_a_kept_answer_is_the_answer(spec, people, monkeypatch) -> None:
    """The second time nothing is worked out, the answer says so, and its people are known."""
    kept = Kept()
    first = asking(spec, people, NOW).answer(kept)
    with monkeypatch.context() as broken:
        broken.setattr(embedded, "_total", None)
        again = asking(spec, people, NOW + SECOND).answer(kept)
    assert (first.cached, again.cached) == (False, True)
    assert again == first
    assert again.to_dict() == first.to_dict() | {"cached": True}
    if CATALOG[first.question].people and first.question == "funnel":
        assert again.people(1).tolist() == first.people(1).tolist() != []
    assert asking(spec, people, NOW).answer(None).cached is False


def test_another_state_or_definition_is_another_answer() -> None:
    """Neither more events, nor an erasure, nor another field finds the old answer."""
    kept, spec = Kept(), Funnel(("a",), now="2024-01-01")
    kept.keep(spec, State(5, 0, 0), b"found")
    assert kept.find(spec, State(5, 0, 0)) == b"found"
    for state in (State(6, 0, 0), State(5, 1, 0), State(5, 0, 1)):
        assert kept.find(spec, state) is None
    assert kept.find(Funnel(("a",), now="2024-01-02"), State(5, 0, 0)) is None
    assert kept.find(Funnel(("a",), now="2024-01-01", unit="device"), State(5, 0, 0)) is None


def test_who_changes_an_answer_changes_it_for_themselves(people) -> None:
    """The lists of an answer are the caller's own."""
    kept = Kept()
    asking(SPECS[2], people, NOW).answer(kept).results["cohorts"].clear()
    second = asking(SPECS[2], people, NOW).answer(kept)
    assert second.results["cohorts"]
    second.results["cohorts"].clear()
    assert asking(SPECS[2], people, NOW).answer(kept).results["cohorts"]


def test_what_is_kept_is_bounded() -> None:
    """What was not asked for longest goes; what is too large is not kept, and nothing goes."""
    kept = Kept(10_000)
    specs = [Funnel((name,), now="2024-01-01") for name in "abcdefghijklmnopqrstuvwxyz"]
    for spec in specs:
        kept.keep(spec, State(1), b"x" * 1000)
        kept.keep(spec, State(1), b"y" * 1000)
        assert kept.find(specs[0], State(1)) == b"y" * 1000
    there = [spec for spec in specs if kept.find(spec, State(1))]
    assert there == [specs[0], *specs[-len(there) + 1 :]]
    assert 3 <= len(there) <= 9
    kept.keep(specs[1], State(1), b"z" * 10_000)
    assert [spec for spec in specs if kept.find(spec, State(1))] == there
