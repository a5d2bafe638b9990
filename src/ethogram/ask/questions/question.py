"""What every question gives to an engine, and what it may know of the data beforehand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.cohort import steps_of
from ethogram.ask.questions.columns import names_beside
from ethogram.ask.questions.spec import (
    Range,
    Spec,
    check_common,
    check_where,
    cohorts_in,
    properties_in,
)
from ethogram.ask.questions.split import split
from ethogram.ask.questions.step import PropertyName, Step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Instant

S = TypeVar("S", bound=Spec)
C = TypeVar("C", bound=msgspec.Struct)
P = TypeVar("P")


@dataclass(frozen=True)
class Scope:
    """What is known of the data before it is read.

    ``first`` and ``last`` are the instants of the first and the last event (None: no events);
    ``now`` is the instant at which the question is asked. ``words`` gives the texts and the JSON
    values of a property.
    """

    events: frozenset[str]
    properties: frozenset[str]
    first: Instant | None
    last: Instant | None
    now: Instant
    words: Callable[[str], Iterable[str]] = lambda _: ()


def period_asked(when: Range, scope: Scope) -> tuple[Instant, Instant]:
    """The first and the last instant that an answer over time shows.

    From ``from``, or the first event, to ``to``, but not beyond both now and the last event; or
    to the last event. Without events: now.
    """
    first = scope.now if scope.first is None else scope.first
    last = scope.now if scope.last is None else scope.last
    if when.last is not None:
        last = min(when.last - 1, max(last, scope.now))
    if when.first is not None:
        return when.first, max(when.first, last)
    return min(first, last), last


@dataclass(frozen=True)
class Found:
    """A finished question: the answer's lists, and the rules followed."""

    results: dict[str, Any]
    rules: dict[str, Any]


@dataclass(frozen=True)
class Asked(Generic[P]):
    """A question on its way: no part of it writes, and every piece can be sent elsewhere.

    ``over(part)`` makes the part ready and gives the partial over its units ``low:high``;
    ``merge`` is associative and commutative, with ``nothing`` as its neutral element.
    """

    over: Callable[[Part], Callable[[int, int], P]]
    merge: Callable[[P, P], P]
    nothing: P
    finish: Callable[[P], Found]


@dataclass(frozen=True)
class Named:
    """What a spec names, each with its place in the spec."""

    steps: Iterable[tuple[Step, str]]
    properties: Iterable[tuple[PropertyName, str]] = ()


@dataclass(frozen=True)
class Behind(Generic[S, C]):
    """The people behind a number: ``cell`` is what says which of an answer's numbers is meant.

    ``ask`` raises `Invalid` where the answer has no such cell; it finishes into ``people``, the
    ids of the units, in any order.
    """

    cell: type[C]
    ask: Callable[[S, Scope, C], Asked[Any]]


def listed(over: Callable[[Part], Callable[[int, int], Int64s]]) -> Asked[Int64s]:
    """Asks for the ids of units: those that ``over`` finds."""
    return Asked(over, _joined, np.empty(0, np.int64), lambda ids: Found({"people": ids}, {}))


def _joined(a: Int64s, b: Int64s) -> Int64s:
    return np.concatenate([a, b])


def _as_said(spec: S) -> S:
    return spec


@dataclass(frozen=True)
class Question(Generic[S]):
    """One question: its spec, what a spec of it names, and how it is asked.

    ``names`` raises `Invalid` where fields of the spec do not fit each other. ``rows`` makes the
    main one of an answer's lists flat, as frames show it. ``people`` is there where the question
    lists the people behind its numbers. ``settled`` fills in what the spec's semantics mean.
    """

    spec: type[S]
    names: Callable[[S], Named]
    ask: Callable[[S, Scope], Asked[Any]]
    rows: Callable[[Mapping[str, Any]], list[Row]]
    people: Behind[S, Any] | None = None
    settled: Callable[[S], S] = _as_said

    def check(self, spec: S, scope: Scope) -> None:
        """Raise `Invalid` for what does not fit, and for names that the data does not hold."""
        check_common(spec)
        named = self.names(spec)
        steps, properties = [*named.steps], [*named.properties]
        properties += properties_in(spec.where, "$.where")
        for cohort, at in cohorts_in(spec):
            steps += steps_of(cohort, at)
            properties += properties_in(cohort.is_, f"{at}.is")
        for i, by in enumerate(spec.by):
            if (name := split(by).property) is not None:
                properties.append((name, f"$.by[{i}]"))
        for step, at in steps:
            if step.event is not None and step.event not in scope.events:
                raise _unknown("event", step.event, scope.events, f"{at}.event")
            check_where(step.where, f"{at}.where")
            properties += properties_in(step.where, f"{at}.where")
        for name, at in properties:
            if name == ():
                raise Invalid("bad_property", "The path names no property.", at=at)
            path = (name,) if isinstance(name, str) else name
            if path[0] not in scope.properties:
                raise _unknown("property", path[0], scope.properties, at)
            beside = None if len(path) == 1 else names_beside(scope.words(path[0]), path)
            if beside is not None:
                raise _unknown("property", ".".join(path), beside, at)


def _unknown(kind: str, name: str, known: Iterable[str], at: str) -> Invalid:
    return Invalid(
        f"unknown_{kind}", f"There is no {kind} {name[:64]!r}.", at=at, hint=nearest(name, known)
    )
