"""Who is in a cohort: a test over the units of a part."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from ethogram.ask.kernels.occurrences import Occurrences
from ethogram.ask.questions.chunk import Chunk, chunk
from ethogram.ask.questions.cohort import Cohort, steps_of
from ethogram.ask.questions.columns import column_of
from ethogram.ask.questions.comparing import compared
from ethogram.ask.questions.entrants import attempts, units_of
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.occurring import occurring
from ethogram.ask.questions.profiled import compared_lists, held_after
from ethogram.ask.questions.said import Bools, said_last
from ethogram.ask.questions.spec import Range, instant_of, range_within
from ethogram.ask.sequences.run import Int64s, Part, Run
from ethogram.events.duration import microseconds
from ethogram.events.event import Instant
from ethogram.events.predicate import Predicate

SECOND = 1_000_000
UNLIMITED = 2**61

Members: TypeAlias = Callable[[int, int], Bools]
"""Whether each of the units ``low:high`` of the part it was made for is in the cohort."""


T = TypeVar("T")


class Moment(NamedTuple):
    """The instant at which a cohort is looked at, and the zone in which its times are local."""

    at: Instant
    zone: ZoneInfo


def members(cohort: Cohort, part: Part, moment: Moment) -> Members:
    """The test for ``cohort`` over ``part``; what it says of dead units means nothing."""
    moment = moment._replace(at=instant_of(cohort, moment.at, moment.zone))
    joined = _combined(
        cohort.all, cohort.any, cohort.not_, partial(members, part=part, moment=moment)
    )
    if joined is not None:
        return joined
    if cohort.is_ is not None:
        return _known(cohort.is_, part, moment)
    if cohort.ids is not None:
        ids = np.array([int(each) for each in cohort.ids], np.int64)
        return lambda low, high: np.isin(part.run.units[low:high], ids)
    assert cohort.saved is None, "checked before"
    find = _did if cohort.sequence is None else _sequence
    return find(cohort, part, moment)


def _combined(
    every: Iterable[T] | None,
    some: Iterable[T] | None,
    none: T | None,
    test: Callable[[T], Members],
) -> Members | None:
    """The test for what is joined by all, any or not; None where nothing is."""
    if every is not None:
        return _joined([test(each) for each in every], np.logical_and, True)
    if some is not None:
        return _joined([test(each) for each in some], np.logical_or, False)
    if none is not None:
        inner = test(none)
        return lambda low, high: ~inner(low, high)
    return None


def _joined(tests: list[Members], join: np.ufunc, empty: bool) -> Members:
    def joined(low: int, high: int) -> Bools:
        result = np.full(high - low, empty)
        for each in tests:
            join(result, each(low, high), out=result)
        return result

    return joined


def _did(cohort: Cohort, part: Part, moment: Moment) -> Members:
    """What the counts, the first or the last of a step's events say."""
    marker = Marker(part.run, [each for each, _ in steps_of(cohort)], None)
    when = range_within(cohort, moment.at, moment.zone)
    seen_in = _open(when if cohort.did is not None else Range(None, moment.at), part.run)
    holds_for = _test(cohort, moment.at, when)

    def test(low: int, high: int) -> Bools:
        seen = chunk(part, low, high, seen_in)
        return holds_for(seen, occurring(marker.mark(seen).events))

    return test


def _open(when: Range, run: Run) -> Range:
    """``when`` without the ends that lie beyond the run's events: none is to be searched for."""
    first, last = facts_of(run).extent()
    begin, end = when
    return Range(
        None if begin is not None and begin <= first else begin,
        None if end is not None and end > last else end,
    )


def _test(cohort: Cohort, at: Instant, when: Range) -> Callable[[Chunk, Occurrences], Bools]:
    if cohort.did is not None:
        least, most = cohort.at_least or 1, cohort.at_most or UNLIMITED
        return lambda _, found: (found.counts >= least) & (found.counts <= most)
    if cohort.first is not None:
        return lambda seen, found: _between(seen, found.first, when)
    silence = at - microseconds(cohort.silent or "0s", "$.silent")
    begin = None if cohort.last is None else silence - microseconds(cohort.last, "$.last")
    return lambda seen, found: _between(seen, found.last, Range(begin, silence))


def _between(seen: Chunk, events: Int64s, when: Range) -> Bools:
    """Which of ``events`` (-1: none) lie in ``when``."""
    seconds = seen.seconds[events].astype(np.int64) + seen.run.origin
    instants = seconds * SECOND + seen.micros[events]
    inside = events >= 0
    if when.first is not None:
        inside &= instants >= when.first
    return inside if when.last is None else inside & (instants < when.last)


def _sequence(cohort: Cohort, part: Part, moment: Moment) -> Members:
    steps = len(steps_of(cohort))
    marker = Marker(part.run, [each for each, _ in steps_of(cohort)], None)
    when = _open(range_within(cohort, moment.at, moment.zone), part.run)
    within = UNLIMITED if cohort.within is None else microseconds(cohort.within, "$.within")

    attempt = attempts(part, marker, when, steps, within)

    def test(low: int, high: int) -> Bools:
        starts, took = attempt(low, high)
        result = np.zeros(high - low, np.bool_)
        result[units_of(part.run, low, starts[took >= 0]) - low] = True
        return result

    return test


def _known(predicate: Predicate, part: Part, moment: Moment) -> Members:
    """Whether a predicate holds for the last values that each unit's events gave."""
    joined = _combined(
        predicate.all, predicate.any, predicate.not_, partial(_known, part=part, moment=moment)
    )
    if joined is not None:
        return joined
    seen = chunk(part, 0, len(part.run.units), _open(Range(None, moment.at), part.run))
    if predicate.of == "profile":
        held = held_after(part.run, predicate.property or "", seen.begins, seen.ends)
        return compared_lists(held, predicate)
    column = column_of(part.run, predicate.property or "")
    if column is None:
        return lambda low, high: np.zeros(high - low, np.bool_)
    return compared(said_last(column, seen.begins, seen.ends), predicate)
