"""What every question gives to an engine, and what it may know of the data beforehand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.cohort import Cohort, parts_of, steps_of
from ethogram.ask.questions.columns import names_beside
from ethogram.ask.questions.spec import (
    OF_PROFILE,
    Range,
    Spec,
    check_cohort,
    check_common,
    check_where,
    cohorts_in,
    end_of,
    meant,
    properties_in,
    zone_of,
)
from ethogram.ask.questions.split import split
from ethogram.ask.questions.step import PropertyName, Step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Instant

PERSONS = ("person", "session")
"""Units whose ids are those of persons."""
S = TypeVar("S", bound=Spec)
C = TypeVar("C", bound=msgspec.Struct)
P = TypeVar("P")


@dataclass(frozen=True)
class Scope:
    """What is known of the data before it is read.

    ``first`` and ``last`` are the instants of the first and the last event (None: no events);
    ``now`` is the instant at which the question is asked. ``words`` gives the texts and the JSON
    values of a property; ``profile`` are the properties of the units' profiles.
    """

    events: frozenset[str]
    properties: frozenset[str]
    first: Instant | None
    last: Instant | None
    now: Instant
    words: Callable[[str], Iterable[str]] = lambda _: ()
    profile: frozenset[str] = frozenset()


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
    ``merge`` is associative and commutative, with ``nothing`` as its neutral element. What is
    found may have to be looked at again before it can be finished: ``again`` says how.
    """

    over: Callable[[Part], Callable[[int, int], P]]
    merge: Callable[[P, P], P]
    nothing: P
    finish: Callable[[P], Found]
    again: "Callable[[P], Asked[Any] | None]" = lambda _: None


@dataclass(frozen=True)
class Named:
    """What a spec names, each with its place in the spec."""

    steps: Iterable[tuple[Step, str]]
    properties: Iterable[tuple[PropertyName, str]] = ()
    events: Iterable[tuple[str, str]] = ()
    cohorts: Iterable[tuple[Cohort, str]] = ()


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
    ``counted`` are the fields of its results that grow with the number of people, which the
    engine scales where only a sample was looked at; None where a sample's answer would mislead.
    """

    spec: type[S]
    names: Callable[[S], Named]
    ask: Callable[[S, Scope], Asked[Any]]
    rows: Callable[[Mapping[str, Any]], list[Row]]
    people: Behind[S, Any] | None = None
    settled: Callable[[S], S] = _as_said
    counted: frozenset[str] | None = None

    def cohorts(self, spec: S) -> list[tuple[Cohort, str]]:
        """The cohorts that a spec names, whose members must be known beforehand."""
        return [*cohorts_in(spec), *self.names(spec).cohorts]

    def check(self, spec: S, scope: Scope) -> None:
        """Raise `Invalid` for what does not fit, and for names that the data does not hold."""
        check_common(spec)
        named = self.names(spec)
        if self.counted is None and spec.sample is not None:
            raise Invalid("no_sample", "This question's numbers cannot be scaled from a sample.",
                          at="$.sample", hint='Leave out "sample".')  # fmt: skip
        steps, properties = [*named.steps], [*named.properties]
        properties += properties_in(spec.where, "$.where")
        for cohort, at in self.cohorts(spec):
            check_cohort(cohort, at, zone_of(spec), end_of(scope.now))
            for each, place in parts_of(cohort, at):
                steps += steps_of(each, place)
                properties += properties_in(each.is_, f"{place}.is")
                if each.ids is not None and spec.unit not in PERSONS:
                    raise Invalid("ids_of_persons", f"No {spec.unit[:64]!r} has a person's id.",
                                  at=f"{place}.ids",
                                  hint="Choose them by what they did.")  # fmt: skip
                if each.saved is not None:
                    raise _unknown("cohort", each.saved, (), f"{place}.saved")
        for i, by in enumerate(spec.by):
            if (name := split(by).property) is not None:
                properties.append((meant(name, split(by).of), f"$.by[{i}]"))
        for name, at in named.events:
            if name not in scope.events:
                raise _unknown("event", name, scope.events, at)
        _check_held(steps, properties, scope)


def _check_held(
    steps: Iterable[tuple[Step, str]], properties: list[tuple[PropertyName, str]], scope: Scope
) -> None:
    """Raise `Invalid` for events and properties that the data does not hold."""
    for step, at in steps:
        if step.event is not None and step.event not in scope.events:
            raise _unknown("event", step.event, scope.events, f"{at}.event")
        check_where(step.where, f"{at}.where")
        properties += properties_in(step.where, f"{at}.where")
    for name, at in properties:
        if name == ():
            raise Invalid("bad_property", "The path names no property.", at=at)
        path = (name,) if isinstance(name, str) else name
        if path[0] == OF_PROFILE:
            _check_profile(path[1:], scope, at)
            continue
        if path[0] not in scope.properties:
            raise _unknown("property", path[0], scope.properties, at)
        beside = None if len(path) == 1 else names_beside(scope.words(path[0]), path)
        if beside is not None:
            raise _unknown("property", ".".join(path), beside, at)


def _check_profile(path: tuple[str, ...], scope: Scope, at: str) -> None:
    if path[0] not in scope.profile:
        known = {name.rpartition(".")[2] for name in scope.profile}
        raise _unknown("property", path[0].rpartition(".")[2], known, at)


def _unknown(kind: str, name: str, known: Iterable[str], at: str) -> Invalid:
    return Invalid(
        f"unknown_{kind}", f"There is no {kind} {name[:64]!r}.", at=at, hint=nearest(name, known)
    )
