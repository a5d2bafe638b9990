"""What is promised of every request, held by Hypothesis in every dialect."""

import json
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.doors.frames import FRAMES
from tests.doors.golden import GOLDEN
from tests.fuzz.promises import Promises
from tests.fuzz.wire import PREFIXES, dialect_of, request, written

quick = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
texts = st.text() | st.text(st.characters(categories=("Cs",)), min_size=1)
"""Some are halves of characters, which no text can have and every client can send."""
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=8,
)
by_dialect = pytest.mark.parametrize("name", PREFIXES)


@cache
def promises(name: str) -> Promises:
    return Promises(dialect_of(name))


@by_dialect
@quick
@given(data=st.data(), body=st.binary(max_size=300))
def test_no_body_breaks_a_dialect(name: str, data: st.DataObject, body: bytes) -> None:
    """Any bytes, wherever a vendor's client sends its events, are answered."""
    asked = request(written(data.draw(st.sampled_from(GOLDEN[name])), name))
    cut = data.draw(st.integers(0, len(asked.body)))
    for each in (body, asked.body[:cut] + body, body + asked.body[cut:]):
        outcome = promises(name).check(replace(asked, body=each))
        assert outcome is None or outcome.accepted + outcome.duplicates >= 0


@by_dialect
@quick
@given(events=st.lists(values, max_size=4))
def test_every_value_is_an_event_or_none(name: str, events: list[object]) -> None:
    """Whatever JSON stands where an event should: it is kept or refused, and so is each."""
    raw = [json.dumps(each).encode() for each in events]
    outcome = promises(name).check(request(written(FRAMES[name].sent(raw), name)))
    assert outcome is not None
    assert outcome.accepted + len(outcome.rejected) == len(events)


@by_dialect
@quick
@given(odd=values)
def test_every_value_of_a_property_is_kept_or_refused(name: str, odd: object) -> None:
    """An event costs its neighbours nothing, whatever it says."""
    events = [FRAMES[name].one(json.dumps(each).encode(), id_=str(i))
              for i, each in enumerate([1, odd, 2])]  # fmt: skip
    outcome = promises(name).check(request(written(FRAMES[name].sent(events), name)))
    assert outcome is not None
    assert outcome.accepted >= 2
