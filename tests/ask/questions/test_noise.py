"""Counts with noise: as much as OpenDP says, and enough for what one person can change."""

from math import exp, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.telling.noise import Noise, noised, within
from ethogram.ask.telling.noisy_counts import counts, settled
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY

pytest.importorskip("opendp")
NOW = 50 * DAY
RANGE = {"from": "1970-01-01", "to": "1970-01-05"}
QUESTIONS = [
    {"question": "funnel", "steps": ["A", "B", "C"]},
    {"question": "funnel", "steps": ["A", "B"], "order": "any"},
    {"question": "retention", "start": "A", "return": "B", "periods": 3},
    {"question": "retention", "start": "A", "return": "B", "periods": 3, "mode": "on_or_after",
     "start_mode": "first_ever"},
    {"question": "segments", "segments": [{"name": n, "cohort": {"did": n}} for n in "ABC"]},
    {"question": "trends", "series": [{"event": "A", "measure": "people"}, "B"]},
    {"question": "trends", "series": ["A"], "interval": "week"},
]  # fmt: skip
EVENT = st.tuples(st.integers(0, 24 * 6), st.sampled_from("ABC"))
CROWD = st.lists(st.lists(EVENT, max_size=12), min_size=1, max_size=4)


def rows_of(row, crowd):
    """Times are hours, also after the range; one event of each name lies at its beginning."""
    known = [row(0, 0, name) for name in "ABC"]
    return known + [row(p, t * DAY // 24, name) for p, life in enumerate(crowd, 1)
                    for t, name in life]  # fmt: skip


def counts_of(said, data, noise):
    spec = settled(parse(said | RANGE), NOW)
    return counts(spec, noise, lambda each: answer(each, data, NOW).results)


@pytest.mark.parametrize("said", QUESTIONS)
@settings(max_examples=25, deadline=None)
@given(crowd=CROWD, events=st.integers(1, 4))
def test_one_person_changes_the_counts_by_no_more_than_the_bound(
    row, snapshot, said, crowd, events
):
    """The noise is made for the bound: whoever is taken away, the counts stay as near as that."""
    noise = Noise(1.0, events)
    whole = counts_of(said, snapshot(rows_of(row, crowd)), noise)
    for p in range(len(crowd)):
        fewer = counts_of(said, snapshot(rows_of(row, [*crowd[:p], *crowd[p + 1 :]])), noise)
        assert len(fewer.exact) == len(whole.exact)
        assert sum(abs(a - b) for a, b in zip(whole.exact, fewer.exact, strict=True)) <= whole.bound
        assert fewer.bound == whole.bound


@pytest.mark.parametrize("said", QUESTIONS)
def test_nothing_in_an_answer_is_sharper_than_its_noise(row, snapshot, said):
    """Every number is computed from the noisy counts: of counts of nobody all are 0 or unknown."""
    found = counts_of(said, snapshot(rows_of(row, [[(1, "A"), (2, "B"), (3, "C")]] * 9)), Noise(1))

    def numbers(part):
        if isinstance(part, dict):
            return [n for value in part.values() for n in numbers(value)]
        if isinstance(part, list):
            return [n for value in part for n in numbers(value)]
        return [part] if isinstance(part, int | float) else []

    assert set(numbers(found.answer([0] * len(found.exact)))) <= {0}
    assert any(found.exact)


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_the_noise_is_distributed_as_opendp_says(row, snapshot, epsilon):
    """Of 6,000 draws as many lie within each distance as of the discrete Laplace distribution.

    A count of n draws is off by more than 6 standard deviations once in 500 million runs.
    """
    crowd = [[(1, "A")]] * 400
    found = counts_of(QUESTIONS[0], snapshot(rows_of(row, crowd)), Noise(epsilon))
    draws = [noised(found, Noise(epsilon))["steps"][0]["people"] - 401 for _ in range(6000)]
    decay = exp(-epsilon / found.bound)
    for distance in (0, 2, within(epsilon, found.bound)):
        share = 1 - 2 * decay ** (distance + 1) / (1 + decay)
        seen = sum(abs(each) <= distance for each in draws)
        assert abs(seen - 6000 * share) < 6 * sqrt(6000 * share * (1 - share))
    assert sum(abs(each) <= within(epsilon, found.bound) for each in draws) >= 0.93 * 6000


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"by": ["c"]}, "$.by"), ({"to": "1999-01-01"}, "$.to"), ({"from": None}, "$.to"),
        ({"unit": "session"}, "$.unit"), ({"sample": 0.5}, "$.sample"),
        ({"compare": "previous"}, "$.compare"), ({"count": "attempts"}, "$.count"),
    ],
)  # fmt: skip
def test_what_has_no_bound_is_refused(row, snapshot, more, at):
    """Groups' names, attempts and open ranges would say more than the noise hides."""
    with pytest.raises(Invalid) as error:
        spec = settled(parse(QUESTIONS[0] | RANGE | more), NOW)
        counts(spec, Noise(1), lambda each: answer(each, snapshot(rows_of(row, [])), NOW).results)
    assert error.value.at == at
