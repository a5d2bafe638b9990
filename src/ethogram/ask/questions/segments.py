"""Segments: how many people are in each of several cohorts, and how far these overlap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.chunk import chunk
from ethogram.ask.questions.cohort import Cohort, key_of
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.occurring import occurring
from ethogram.ask.questions.question import Asked, Behind, Found, Named, Question, Scope, listed
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import Spec, range_of
from ethogram.ask.questions.step import Step
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid, nearest

RULES = {
    "total": "people with an event between from and to for which where holds; only they count",
    "segments": "a cohort looks at all that its people did up to its instant, whatever from, to "
    "and where say",
    "overlaps": "people: in all of these segments; only: in all of these and in no other",
    "jaccard": "people in both, by people in one of the two at least; null where nobody is",
    "lift": "people in both, by how many there would be if being in one said nothing of being in "
    "the other; null where nobody is in one of them",
}
MOST = 20
MOST_CROSSED = 5
"""Of up to so many segments every intersection is shown: 31 of them."""


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ``cohort`` and what it is called."""

    name: str
    cohort: Cohort


class Segments(Spec, frozen=True, forbid_unknown_fields=True, tag="segments"):
    """How many people are in each of several cohorts, and how far these overlap.

    Of up to 5 ``segments`` every intersection is counted, of up to 20 every pair. A segment by
    values is the cohort ``{"is": predicate}``.

    >>> Segments([Segment("buyers", Cohort(did="purchase"))]).segments[0].name
    'buyers'
    """

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "segments", tuple(self.segments))


@dataclass(frozen=True)
class Crossed:
    """How many people there are, ``pairs[i, j]`` in both segments, and with each ``pattern``.

    Bit i of a pattern says that a person is in segment i; of many segments no pattern is kept.
    """

    total: int
    pairs: Int64s
    patterns: Int64s


def names(spec: Segments) -> Named:
    """What the segments name; raises `Invalid` where they do not fit."""
    if not 1 <= len(spec.segments) <= MOST:
        raise Invalid("bad_segments", f"From 1 to {MOST} segments can be compared.",
                      at="$.segments")  # fmt: skip
    if spec.by:
        raise Invalid("no_by", "Segments are what splits the people here.", at="$.by",
                      hint='A value makes a segment too: {"is": predicate}.')  # fmt: skip
    called = [each.name for each in spec.segments]
    for i, name in enumerate(called):
        if name in called[:i]:
            raise Invalid("same_name", f"Two segments are called {name[:64]!r}.",
                          at=f"$.segments[{i}].name")  # fmt: skip
    places = [f"$.segments[{i}].cohort" for i in range(len(called))]
    cohorts = [each.cohort for each in spec.segments]
    return Named((), cohorts=zip(cohorts, places, strict=True))


def ask(spec: Segments, _scope: Scope) -> Asked[Crossed]:
    """How many people are in which segments."""
    n = len(spec.segments)
    return Asked(partial(_over, spec), merge, _nothing(n), partial(finish, spec))


class Overlap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those who are in all of ``segments``, and, with ``only``, in no other; of none, all."""

    segments: tuple[str, ...] = ()
    only: bool = False


def people(spec: Segments, _scope: Scope, cell: Overlap) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    known = [each.name for each in spec.segments]
    for i, name in enumerate(cell.segments):
        if name not in known:
            raise Invalid("no_such_segment", f"There is no segment {name[:64]!r}.",
                          at=f"segments[{i}]", hint=nearest(name, known))  # fmt: skip
    inside = np.isin(known, cell.segments)

    def over(part: Part) -> Callable[[int, int], Int64s]:
        counted, members = _counted(spec, part), _members(spec, part)

        def ids(low: int, high: int) -> Int64s:
            own = members[low:high]
            meant = own[:, inside].all(1) & counted(low, high)
            if cell.only:
                meant &= ~own[:, ~inside].any(1)
            return part.run.units[low:high][meant]

        return ids

    return listed(over)


def merge(a: Crossed, b: Crossed) -> Crossed:
    """The people of both, who are different people."""
    return Crossed(a.total + b.total, a.pairs + b.pairs, a.patterns + b.patterns)


def finish(spec: Segments, found: Crossed) -> Found:
    """The sizes, and the overlaps of pairs and, of a few segments, of all."""
    called = [each.name for each in spec.segments]
    sizes = np.diagonal(found.pairs).tolist()
    shares = [size / found.total if found.total else None for size in sizes]
    results: dict[str, Any] = {
        "total": found.total,
        "segments": [
            {"name": name, "people": size, "share": share}
            for name, size, share in zip(called, sizes, shares, strict=True)
        ],
        "pairs": [_pair(called, found, i, j) for i, j in combinations(range(len(called)), 2)],
    }
    if len(found.patterns):
        results["none"] = int(found.patterns[0])
        results["overlaps"] = [
            _overlap(called, found, chosen)
            for n in range(1, len(called) + 1) for chosen in combinations(range(len(called)), n)
        ]  # fmt: skip
    return Found(results, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The segments."""
    return results["segments"]


def _over(spec: Segments, part: Part) -> Callable[[int, int], Crossed]:
    counted, members = _counted(spec, part), _members(spec, part)
    n = len(spec.segments)

    def partial(low: int, high: int) -> Crossed:
        own = members[low:high][counted(low, high)]
        # Numbers below 2**53 are exact, and BLAS multiplies no integers.
        pairs = (own.T.astype(np.float64) @ own.astype(np.float64)).astype(np.int64)
        if n > MOST_CROSSED:
            return Crossed(len(own), pairs, np.empty(0, np.int64))
        patterns = np.bincount(own @ (1 << np.arange(n)), minlength=1 << n)
        return Crossed(len(own), pairs, patterns)

    return partial


def _nothing(n: int) -> Crossed:
    patterns = np.zeros(1 << n if n <= MOST_CROSSED else 0, np.int64)
    return Crossed(0, np.zeros((n, n), np.int64), patterns)


def _members(spec: Segments, part: Part) -> npt.NDArray[np.bool_]:
    """A column per segment: whether each unit is in it."""
    return np.stack([part.among[key_of(each.cohort)] for each in spec.segments], axis=1)


def _counted(spec: Segments, part: Part) -> Callable[[int, int], Bools]:
    """Whether units have an event that the question looks at."""
    marker = Marker(part.run, [Step()], spec.where)
    when = range_of(spec)

    def counted(low: int, high: int) -> Bools:
        seen = chunk(part, low, high, when)
        if spec.where is None:
            return seen.begins < seen.ends
        return occurring(marker.mark(seen).events).counts > 0

    return counted


def _pair(called: list[str], found: Crossed, i: int, j: int) -> Row:
    both, a, b = (int(found.pairs[x, y]) for x, y in ((i, j), (i, i), (j, j)))
    return {
        "segments": [called[i], called[j]],
        "people": both,
        "jaccard": both / (a + b - both) if a + b else None,
        "lift": both * found.total / (a * b) if a and b else None,
    }


def _overlap(called: list[str], found: Crossed, chosen: tuple[int, ...]) -> Row:
    bits = sum(1 << i for i in chosen)
    having = (np.arange(len(found.patterns)) & bits) == bits
    return {
        "segments": [called[i] for i in chosen],
        "people": int(found.patterns[having].sum()),
        "only": int(found.patterns[bits]),
    }


SEGMENTS = Question(
    Segments, names, ask, rows, Behind(Overlap, people),
    counted=frozenset({"total", "people", "only", "none"}),
)  # fmt: skip
