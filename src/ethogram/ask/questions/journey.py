"""Journey: what one person did, event by event."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import numpy as np

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.chunk import Chunk, chunk
from ethogram.ask.questions.cohort import person_id
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.question import Asked, Found, Named, Question, Scope
from ethogram.ask.questions.spec import Range, Spec, instant, range_of, zone_of
from ethogram.ask.questions.step import Step
from ethogram.ask.sequences.columns import value_at
from ethogram.ask.sequences.run import Int64s, Part, Run
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid
from ethogram.events.event import Json
from ethogram.events.times import SECOND, iso
from ethogram.store.lake.changes import is_reserved

MOST = 1000
_ALWAYS = 2**62

RULES = {
    "events": "by time, and those of one instant in the order in which they arrived",
    "session": "counted from the person's first event ever; a gap of session_gap or longer begins "
    "a new one, whatever where and the range leave out",
    "total": "events of the person in the range for which where holds",
    "properties": "as the events hold them: null is null, and what is missing is not there",
}


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A place in a journey: an instant, or one event by its time and position."""

    time: str
    position: int | None = None


class Journey(Spec, frozen=True, forbid_unknown_fields=True, tag="journey"):
    """What one person did, event by event, with all that is known of each.

    ``person`` is an internal id. At most ``limit`` events are shown: the first ones, those
    ``after`` a place or, the last of them, those ``before`` it. An answer's ``next`` and
    ``previous`` are the places from which to go on.

    >>> Journey(7, before=Place("2026-01-01")).limit
    100
    """

    person: int | str
    limit: int = 100
    after: Place | None = None
    before: Place | None = None


class Page(msgspec.Struct, frozen=True):
    """Some events of the person, how many there are in all, and whether more lie on each side."""

    rows: list[Row]
    total: int
    sessions: int
    earlier: bool
    later: bool


def names(spec: Journey) -> Named:
    """What a journey names; raises `Invalid` where its fields do not fit each other."""
    if spec.by:
        raise Invalid("no_groups", "One person is not split into groups.", at="$.by")
    person_id(spec.person, "$.person")
    if spec.sample is not None:
        raise Invalid("no_sample", "A journey is one person's: there is nothing to draw from.",
                      at="$.sample", hint='Leave out "sample".')  # fmt: skip
    if spec.unit == "session":
        raise Invalid("bad_unit", "A journey goes on from session to session.", at="$.unit")
    if not 1 <= spec.limit <= MOST:
        raise Invalid("bad_limit", f"From 1 to {MOST} events can be shown.", at="$.limit")
    if spec.after is not None and spec.before is not None:
        raise Invalid("bad_place", "A page goes on after a place, or before it.", at="$.before",
                      hint='Use "from" and "to" for a range.')  # fmt: skip
    _place(spec, spec.after, "$.after")
    _place(spec, spec.before, "$.before")
    microseconds(spec.session_gap, "$.session_gap")
    return Named([])


def ask(spec: Journey, _scope: Scope) -> Asked[list[Page]]:
    """The page; a person lives in one part only."""
    return Asked(partial(_over, spec), lambda a, b: a + b, [], partial(finish, spec))


def finish(spec: Journey, found: list[Page]) -> Found:
    """The events, and the places before and after them."""
    page = found[0] if found else Page([], 0, 0, earlier=False, later=False)
    places: list[Json] = [{"time": row["time"], "position": row["position"]} for row in page.rows]
    return Found(
        {
            "person": int(spec.person),
            "total": page.total,
            "sessions": page.sessions,
            "events": page.rows,
            "previous": places[0] if page.earlier else None,
            "next": places[-1] if page.later else None,
        },
        RULES,
    )


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The events; each property is a column of its own."""
    return [
        {**{name: value for name, value in event.items() if name != "properties"},
         **{f"properties.{name}": value for name, value in event["properties"].items()}}
        for event in results["events"]
    ]  # fmt: skip


def _over(spec: Journey, part: Part) -> Callable[[int, int], list[Page]]:
    marker, when = Marker(part.run, [Step()], spec.where), range_of(spec)

    def pages(low: int, high: int) -> list[Page]:
        own = (part.run.units[low:high] == int(spec.person)) & (part.dead[low:high] == 0)
        return [
            _page(spec, marker, chunk(part, low + u, low + u + 1, Range(None, None)), when)
            for u in np.flatnonzero(own).tolist()
        ]

    return pages


def _page(spec: Journey, marker: Marker, seen: Chunk, when: Range) -> Page:
    run, events = seen.run, marker.mark(seen).events
    own = slice(int(seen.begins[0]), int(seen.ends[0]))
    times = run.origin * SECOND + seen.seconds[own].astype(np.int64) * SECOND + seen.micros[own]
    starts = np.diff(times, prepend=-_ALWAYS) >= microseconds(spec.session_gap, "$.session_gap")
    kept = events.table[events.symbols[own]] != 0
    kept &= times >= (-_ALWAYS if when.first is None else when.first)
    kept &= times < (_ALWAYS if when.last is None else when.last)
    shown = np.flatnonzero(kept)
    positions = run.positions[seen.first + own.start + shown]
    low, high = _window(spec, list(zip(times[shown].tolist(), positions.tolist(), strict=True)))
    sessions = np.cumsum(starts, dtype=np.int64)
    page = shown[low:high]
    return Page(
        list(_rows(spec, run, seen.first + own.start + page, times[page], sessions[page])),
        len(shown),
        len(np.unique(sessions[shown])),
        earlier=low > 0,
        later=high < len(shown),
    )


def _window(spec: Journey, places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Which of the places, in order, the page shows."""
    if spec.before is not None:
        high = bisect_left(places, _place(spec, spec.before, "$.before"))
        return max(0, high - spec.limit), high
    low = 0
    if spec.after is not None:
        low = bisect_right(places, _place(spec, spec.after, "$.after"))
    return low, min(low + spec.limit, len(places))


def _place(spec: Journey, place: Place | None, at: str) -> tuple[int, int]:
    """The time and the position; an instant alone lies just before its events."""
    if place is None:
        return 0, 0
    time = instant(place.time, zone_of(spec), f"{at}.time")
    return time or 0, -1 if place.position is None else place.position


def _rows(spec: Journey, run: Run, where: Int64s, times: Int64s, sessions: Int64s) -> Iterator[Row]:
    zone = zone_of(spec)
    for i, time, session in zip(where.tolist(), times.tolist(), sessions.tolist(), strict=True):
        held = ((name, value_at(column, i)) for name, column in run.properties.items()
                if not is_reserved(name))  # fmt: skip
        yield {
            "time": datetime.fromisoformat(iso(time))
            .astimezone(zone)
            .isoformat()
            .replace("+00:00", "Z"),
            "event": run.names[run.codes[i]],
            "position": int(run.positions[i]),
            "session": session,
            "properties": {name: value for name, value in held if value is not msgspec.UNSET},
        }


JOURNEY = Question(Journey, names, ask, rows)
