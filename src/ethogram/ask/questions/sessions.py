"""Sessions: how many, how long, how much happens in them, where they begin and where they end."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import (
    Breakdown,
    Key,
    Value,
    check_cells,
    chosen,
    in_order,
    shown,
)
from ethogram.ask.questions.calendar import Calendar, calendar
from ethogram.ask.questions.chunk import Chunk, chunk, relative
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.occurring import groups_at, occurring, places_of
from ethogram.ask.questions.question import (
    Asked,
    Behind,
    Found,
    Named,
    Question,
    Scope,
    listed,
    period_asked,
)
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.spec import Range, Spec, range_of, zone_of
from ethogram.ask.questions.spread import (
    BINS,
    MOST_BINS,
    PERCENTILES,
    check_held,
    edges,
    histogram,
    percentiles,
)
from ethogram.ask.questions.step import Step
from ethogram.ask.sequences.run import Codes, Int64s, Part
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid

SECOND = 1_000_000
TOP = 20
ALWAYS = Range(None, None)
_NONE = np.empty(0, np.int64)

RULES = {
    "session": "a person's events without a pause of session_gap or longer: a gap of that length "
    "begins a new session",
    "where": "chooses events within the sessions; a session without any is none",
    "range": "sessions that begin between from and to, whole",
    "length": "from a session's first event to its last; 0 for a single event",
    "bounce": "a session of a single event; where bounce is a length, one that is shorter",
    "intervals": "by the session's first event",
    "entries": f"the events that most sessions begin with, and end with, at most {TOP}; of one "
    "instant the one that arrived first comes first",
    "by": "the value at the session's first event",
    "percentiles": PERCENTILES,
    "histogram": BINS,
}


class Sessions(Spec, frozen=True, forbid_unknown_fields=True, tag="sessions"):
    """How many sessions there are, how long they last, and where they begin and end.

    ``interval``: the numbers over time. ``bounce``: a session shorter than that is one; without
    it, a session of a single event. ``bins`` of the histogram of lengths.

    >>> Sessions(bounce="10s", session_gap="1h").unit
    'session'
    """

    unit: Literal["session"] = "session"
    interval: Literal["hour", "day", "week", "month"] = "day"
    bounce: str | None = None
    bins: int | None = None


class Visits(NamedTuple):
    """Of some sessions: the interval each begins in, its length in microseconds, its events."""

    periods: Int64s
    lengths: Int64s
    events: Int64s


@dataclass(frozen=True)
class Gathered:
    """The visits of one group in pieces, and how often each event is their first and last."""

    visits: list[Visits] = field(default_factory=list[Visits])
    entries: Counter[str] = field(default_factory=Counter[str])
    exits: Counter[str] = field(default_factory=Counter[str])

    def __add__(self, other: "Gathered") -> "Gathered":
        return Gathered(
            self.visits + other.visits, self.entries + other.entries, self.exits + other.exits
        )


Grouped: TypeAlias = dict[Key, Gathered]


def names(spec: Sessions) -> Named:
    """What sessions name; raises `Invalid` where a field makes no sense."""
    if spec.bins is not None and not 1 <= spec.bins <= MOST_BINS:
        raise Invalid("bad_bins", f"A histogram has 1 to {MOST_BINS} bins.", at="$.bins")
    _shortest(spec)
    return Named([])


def ask(spec: Sessions, scope: Scope) -> Asked[Grouped]:
    """The numbers of the sessions."""
    days = _calendar(spec, scope)
    check_cells(1, len(days))
    return Asked(
        partial(_over, spec, days), partial(merge, len(days)), {}, partial(finish, spec, days)
    )


class Visit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sessions that begin in the ``interval`` of that start, with the event ``entry``, that end
    with ``exit``, that bounced or not, of one group: all that is said must hold.
    """

    interval: str | None = None
    entry: str | None = None
    exit: str | None = None
    bounced: bool | None = None
    by: dict[str, Value] | None = None


def people(spec: Sessions, scope: Scope, cell: Visit) -> Asked[Int64s]:
    """The ids of the people whose sessions ``cell`` means."""
    days, shortest = _calendar(spec, scope), _shortest(spec)
    labels = [days.label(p) for p in range(len(days))]
    chosen(spec.by, [], cell.by)
    if cell.interval is not None and cell.interval not in labels:
        raise Invalid("no_such_interval", f"No interval begins at {cell.interval!r}.",
                      at="interval", hint=f"The first begins at {labels[0]}.")  # fmt: skip

    def over(part: Part) -> Callable[[int, int], Int64s]:
        look, codes = _look(spec, days, part), {name: c for c, name in enumerate(part.run.names)}

        def ids(low: int, high: int) -> Int64s:
            seen = look(low, high)
            meant = chosen(spec.by, seen.keys, cell.by)[seen.groups]
            if cell.interval is not None:
                meant &= seen.visits.periods == labels.index(cell.interval)
            if cell.entry is not None:
                meant &= seen.entries == codes.get(cell.entry, -1)
            if cell.exit is not None:
                meant &= seen.exits == codes.get(cell.exit, -1)
            if cell.bounced is not None:
                meant &= _bounced(seen.visits, shortest) == cell.bounced
            return seen.owners[meant]

        return ids

    return listed(over)


def merge(intervals: int, a: Grouped, b: Grouped) -> Grouped:
    """The sessions of both; a group has so many ``intervals``."""
    both = dict(a)
    for key, more in b.items():
        both[key] = both[key] + more if key in both else more
    check_cells(len(both), intervals)
    held = (visits.lengths for each in both.values() for visits in each.visits)
    check_held(sum(map(len, held)), 24)
    return both


