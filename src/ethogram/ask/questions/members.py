"""Who is in a cohort: a test over the units of a part."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from ethogram.ask.kernels.funnel import Levels, Rules, ordered
from ethogram.ask.kernels.latest import latest
from ethogram.ask.kernels.occurrences import Occurrences, occurrences
from ethogram.ask.questions.chunk import Chunk, chunk, frozen
from ethogram.ask.questions.cohort import Cohort, steps_of
from ethogram.ask.questions.columns import column_of, holds
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import Range, instant_of, range_within
from ethogram.ask.sequences.run import Int64s, Part
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
    assert cohort.saved is None, "saved cohorts are looked up before"
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
    seen_in = when if cohort.did is not None else Range(None, moment.at)
    holds_for = _test(cohort, moment.at, when)

    def test(low: int, high: int) -> Bools:
        seen = chunk(part, low, high, seen_in)
        out = Occurrences(*np.empty((3, high - low), np.int64))
        occurrences(marker.mark(seen).events, out)
        return holds_for(seen, out)

    return test


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
    when = range_within(cohort, moment.at, moment.zone)
    within = UNLIMITED if cohort.within is None else microseconds(cohort.within, "$.within")

    def test(low: int, high: int) -> Bools:
        events, bits = marker.mark(chunk(part, low, high, when))
        n = high - low
        gaps = np.empty((n, steps - 1), np.int64)
        out = Levels(np.empty(n, np.uint8), np.empty(n, np.int64), gaps)
        rules = Rules(frozen(bits), frozen(np.zeros_like(bits)), steps, within, False)
        ordered(events, rules, out)
        return out.levels == steps

    return test


def _known(predicate: Predicate, part: Part, moment: Moment) -> Members:
    """Whether a predicate holds for the last values that each unit's events gave."""
    joined = _combined(
        predicate.all, predicate.any, predicate.not_, partial(_known, part=part, moment=moment)
    )
    if joined is not None:
        return joined
    column = column_of(part.run, predicate.property or "")
    if column is None:
        return lambda low, high: np.zeros(high - low, np.bool_)
    test, tags, until = holds(predicate, part.run), column.tags, Range(None, moment.at)

    def known(low: int, high: int) -> Bools:
        seen = chunk(part, low, high, until)
        last = np.empty(high - low, np.int64)
        own = frozen(tags[seen.first : seen.last])
        latest(own, frozen(seen.begins), frozen(seen.ends), last)
        return (last >= 0) & np.append(test(seen.first, seen.last), False)[last]

    return known
