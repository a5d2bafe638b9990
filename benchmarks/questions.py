"""The questions that every engine is asked, as plain values, and the shape of an answer.

An answer is a mapping of plain keys to counts, so that answers compare with ``==``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from benchmarks.generate import NAMES

FLOOR = 25
Counts: TypeAlias = dict[tuple[str | int | None, ...], int]


@dataclass(frozen=True)
class Funnel:
    """People who reached each step in order within ``days``; keys (step,) or (country, step).

    The window is inclusive and runs from the first step, a later first step may start a new
    attempt, the furthest attempt counts. ``over`` keeps only events with a higher price.
    """

    steps: tuple[int, ...]
    days: int = 7
    over: float | None = None
    by_country: bool = False


@dataclass(frozen=True)
class Retention:
    """Weekly cohorts by the first ``start`` event, return by any event in a later week.

    Keys (week of the cohort, weeks since); weeks since 0 is the cohort's size.
    """

    start: int = 0


@dataclass(frozen=True)
class PeopleADay:
    """People with at least one ``event`` on each day; keys (day,)."""

    event: int = 0


@dataclass(frozen=True)
class TotalsADay:
    """How often each of ``events`` happened on each day; keys (event, day)."""

    events: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Paths:
    """From each event to the next one of another name, over the first ``depth`` of a session.

    A session begins where an event is ``gap`` seconds or more after the one before (None: all
    of a person's events are one); with a ``start`` its path begins at the first such event.
    Keys (step, from, to, 0) are how often, (step, from, to, 1) of how many people.
    """

    depth: int = 5
    gap: int | None = 1800
    start: int | None = None


@dataclass(frozen=True)
class Correlation:
    """Of those who did ``steps[0]``, who met which event before they did ``steps[1]`` within
    ``days``, or in these days where they did not; keys (event, whether they did).

    The attempt is the funnel's: the last start of those that reach the second step first, or the
    first start of all. The steps' own events do not count; the first step's keys are all who
    started. Events that fewer than 25 people met have no keys.
    """

    steps: tuple[int, int]
    days: int = 7


Question: TypeAlias = Funnel | Retention | PeopleADay | TotalsADay | Paths | Correlation

QUESTIONS: dict[str, Question] = {
    "funnel": Funnel((0, 2, 4, 7)),
    "funnel-4%": Funnel((11, 14, 16, 18)),
    "funnel-0.4%": Funnel((96, 97, 98, 99)),
    "funnel-filtered": Funnel((0, 2, 4, 7), over=30.0, by_country=True),
    "retention": Retention(),
    "correlation": Correlation((0, 7)),
    "people-a-day": PeopleADay(),
    "totals-a-day": TotalsADay(),
    "paths": Paths(),
    "paths-day": Paths(gap=86_400),
    "paths-start": Paths(gap=None, start=3),
}
"""With the generator's Zipf exponent the three plain funnels match 44, 4 and 0.4 % of events."""


def met(question: Correlation, rows: Iterable[Sequence[Any]]) -> Counts:
    """The counts of a correlation, from rows (event, whether they converted, people)."""
    people: Counter[int] = Counter()
    found = [(int(event), int(converted), int(n)) for event, converted, n in rows]
    for event, _, n in found:
        people[event] += n
    return {(event, converted): n for event, converted, n in found
            if event == question.steps[0] or people[event] >= FLOOR}  # fmt: skip


def names_of(codes: tuple[int, ...]) -> tuple[str, ...]:
    """The event names that ``codes`` stand for."""
    return tuple(NAMES[code] for code in codes)


def reached(levels: dict[int, int], steps: int) -> list[int]:
    """People who got at least as far as each step, from people by their furthest step."""
    return [sum(n for level, n in levels.items() if level >= step) for step in range(1, steps + 1)]
