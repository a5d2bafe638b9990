"""Questions answered by threads over chunks of whole units; the kernels release the GIL."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import replace

from ethogram.ask.engines.kept import Kept
from ethogram.ask.engines.work import Patience, Work
from ethogram.ask.questions.answer import Answer
from ethogram.ask.questions.catalog import cell_of, checked, question_of
from ethogram.ask.questions.cohort import Cohort, key_of
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.members import Moment, members
from ethogram.ask.questions.population import seen_as
from ethogram.ask.questions.profile import profile_names
from ethogram.ask.questions.question import Asked, Found, Question, Scope
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.sampling import RULES as SAMPLING
from ethogram.ask.questions.sampling import noted, scaled
from ethogram.ask.questions.spec import Spec, end_of, now_of, zone_of
from ethogram.ask.sequences.resident import LARGE, leave_events
from ethogram.ask.sequences.run import Int64s, Part, Run, Snapshot
from ethogram.ask.telling.rules import RULES
from ethogram.ask.telling.told import SMALL_GROUPS, check, told
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant
from ethogram.events.times import iso
from ethogram.store.lake.changes import is_reserved

P = TypeVar("P")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Found).decode

CHUNK = 1 << 21
"""Events a chunk holds, unless one unit holds more: what bounds the memory a question takes."""
QUICK = 0.001
"""Seconds; a chunk that took less is followed by larger ones, since each costs some of its own."""


@dataclass(frozen=True)
class Asking:
    """A question that fits a snapshot, to be answered as often as one likes."""

    question: Question[Any]
    spec: Spec
    scope: Scope
    snapshot: Snapshot
    threads: int | None
    patience: Patience

    def answer(self, kept: Kept | None = None, k: int = 1) -> Answer:
        """What the question finds, or has found before where ``kept`` has it.

        Nothing is told of fewer than ``k`` people. Raises `TooLarge` where its patience ends,
        `Busy` where nobody waits, `NotPermitted` where it cannot be told.
        """
        if k > 1:
            check(RULES, self.spec, k)
        state = self.snapshot.state
        known = kept and kept.find(self.spec, state)
        # Decoded also where it is new, so that an answer is the same the second time.
        found = _decode(known or self._found(kept))
        if k > 1:
            found = self._told(found, k, kept)
        definition = msgspec.to_builtins(self.spec) | {"rules": found.rules}
        name, rows = definition["question"], self.question.rows(found.results)
        return Answer(
            name, definition, state, found.results, rows, self.people, cached=known is not None
        )

    def people(self, said: Mapping[str, Any]) -> Int64s:
        """The internal ids, sorted, of those behind the number that the cell ``said`` names.

        Raises `Invalid` where there is no such cell, `TooLarge` and `Busy` as `answer` does.
        """
        behind = self.question.people
        if behind is None:
            name = self.spec.__struct_config__.tag
            raise Invalid("no_people", f"A {name} answer does not list its people.")
        asked = behind.ask(self.spec, self.scope, cell_of(behind.cell, said))
        work = Work(self.threads, self.patience)
        found = _found(asked, self._parts(work), work)
        return np.unique(found.results["people"])

    def _told(self, found: Found, k: int, kept: Kept | None) -> Found:
        def ask(other: Spec) -> dict[str, Any]:
            asked = dataclasses.replace(self, question=question_of(other), spec=other)
            return asked.answer(kept).results

        results = told(RULES, self.spec, found.results, k, ask)
        return Found(results, found.rules | SMALL_GROUPS)

    def _found(self, kept: Kept | None) -> bytes:
        work = Work(self.threads, self.patience)
        asked, parts = self.question.ask(self.spec, self.scope), self._parts(work)
        found = _found(asked, parts, work)
        if self.spec.sample is not None and self.question.counted is not None:
            found = _scaled(found, self.question.counted, self.spec.sample, parts)
        answered = _encode(found)
        if kept is not None:
            kept.keep(self.spec, self.snapshot.state, answered)
        return answered

    def _parts(self, work: Work) -> Sequence[Part]:
        cohorts = [cohort for cohort, _ in self.question.cohorts(self.spec)]
        return _population(self.spec, cohorts, self.snapshot, self.scope.now, work)


def asking(
    spec: Spec,
    snapshot: Snapshot,
    now: Instant,
    threads: int | None = None,
    patience: Patience | None = None,
) -> Asking:
    """``spec``, asked of ``snapshot`` at ``now`` unless it says another instant itself.

    Raises `Invalid` where the spec does not fit or names what the snapshot does not hold.
    """
    spec = checked(spec)
    now = now_of(spec, now)
    question, scope = question_of(spec), scope_of(snapshot, now)
    spec = question.settled(spec)
    question.check(spec, scope)
    spec = replace(spec, now=iso(now))
    return Asking(question, spec, scope, snapshot, threads, patience or Patience())


def answer(spec: Spec, snapshot: Snapshot, now: Instant, threads: int | None = None) -> Answer:
    """What ``spec`` finds in ``snapshot``, as long as it takes; see `asking`."""
    return asking(spec, snapshot, now, threads).answer()


def scope_of(snapshot: Snapshot, now: Instant) -> Scope:
    """What a snapshot's parts hold, without reading their events."""
    runs = [part.run for part in snapshot.parts if part.run.events]
    extents = [facts_of(run).extent() for run in runs]
    return Scope(
        frozenset(name for run in runs for name in run.names),
        frozenset(name for run in runs for name in run.properties if not is_reserved(name)),
        min((first for first, _ in extents), default=None),
        max((last for _, last in extents), default=None),
        now,
        lambda name: (word.as_py() for run in runs for word in _words(run, name)),
        profile_names(name for run in runs for name in run.properties),
    )


