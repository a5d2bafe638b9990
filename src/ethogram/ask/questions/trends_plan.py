"""A trend made ready: the ranges it looks at, and what each series needs of their events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from ethogram.ask.questions.breakdown import Key
from ethogram.ask.questions.calendar import Calendar, calendar
from ethogram.ask.questions.earlier import range_before, year_before
from ethogram.ask.questions.measures import SUMMED, Measure, measure_of
from ethogram.ask.questions.question import Scope, period_asked
from ethogram.ask.questions.spec import Range, range_between, range_of, zone_of
from ethogram.ask.questions.step import Step
from ethogram.ask.questions.trends_spec import Between, Series, Trends, pick, series_of
from ethogram.ask.sequences.run import Int64s
from ethogram.events.duration import microseconds
from ethogram.events.event import Instant
from ethogram.events.times import DAY, SECOND

COUNT = Measure(lambda values: values.cells, np.add, np.ndarray.tolist, np.cumsum)
"""Events or people in each period, as an array of int64."""


class Span(NamedTuple):
    """A range of time and its periods."""

    when: Range
    days: Calendar


class Look(NamedTuple):
    """Series that look at the same events, those in ``when``, for the points of ``span``.

    An event counts until the last period p for which ``since[p]`` (Unix seconds) is not after it.
    So events before the span are looked at too: ``bounds`` are its periods and one before them.
    Where ``since`` is None, ``bounds`` are the periods.
    """

    series: list[int]
    span: Span
    when: Range
    bounds: Calendar
    since: Int64s | None


@dataclass(frozen=True)
class Plan:
    """A spec, its series, the range asked for and maybe one it is compared with.

    ``chosen`` are the groups that have lines of their own; None while they are not known.
    """

    spec: Trends
    spans: tuple[Span, ...]
    chosen: tuple[Key, ...] | None = None

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """The series, each an object."""
        return series_of(self.spec)

    @cached_property
    def picks(self) -> tuple[Step, ...]:
        """What each series is about."""
        return tuple(map(pick, self.series))

    def alike(self, series: Iterable[int]) -> list[list[int]]:
        """Some series, those that are about the same events together."""
        found: dict[bytes, list[int]] = {}
        for j in series:
            # By their JSON: to Python a pick of true equals one of 1.
            found.setdefault(msgspec.json.encode(self.picks[j]), []).append(j)
        return list(found.values())

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """How each series' numbers are merged and finished."""
        return tuple(_measure(each) for each in self.series)

    def counted(self, j: int) -> bool:
        """Whether a series is of events, or of people, each period by itself."""
        each = self.series[j]
        return each.measure == "total" or (
            each.measure == "people" and not each.trailing and not self.spec.cumulative
        )

    def adds(self, j: int) -> bool:
        """Whether of nothing a series has 0, not null."""
        return self.series[j].measure in ("total", "people", *SUMMED)

    def plain(self, few: bool) -> set[int]:
        """The series whose numbers need no event's properties; people where periods are ``few``."""
        if self.spec.by or self.spec.where is not None:
            return set()
        return {
            j for j, pick in enumerate(self.picks)
            if self.counted(j) and pick.where is None and (few or self.series[j].measure == "total")
        }  # fmt: skip

    def too_many(self, groups: int) -> bool:
        """Whether so many groups cannot each have lines of their own."""
        return bool(self.spec.by) and self.chosen is None and groups > self.spec.most_groups

    def looks(self, span: Span, done: set[int]) -> list[Look]:
        """What is to be looked at within ``span`` for the series that are not ``done``."""
        series: dict[str | None, list[int]] = {}
        for j, each in enumerate(self.series):
            if j not in done:
                series.setdefault(each.trailing, []).append(j)
        return [_look(span, trailing, own) for trailing, own in series.items()]

    def with_groups(self, chosen: tuple[Key, ...]) -> "Plan":
        """The same, with these groups known to have lines of their own."""
        return replace(self, chosen=chosen)


def plan(spec: Trends, scope: Scope) -> Plan:
    """``spec`` made ready for what ``scope`` holds."""
    zone, when = zone_of(spec), range_of(spec)
    shown = Span(when, _calendar(spec, zone, *period_asked(when, scope)))
    before = _before(spec, zone, shown)
    return Plan(spec, (shown,) if before is None else (shown, before))


def _measure(each: Series) -> Measure:
    if each.measure in ("total", "people"):
        return COUNT
    return measure_of(each.statistic or "mean" if each.measure == "per_person" else each.measure)


def _calendar(spec: Trends, zone: ZoneInfo, first: Instant, last: Instant) -> Calendar:
    return calendar(spec.interval, zone, first, last, week_starts=spec.week_starts)


def _look(span: Span, trailing: str | None, series: list[int]) -> Look:
    if trailing is None:
        return Look(series, span, span.when, span.days, None)
    length, (starts, zone) = microseconds(trailing, "$.series"), (span.days.starts, span.days.zone)
    since = [_back(end, length, zone) for end in starts[1:].tolist()]
    first = min(since[0], int(starts[0]) - 1)
    bounds = Calendar(np.append(first, starts), zone)
    when = Range(first * SECOND, span.when.last)
    return Look(series, span, when, bounds, np.maximum.accumulate(since))


def _back(second: int, length: int, zone: ZoneInfo) -> int:
    """``length`` before ``second``: whole days by the calendar, anything else by the clock."""
    if length % DAY:
        return second - length // SECOND
    local = datetime.fromtimestamp(second, zone).replace(tzinfo=None, fold=0)
    return int((local - timedelta(days=length // DAY)).replace(tzinfo=zone).timestamp())


def _before(spec: Trends, zone: ZoneInfo, shown: Span) -> Span | None:
    """What a trend is compared with: as many periods as it shows, at most."""
    first, last = shown.when
    if spec.compare is None or first is None:
        return None
    last = shown.days.end(len(shown.days) - 1) if last is None else last
    when = _range_before(spec, zone, first, last)
    days = _calendar(spec, zone, when.first or 0, (when.last or 1) - 1)
    cut = Calendar(days.starts[: len(shown.days) + 1], zone)
    return Span(Range(when.first, min(when.last or 0, cut.end(len(cut) - 1))), cut)


def _range_before(spec: Trends, zone: ZoneInfo, first: Instant, last: Instant) -> Range:
    if isinstance(spec.compare, Between):
        return range_between(spec.compare.from_, spec.compare.to, zone, "$.compare")
    earlier = range_before if spec.compare == "previous" else year_before
    return earlier(first, last, zone, spec.interval)
