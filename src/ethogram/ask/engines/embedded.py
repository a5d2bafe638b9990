"""Questions answered by threads over chunks of whole units; the kernels release the GIL."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import Any, TypeVar

import msgspec
import numpy as np
import pyarrow as pa

from ethogram.ask.questions.answer import Answer
from ethogram.ask.questions.catalog import cell_of, checked, question_of
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.members import Moment, members
from ethogram.ask.questions.population import cohorts_asked, seen_as
from ethogram.ask.questions.question import Asked, Scope
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import Spec, zone_of
from ethogram.ask.sequences.run import Int64s, Part, Run, Snapshot
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant
from ethogram.events.times import iso

P = TypeVar("P")

CHUNK = 1 << 21
"""Events a chunk holds, unless one unit holds more: what bounds the memory a question takes."""


def answer(spec: Spec, snapshot: Snapshot, now: Instant, threads: int | None = None) -> Answer:
    """What ``spec`` finds in ``snapshot``, asked at ``now``.

    Raises `Invalid` where the spec does not fit or names what the snapshot does not hold.
    """
    spec = checked(spec)
    question, scope = question_of(spec), scope_of(snapshot, now)
    spec = question.settled(spec)
    question.check(spec, scope)
    threads = threads or os.cpu_count() or 1
    parts = _population(spec, snapshot, now, threads)
    asked = question.ask(spec, scope)
    found = asked.finish(_total(asked, parts, threads))
    definition = msgspec.to_builtins(spec) | {"now": iso(now), "rules": found.rules}

    def drill(said: Mapping[str, Any]) -> Int64s:
        if question.people is None:
            raise Invalid("no_people", f"A {name} answer does not list its people.")
        cell = cell_of(question.people.cell, said)
        behind = question.people.ask(spec, scope, cell)
        found = behind.finish(_total(behind, parts, threads))
        return np.unique(found.results["people"])

    name = definition["question"]
    rows = question.rows(found.results)
    return Answer(name, definition, snapshot.state, found.results, rows, drill)


def scope_of(snapshot: Snapshot, now: Instant) -> Scope:
    """What a snapshot's parts hold, without reading their events."""
    runs = [part.run for part in snapshot.parts if part.run.events]
    extents = [facts_of(run).extent() for run in runs]
    return Scope(
        frozenset(name for run in runs for name in run.names),
        frozenset(name for run in runs for name in run.properties),
        min((first for first, _ in extents), default=None),
        max((last for _, last in extents), default=None),
        now,
        lambda name: (word.as_py() for run in runs for word in _words(run, name)),
    )


def _words(run: Run, name: str) -> Iterable[pa.StringScalar]:
    column = run.properties.get(name)
    return column.words if column else ()


def _population(spec: Spec, snapshot: Snapshot, now: Instant, threads: int) -> Sequence[Part]:
    """The parts of ``snapshot`` as the question is to see them."""
    moment, asked = Moment(now, zone_of(spec)), cohorts_asked(spec)
    parts: list[Part] = []
    for part in snapshot.parts:
        among = {cohort: _members(cohort, part, moment, threads) for cohort in asked}
        parts.append(seen_as(spec, part, among))
    return parts


def _members(cohort: Cohort, part: Part, moment: Moment, threads: int) -> Bools:
    """Which units of ``part`` are in ``cohort``."""
    found = np.zeros(len(part.run.units), np.bool_)
    test = members(cohort, part, moment)

    def fill(low: int, high: int) -> None:
        found[low:high] = test(low, high)

    _each([partial(fill, low, high) for low, high in _chunks(part)], threads, lambda _: None)
    return found


def _total(asked: Asked[P], parts: Sequence[Part], threads: int) -> P:
    tasks = [
        partial(over, low, high)
        for part in parts
        for over in [asked.over(part)]
        for low, high in _chunks(part)
    ]
    total = asked.nothing

    def add(more: P) -> None:
        nonlocal total
        total = asked.merge(total, more)

    _each(tasks, threads, add)
    return total


def _each(tasks: list[Callable[[], P]], threads: int, take: Callable[[P], None]) -> None:
    """Run ``tasks`` on ``threads``; one after the other, as they end, ``take`` what they give."""
    if threads == 1 or len(tasks) == 1:
        for task in tasks:
            take(task())
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in as_completed([pool.submit(task) for task in tasks]):
            take(done.result())


def _chunks(part: Part) -> Iterator[tuple[int, int]]:
    """Ranges of units with about `CHUNK` events each."""
    offsets, units = part.run.offsets, len(part.run.units)
    low = 0
    while low < units:
        high = int(np.searchsorted(offsets, offsets[low] + CHUNK, side="right")) - 1
        high = min(max(high, low + 1), units)
        yield low, high
        low = high