def finish(spec: Sessions, days: Calendar, total: Grouped) -> Found:
    """The numbers of all sessions, over time, and with ``by`` each group's."""
    everything = _together(list(total.values()))
    lengths = [visits.lengths for visits in everything.visits]
    between = edges(np.sort(np.concatenate([_NONE, *lengths])) / SECOND, spec.bins)
    results = _numbers(spec, days, between, everything)
    if spec.by:
        results["groups"] = [
            {"by": shown(spec.by, key), **_numbers(spec, days, between, total[key])}
            for key in in_order(list(total))
        ]
    return Found(results, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The intervals; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["intervals"]
    return [{**group["by"], **row} for group in results["groups"] for row in group["intervals"]]


def _together(groups: list[Gathered]) -> Gathered:
    found = Gathered([visits for group in groups for visits in group.visits])
    for group in groups:
        found.entries.update(group.entries)
        found.exits.update(group.exits)
    return found


def _numbers(
    spec: Sessions, days: Calendar, between: list[float], found: Gathered
) -> dict[str, Any]:
    pieces = zip(Visits(_NONE, _NONE, _NONE), *found.visits, strict=True)
    visits = Visits(*map(np.concatenate, pieces))
    visits = _taken(visits, np.lexsort((visits.lengths, visits.periods)))
    ends = np.searchsorted(visits.periods, np.arange(len(days) + 1))
    everything = _taken(visits, np.argsort(visits.lengths, kind="stable"))
    shortest = _shortest(spec)
    return {
        "sessions": _summary(everything, shortest),
        "histogram": histogram(everything.lengths / SECOND, between, "sessions"),
        "intervals": [
            {"from": days.label(p),
             **_summary(_taken(visits, slice(ends[p], ends[p + 1])), shortest)}
            for p in range(len(days))
        ],
        "entries": _most(found.entries),
        "exits": _most(found.exits),
    }  # fmt: skip


def _taken(visits: Visits, which: Int64s | slice) -> Visits:
    return Visits(*(each[which] for each in visits))


def _summary(visits: Visits, shortest: int | None) -> Row:
    """The numbers of visits in the order of their lengths."""
    n, events = len(visits.lengths), int(visits.events.sum())
    bounces = int(_bounced(visits, shortest).sum())
    return {
        "sessions": n,
        "events": events,
        "events_per_session": events / n if n else None,
        "bounces": bounces,
        "bounce_rate": bounces / n if n else None,
        "mean_seconds": int(visits.lengths.sum()) / n / SECOND if n else None,
        "seconds": percentiles(visits.lengths, SECOND),
    }


def _most(counts: Counter[str]) -> list[Row]:
    total = counts.total()
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:TOP]
    return [{"event": name, "sessions": n, "share": n / total} for name, n in most]


def _over(spec: Sessions, days: Calendar, part: Part) -> Callable[[int, int], Grouped]:
    look, events = _look(spec, days, part), part.run.names

    def gathered(low: int, high: int) -> Grouped:
        seen = look(low, high)
        check_cells(len(seen.keys), len(days))
        found: Grouped = {}
        for key, own in zip(seen.keys, places_of(seen.groups, len(seen.keys)), strict=True):
            entries, exits = (_tally(codes[own], events) for codes in (seen.entries, seen.exits))
            found[key] = Gathered([_taken(seen.visits, own)], entries, exits)
        return found

    return gathered


def _tally(codes: Codes, events: tuple[str, ...]) -> Counter[str]:
    counts = np.bincount(codes)
    return Counter({events[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()})


class Seen(NamedTuple):
    """The sessions of a chunk: their people, visits, first and last event's code, and group."""

    owners: Int64s
    visits: Visits
    entries: Codes
    exits: Codes
    groups: Int64s
    keys: list[Key]


def _look(spec: Sessions, days: Calendar, part: Part) -> Callable[[int, int], Seen]:
    run, marker = part.run, Marker(part.run, [Step()], spec.where)
    breakdown = Breakdown(part, spec.by)
    starts, (earliest, latest) = days.starts - run.origin, relative(run, range_of(spec))

    def look(low: int, high: int) -> Seen:
        seen = chunk(part, low, high, ALWAYS)
        counts, first, last = occurring(marker.mark(seen).events)
        began = _times(seen, np.maximum(first, 0))
        units = np.flatnonzero((counts > 0) & (began >= earliest) & (began < latest))
        first, last, began = first[units], last[units], began[units]
        periods = np.searchsorted(starts, seen.seconds[first], side="right") - 1
        visits = Visits(periods, _times(seen, last) - began, counts[units])
        groups, keys = groups_at(breakdown, seen, first)
        return Seen(seen.units[units], visits, seen.codes[first], seen.codes[last], groups, keys)

    return look


def _times(seen: Chunk, where: Int64s) -> Int64s:
    return seen.seconds[where].astype(np.int64) * SECOND + seen.micros[where]


def _bounced(visits: Visits, shortest: int | None) -> Bools:
    return visits.events == 1 if shortest is None else visits.lengths < shortest


def _shortest(spec: Sessions) -> int | None:
    return None if spec.bounce is None else microseconds(spec.bounce, "$.bounce")


def _calendar(spec: Sessions, scope: Scope) -> Calendar:
    first, last = period_asked(range_of(spec), scope)
    return calendar(spec.interval, zone_of(spec), first, last)


SESSIONS = Question(
    Sessions,
    names,
    ask,
    rows,
    Behind(Visit, people),
    counted=frozenset({"sessions", "events", "bounces"}),
)
