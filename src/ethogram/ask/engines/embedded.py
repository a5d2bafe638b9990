"""Questions answered by threads over chunks of whole units; the kernels release the GIL."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import Any, TypeVar

import msgspec
import numpy as np

from ethogram.ask.questions.answer import Answer
from ethogram.ask.questions.catalog import cell_of, checked, question_of
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.question import Asked, Found, Scope
from ethogram.ask.questions.spec import Spec
from ethogram.ask.sequences.run import Int64s, Part, Snapshot
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
    question.check(spec, scope)
    threads = threads or os.cpu_count() or 1
    asked = question.ask(spec, scope)
    found = _found(asked, snapshot, threads)
    definition = msgspec.to_builtins(spec) | {"now": iso(now), "rules": found.rules}

    def drill(said: Mapping[str, Any]) -> Int64s:
        if question.people is None:
            raise Invalid("no_people", f"A {name} answer does not list its people.")
        cell = cell_of(question.people.cell, said)
        behind = _found(question.people.ask(spec, scope, cell), snapshot, threads)
        return np.unique(behind.results["people"])

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
    )


def _found(asked: Asked[Any], snapshot: Snapshot, threads: int) -> Found:
    total = _total(asked, snapshot, threads)
    again = asked.again(total)
    return asked.finish(total) if again is None else _found(again, snapshot, threads)


def _total(asked: Asked[P], snapshot: Snapshot, threads: int) -> P:
    tasks = [
        partial(over, low, high)
        for part in snapshot.parts
        for over in [asked.over(part)]
        for low, high in _chunks(part)
    ]
    total = asked.nothing
    if threads == 1 or len(tasks) == 1:
        for task in tasks:
            total = asked.merge(total, task())
        return total
    with ThreadPoolExecutor(threads) as pool:
        for done in as_completed([pool.submit(task) for task in tasks]):
            total = asked.merge(total, done.result())
    return total


def _chunks(part: Part) -> Iterator[tuple[int, int]]:
    """Ranges of units with about `CHUNK` events each."""
    offsets, units = part.run.offsets, len(part.run.units)
    low = 0
    while low < units:
        high = int(np.searchsorted(offsets, offsets[low] + CHUNK, side="right")) - 1
        high = min(max(high, low + 1), units)
        yield low, high
        low = high
