"""What those who began a funnel met on their way: counted once a person, in one pass."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.meeting import meet
from ethogram.ask.questions.breakdown import Typed, distinct_at, ranked
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.columns import column_of, holds
from ethogram.ask.questions.entrants import Entrants
from ethogram.ask.questions.said import Bools, Test, said_at
from ethogram.ask.questions.step import PropertyName
from ethogram.ask.sequences.run import Bytes, Column, Int64s, Run, Tag
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate, Scalar

MOST = 100_000
"""As many different events and values are counted: what bounds the memory that it takes."""
_NOTHING: Typed = (int(Tag.MISSING), None)


class Candidate(NamedTuple):
    """An event; an event with a value of a property; or, without an event, a person's value."""

    event: str | None
    property: PropertyName | None = None
    typed: Typed = _NOTHING


def heading(candidate: Candidate) -> str | None:
    """The property as an answer shows it."""
    path = candidate.property
    return path if path is None or isinstance(path, str) else ".".join(path)


@dataclass(frozen=True)
class Met:
    """How many began, and met each candidate: those who did not convert, and those who did."""

    started: Int64s = field(default_factory=lambda: np.zeros(2, np.int64))
    counts: dict[Candidate, Int64s] = field(default_factory=dict[Candidate, Int64s])


Meet: TypeAlias = Callable[[Entrants], Met]


def add(a: Met, b: Met) -> Met:
    """The people of both, who are different people."""
    counts = dict(a.counts)
    for candidate, more in b.counts.items():
        known = counts.get(candidate)
        counts[candidate] = more if known is None else known + more
    _check(len(counts))
    return Met(a.started + b.started, counts)


def in_order(counts: Mapping[Candidate, Int64s]) -> list[tuple[Candidate, Int64s]]:
    """The candidates by event, property and value: the same order, however they were merged."""
    return sorted(
        counts.items(),
        key=lambda pair: (pair[0].event or "", heading(pair[0]) or "", ranked(pair[0].typed)),
    )


def meetings(
    run: Run,
    where: Predicate | None,
    properties: Iterable[PropertyName],
    of_persons: Iterable[PropertyName],
) -> Meet:
    """Counts the candidates of entrants of ``run``: names, values of events and of persons."""
    seen = None if where is None else holds(where, run)
    columns = [(name, column_of(run, name)) for name in properties]
    persons = [(name, column_of(run, name)) for name in of_persons]

    def met(found: Entrants) -> Met:
        counts = _names(run, found, seen)
        for name, column in columns:
            if column is not None:
                counts |= _values(run, found, seen, name, column)
        for name, column in persons:
            if column is not None:
                counts |= _of_persons(run, found, name, column)
        return Met(np.bincount(found.converted, minlength=2), counts)

    return met


def who_met(
    run: Run,
    where: Predicate | None,
    event: str | None,
    property: PropertyName | None,
    value: Scalar | None,
) -> Callable[[Entrants], Bools]:
    """Whether each entrant met a candidate; all did where neither event nor property is named."""
    wanted = None if property is None else Predicate(property, "=", value)
    if event is None:
        if wanted is None:
            return lambda found: np.ones(len(found.starts), np.bool_)
        known = holds(Predicate(property, "=", value, of="then"), run)
        return lambda found: known(found.seen.first, found.seen.last)[found.starts]
    tests = [holds(each, run) for each in (where, wanted) if each is not None]
    named = np.array([name == event for name in run.names], np.bool_)

    def met(found: Entrants) -> Bools:
        first, last = found.seen.first, found.seen.last
        hits = named[found.seen.codes[: last - first]]
        for test in tests:
            hits &= test(first, last)
        below = np.concatenate(([0], np.cumsum(hits)))
        return below[found.ends] > below[found.begins]

    return met


def _names(run: Run, found: Entrants, seen: Test | None) -> dict[Candidate, Int64s]:
    symbols, names = found.seen.codes, len(run.names)
    if seen is not None:
        first, last = found.seen.first, found.seen.last
        symbols = np.where(seen(first, last), symbols[: last - first], names).astype(np.uint32)
    counts = _meet(found, symbols, names)
    return {Candidate(name): counts[:, code] for code, name in enumerate(run.names)
            if counts[:, code].any()}  # fmt: skip


def _values(
    run: Run, found: Entrants, seen: Test | None, name: PropertyName, column: Column
) -> dict[Candidate, Int64s]:
    first, last = found.seen.first, found.seen.last
    events = np.flatnonzero(_inside(found) & _plain(column.tags[first:last])
                            & (True if seen is None else seen(first, last)))  # fmt: skip
    values, place = distinct_at(column, events + first)
    codes = found.seen.codes[events].astype(np.int64)
    pairs, which = np.unique(codes * max(len(values), 1) + place, return_inverse=True)
    _check(len(pairs))
    symbols = np.full(last - first, len(pairs), np.uint32)
    symbols[events] = which
    counts = _meet(found, symbols, len(pairs))
    return {
        Candidate(run.names[pair // len(values)], name, values[pair % len(values)]): counts[:, i]
        for i, pair in enumerate(pairs.tolist())
    }


def _of_persons(
    run: Run, found: Entrants, name: PropertyName, column: Column
) -> dict[Candidate, Int64s]:
    said = said_at(run, column, found.starts + found.seen.first, "then")
    there = np.flatnonzero(_plain(said.tags))
    values, place = distinct_at(said, there)
    _check(len(values))
    counts = np.bincount(place * 2 + found.converted[there], minlength=2 * len(values))
    return {
        Candidate(None, name, value): counts[2 * i : 2 * i + 2] for i, value in enumerate(values)
    }


def _meet(found: Entrants, symbols: npt.NDArray[np.unsignedinteger[Any]], n: int) -> Int64s:
    """How many of each kind of entrant met each of ``n`` symbols; symbol n means nothing."""
    out = np.zeros((2, n + 1), np.int64)
    rows = found.converted.astype(np.int64)
    meet(frozen(symbols), found.begins, found.ends, rows, out)
    return out


def _inside(found: Entrants) -> Bools:
    """Whether each of the chunk's events lies in one of the spans."""
    filled = found.begins < found.ends
    edges = np.zeros(found.seen.last - found.seen.first + 1, np.int8)
    edges[found.begins[filled]] += 1
    edges[found.ends[filled]] -= 1
    return np.cumsum(edges[:-1], dtype=np.int8) > 0


def _plain(tags: Bytes) -> Bools:
    """Whether values are flags, numbers or texts."""
    return (tags >= Tag.FLAG) & (tags <= Tag.TEXT)


def _check(candidates: int) -> None:
    if candidates > MOST:
        raise Invalid(
            "too_many_values",
            f"More than {MOST:,} different events and values were met.",
            at="$.properties",
            hint="Leave out a property of very many values.",
        )
