"""Series of one event that differ in what they filter, and how many of them one answer tells.

Of some filters each event passes a set, and so do all of a person's in a period: both part the
people. What two series, or one and several, differ by is about some of these parts. So the parts
are counted beside; where one is small, one series is told of those that have to do with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from ethogram.ask.questions.trends_spec import Series, Trends, series_of
from ethogram.ask.telling.tables import is_small
from ethogram.events.predicate import Predicate

Counts: TypeAlias = Mapping[str, Sequence[int]]
"""Of how many people each point of a series is that was asked beside, by the series' name."""
Parts: TypeAlias = list[tuple[int, int]]
"""Sets of filters, as bits, and how many people are of just these."""
MOST = 4
"""So many filters of one event part its events into 15."""


def of_events(counted: Sequence[Series]) -> list[list[list[int]]]:
    """Of each event the series, those with one filter and one trailing time together.

    ``counted`` has for each series the people whom it is about.
    """
    events: dict[str | None, dict[bytes, list[int]]] = {}
    for j, each in enumerate(counted):
        alike = msgspec.json.encode([each.where, each.trailing])
        events.setdefault(each.event, {}).setdefault(alike, []).append(j)
    return [[*own.values()] for own in events.values()]


def is_mixed(counted: Sequence[Series]) -> bool:
    """Whether one series is of any event, and another is not."""
    return len({each.event is None for each in counted}) > 1


def refused(spec: Trends, counted: Sequence[Series]) -> str | None:
    """Why it is not known of how many people the differences of some series are."""
    plain = all(
        own.measure == "people" and each.where is None
        for own, each in zip(series_of(spec), counted, strict=True) if each.event is None
    )  # fmt: skip
    if is_mixed(counted) and (spec.cumulative or not plain):
        return "A trend of any event beside one of a certain event does not say"
    for own in _several(counted):
        trailing = len({each.trailing for each in own}) > 1
        if len(own) > MOST or (trailing and not _windows(own)):
            return f"A trend of one event with {len(own)} filters and trailing times does not say"
        if spec.cumulative or spec.sample or spec.assign != "every":
            return "A trend of one event with several filters does not say"
    return None


def beside(counted: Sequence[Series]) -> Iterator[Series]:
    """The people of events that pass just some filters, and those of events that pass any."""
    for e, own in enumerate(_several(counted)):
        for mask in range(1, 1 << len(own)) if not _windows(own) else ():
            inside = [each.where for i, each in enumerate(own) if mask >> i & 1]
            outside = [each.where for i, each in enumerate(own) if not mask >> i & 1]
            yield _people(own[0], f"any {mask} of {e}", _any(inside))
            if None not in outside:
                yield _people(own[0], f"only {mask} of {e}", _only(inside, outside))


def hidden(spec: Trends, counted: Sequence[Series], counts: Counts, k: int) -> list[list[bool]]:
    """Of each series the points that are hidden beside those of others."""
    points = range(len(counts["0"]))
    found = [[False for _ in points] for _ in counted]
    for e, each in enumerate(own for own in of_events(counted) if len(own) > 1):
        people = [counts[str(same[0])] for same in each]
        windows = _windows([counted[same[0]] for same in each])
        for p in points:
            here = [row[p] for row in people]
            parts = _nested(here) if windows else _parts(e, len(each), counts, p)
            kept = _kept(here, parts, k)
            for i, same in enumerate(each):
                for j in same:
                    found[j][p] = i not in kept
    for j, rest in _not_doing(spec, counted, counts):
        found[j] = [own or is_small(n, k) for own, n in zip(found[j], rest, strict=True)]
    return found


def _not_doing(
    spec: Trends, counted: Sequence[Series], counts: Counts
) -> Iterator[tuple[int, list[int]]]:
    """Of each series of the people of an event, those who are in one of any event and not in it."""
    every = [counts[str(i)] for i, each in enumerate(counted) if each.event is None]
    for j, (own, each) in enumerate(zip(series_of(spec), counted, strict=True)):
        if each.event is not None and own.measure in ("people", "per_person", "distinct"):
            for people in every:
                yield j, [a - b for a, b in zip(people, counts[str(j)], strict=True)]


def _several(counted: Sequence[Series]) -> list[list[Series]]:
    """The filters of each event that has several: one series of each."""
    return [[counted[same[0]] for same in own] for own in of_events(counted) if len(own) > 1]


def _windows(own: Sequence[Series]) -> bool:
    """Whether series differ in nothing but their trailing times, which all end together."""
    return len({msgspec.json.encode(each.where) for each in own}) == 1


def _parts(e: int, n: int, counts: Counts, p: int) -> Parts:
    """Of each set of filters the people with events that pass just these; and the people with an
    event for each of these, and for no other: by inclusion and exclusion.
    """
    every = (1 << n) - 1
    some = [0, *(counts[f"any {mask} of {e}"][p] for mask in range(1, every + 1))]
    own = [some[every] - some[every & ~mask] for mask in range(every + 1)]
    for i in range(n):
        own = [people - own[mask ^ 1 << i] if mask >> i & 1 else people
               for mask, people in enumerate(own)]  # fmt: skip
    passing = [(mask, counts[f"only {mask} of {e}"][p]) for mask in range(1, every + 1)
               if f"only {mask} of {e}" in counts]  # fmt: skip
    return [*passing, *enumerate(own)]


def _nested(here: Sequence[int]) -> Parts:
    """The same of times that end together, of which each longer one holds the shorter ones."""
    ordered = sorted(range(len(here)), key=lambda i: -here[i])
    found: Parts = []
    for at, i in enumerate(ordered):
        smaller = here[ordered[at + 1]] if at + 1 < len(ordered) else 0
        found.append((sum(1 << each for each in ordered[: at + 1]), here[i] - smaller))
    return found


def _kept(here: Sequence[int], parts: Parts, k: int) -> set[int]:
    """The filters that are told of a point: of those that share small parts, the largest."""
    together = [1 << i for i in range(len(here))]
    for mask, people in parts:
        if people:
            joined = [each for each in together if each & mask]
            together = [each for each in together if not each & mask] + [sum(joined)]
    kept: set[int] = set()
    for group in together:
        members = [i for i in range(len(here)) if group >> i & 1]
        few = any(is_small(people, k) for mask, people in parts if mask & group)
        kept |= {max(members, key=lambda i: here[i])} if few else set(members)
    return kept


def _people(each: Series, called: str, where: Predicate | None) -> Series:
    return Series(each.event, "people", where=where, name=called, trailing=each.trailing)


def _any(inside: Sequence[Predicate | None]) -> Predicate | None:
    known = [where for where in inside if where is not None]
    return Predicate(any=tuple(known)) if len(known) == len(inside) else None


def _only(
    inside: Sequence[Predicate | None], outside: Sequence[Predicate | None]
) -> Predicate | None:
    every = [where for where in inside if where is not None]
    every += [Predicate(not_=where) for where in outside if where is not None]
    return Predicate(all=tuple(every)) if every else None