def _words(run: Run, name: str) -> Iterable[pa.StringScalar]:
    column = run.properties.get(name)
    return column.words if column else ()


def _population(
    spec: Spec, cohorts: list[Cohort], snapshot: Snapshot, now: Instant, work: Work
) -> Sequence[Part]:
    """The parts of ``snapshot`` as the question is to see them."""
    moment = Moment(end_of(now), zone_of(spec))
    asked, parts = {key_of(cohort): cohort for cohort in cohorts}, list[Part]()
    for part in snapshot.parts:
        among = {key: _members(each, part, moment, work) for key, each in asked.items()}
        parts.append(seen_as(spec, part, among))
    return parts


def _scaled(found: Found, counted: frozenset[str], share: float, parts: Sequence[Part]) -> Found:
    """What was found in a sample, as of all."""
    people = sum(len(np.unique(part.run.units[part.dead == 0])) for part in parts)
    results = scaled(found.results, counted, share) | {"sample": noted(share, people)}
    return Found(results, found.rules | SAMPLING)


def _members(cohort: Cohort, part: Part, moment: Moment, work: Work) -> Bools:
    """Which units of ``part`` are in ``cohort``."""
    found = np.zeros(len(part.run.units), np.bool_)
    test = work.run(partial(members, cohort, part, moment))

    def fill(low: int, high: int) -> None:
        found[low:high] = test(low, high)

    work.each((partial(fill, low, high) for low, high in _chunks(part, _Pace())), lambda _: None)
    return found


def _found(asked: Asked[Any], parts: Sequence[Part], work: Work) -> Found:
    total = _total(asked, parts, work)
    again = asked.again(total)
    return asked.finish(total) if again is None else _found(again, parts, work)


def _total(asked: Asked[P], parts: Sequence[Part], work: Work) -> P:
    total = asked.nothing

    def add(more: P) -> None:
        nonlocal total
        work.check()
        total = asked.merge(total, more)

    pace = _Pace()
    tasks = (
        partial(pace.keep, over, low, high)
        for part in parts
        for over in [_leaving(part.run, asked.over(part))]
        for low, high in _chunks(part, pace)
    )
    work.each(tasks, add)
    return total


def _leaving(run: Run, over: Callable[[int, int], P]) -> Callable[[int, int], P]:
    """``over``, which leaves no pages of a large run resident behind it."""
    if run.events <= LARGE:
        return over

    def leaving(low: int, high: int) -> P:
        found = over(low, high)
        leave_events(run, low, high)
        return found

    return leaving


class _Pace:
    """How many events the next chunk is to hold: more, where a chunk takes next to no time."""

    def __init__(self) -> None:
        self.events = CHUNK

    def keep(self, over: Callable[[int, int], P], low: int, high: int) -> P:
        began = perf_counter()
        found = over(low, high)
        if perf_counter() - began < QUICK:
            self.events *= 2
        return found


def _chunks(part: Part, pace: _Pace) -> Iterator[tuple[int, int]]:
    """Ranges of units with about as many events each as ``pace`` says at that moment."""
    offsets, units = part.run.offsets, len(part.run.units)
    low = 0
    while low < units:
        high = int(np.searchsorted(offsets, offsets[low] + pace.events, side="right")) - 1
        high = min(max(high, low + 1), units)
        yield low, high
        low = high
