"""A question that takes too long, or that nobody waits for, stops and leaves nothing running."""

import gc
import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import asking
from ethogram.ask.engines.work import Patience, Work
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.spec import Spec
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Snapshot, State
from ethogram.events.errors import Busy, TooLarge

EVENTS, PEOPLE = 400_000, 4_000
SLOW = Funnel(("a", "b", "c"), order="any", by=("x",))


@pytest.fixture(scope="module")
def crowd() -> Snapshot:
    """Many people, with enough events for hundreds of chunks."""
    random = np.random.default_rng(3)
    table = pa.table(
        {
            "position": np.arange(1, EVENTS + 1),
            "event": random.choice(["a", "b", "c", "d"], EVENTS),
            "timestamp": pa.array(random.integers(0, 10**15, EVENTS), pa.timestamp("us", "UTC")),
            "person": random.integers(1, PEOPLE, EVENTS),
            "p_x_number": random.integers(0, 9, EVENTS) * 1.0,
        }
    )
    return Snapshot((whole(build(table)),), State(EVENTS))


@pytest.fixture
def chunks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Chunks so small that a question has hundreds."""
    monkeypatch.setattr(embedded, "CHUNK", 1000)
    return


def workers() -> list[str]:
    return [each.name for each in threading.enumerate() if "ThreadPool" in each.name]


@pytest.mark.usefixtures("chunks")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("spec", [SLOW, Funnel(("a",), people=Cohort(did="a", at_least=2))])
def test_a_question_over_its_time_stops(crowd: Snapshot, spec: Spec, threads: int) -> None:
    """The error names the setting, and no thread goes on; with time the same is answered."""
    patience = Patience(1e-9)
    with pytest.raises(TooLarge, match="question_seconds") as raised:
        asking(spec, crowd, 10**15, threads, patience).answer()
    assert raised.value.code == "question_too_long"
    assert not workers()
    assert asking(spec, crowd, 10**15, threads, Patience(600)).answer().rows


@pytest.mark.usefixtures("chunks")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_question_that_nobody_waits_for_stops_between_two_chunks(
    crowd: Snapshot, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the client has left, what is at work ends and nothing else begins."""
    patience, chunks = Patience(), []

    def counted(work: Work, task):
        work.check()
        chunks.append(1)
        if len(chunks) == 5:
            patience.left.set()
        return task()

    monkeypatch.setattr(Work, "run", counted)
    with pytest.raises(Busy, match="gone"):
        asking(SLOW, crowd, 10**15, threads, patience).answer()
    assert 5 <= len(chunks) < 5 + threads
    assert not workers()


class Partial:
    """What a chunk gives: large, perhaps."""


@pytest.mark.parametrize("threads", [1, 2])
def test_what_was_found_until_then_is_let_go(threads: int) -> None:
    """After the error nothing holds what the chunks before had given."""
    given: list[weakref.ref[Partial]] = []
    patience = Patience()

    def chunk() -> Partial:
        made = Partial()
        given.append(weakref.ref(made))
        if len(given) == 20:
            patience.left.set()
        return made

    def ask() -> None:
        total: list[Partial] = []
        Work(threads, patience).each([chunk] * 1000, total.append)

    with pytest.raises(Busy):
        ask()
    gc.collect()
    assert 20 <= len(given) < 20 + threads
    assert [each for each in given if each() is not None] == []


def test_a_chunk_that_fails_ends_the_question() -> None:
    """An error in one task keeps the others from beginning, and comes through as it is."""
    begun = []

    def task() -> None:
        begun.append(1)
        raise KeyError("x")

    with pytest.raises(KeyError):
        Work(2, Patience()).each([task] * 1000, lambda _: None)
    assert 1 <= len(begun) <= 4
