"""An answer over time has a largest size, known before the memory for it is taken."""

import pytest

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.question import Scope
from ethogram.ask.questions.retention import RETENTION, Retention
from ethogram.ask.questions.trends import TRENDS, Series, Trends
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY

PEOPLE, DAYS = 600, 2_000
SPECS = [
    (TRENDS, Trends(("a",), by=("colour",), most_groups=PEOPLE)),
    (TRENDS, Trends((Series("a", "sum", "price"),), by=("colour",), most_groups=PEOPLE)),
    (RETENTION, Retention("a", "b", by=("colour",), periods=0)),
]


@pytest.fixture
def crowd(row, snapshot):
    """One event a person, each of a colour of its own, days apart."""
    rows = [
        row(i + 1, (i * DAYS // PEOPLE) * DAY, "ab"[i % 50 == 49], {"colour": f"c{i}", "price": i})
        for i in range(PEOPLE)
    ]
    return snapshot(rows)


@pytest.mark.parametrize(("question", "spec"), SPECS)
def test_too_many_groups_are_refused_in_a_chunk_and_after_merging(question, spec, crowd) -> None:
    """Groups by periods may be a million: in one chunk, and where two of half as many meet."""
    scope = Scope(frozenset("ab"), frozenset(), 0, DAYS * DAY, 9999 * DAY)
    asked = question.ask(spec, scope)
    over = asked.over(crowd.parts[0])
    with pytest.raises(Invalid, match="cells") as refused:
        over(0, PEOPLE)
    assert (refused.value.code, refused.value.at) == ("too_many_groups", "$.by")
    half = asked.merge(asked.nothing, over(0, PEOPLE // 2))
    with pytest.raises(Invalid, match="cells"):
        asked.merge(half, over(PEOPLE // 2, PEOPLE))


def test_longer_periods_make_room(crowd) -> None:
    """The same groups by months are answered."""
    found = answer(
        Trends(("a",), by=("colour",), interval="month", most_groups=PEOPLE), crowd, 9999 * DAY
    )
    assert len(found.results["series"]) == PEOPLE - PEOPLE // 50


def test_a_retention_of_too_many_cohorts_and_periods_is_refused() -> None:
    """Also without groups, and before an event is read."""
    scope = Scope(frozenset(), frozenset(), 0, DAYS * DAY, 9999 * DAY)
    with pytest.raises(Invalid, match="cells"):
        RETENTION.ask(Retention("a", "b", periods=1000), scope)
