"""The benchmark's events: deterministic, complete, and matched as often as is claimed."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks.generate import NAMES, Parameters, tables
from benchmarks.questions import QUESTIONS, names_of
from ethogram.ask.kernels.buckets import bucket_of

SMALL = Parameters(events=200_000, people=6_400)


@pytest.fixture(scope="module")
def events() -> pa.Table:
    """A small set, every bucket's events in one table."""
    return pa.concat_tables(tables(SMALL)).unify_dictionaries()


def test_the_same_seed_makes_the_same_events(events: pa.Table) -> None:
    """Two generations with equal parameters are equal in every value."""
    assert events.equals(pa.concat_tables(tables(SMALL)).unify_dictionaries())


def test_every_event_and_person_asked_for_is_there(events: pa.Table) -> None:
    """The set has exactly the events and people of its parameters, in the index's order."""
    person = events["person"].to_numpy()
    bucket = bucket_of(person)
    time = events["ts"].cast(pa.int64()).to_numpy()
    assert (events.num_rows, len(np.unique(person))) == (SMALL.events, SMALL.people)
    assert np.array_equal(np.lexsort((time, person, bucket)), np.arange(SMALL.events))


@pytest.mark.parametrize(
    ("name", "share"), [("funnel", 0.44), ("funnel-4%", 0.04), ("funnel-0.4%", 0.004)]
)
def test_the_funnels_match_the_share_they_claim(events: pa.Table, name: str, share: float) -> None:
    """The steps of each plain funnel are as frequent as the result tables say."""
    wanted = pa.array(names_of(QUESTIONS[name].steps))
    matched = pc.sum(pc.is_in(events["event"].cast(pa.string()), wanted)).as_py()
    assert matched / SMALL.events == pytest.approx(share, rel=0.1)
    assert len(NAMES) == SMALL.names
