"""What a trait says of each unit of a run, and until when nothing but a new event changes it."""

from zoneinfo import ZoneInfo

import numpy as np

from ethogram.ask.questions.chunk import chunk
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.measures import Values, distinct, measure_of, numbers
from ethogram.ask.questions.members import Moment, members
from ethogram.ask.questions.spec import Range
from ethogram.ask.questions.step import step
from ethogram.ask.questions.sums import Floats
from ethogram.ask.sequences.arrange import ranges
from ethogram.ask.sequences.checksum import run_instants
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Int64s, Run
from ethogram.ask.traits.definition import Trait, durations
from ethogram.events.duration import microseconds
from ethogram.events.event import Instant

NEVER = np.iinfo(np.int64).max
_UTC = ZoneInfo("UTC")


def values(trait: Trait, run: Run, at: Instant) -> Floats:
    """The value of each unit as of ``at``: 0 or 1 of a cohort, NaN where there is none."""
    part, units = whole(run), len(run.units)
    if trait.cohort is not None:
        return members(trait.cohort, part, Moment(at, _UTC))(0, units).astype(np.float64)
    first = None if trait.last is None else at - microseconds(trait.last, "$.last")
    where = _events(trait, run, Range(first, at))
    owners = np.searchsorted(run.offsets, where, side="right") - 1
    if trait.property is None:
        return np.bincount(owners, minlength=units).astype(np.float64)
    measure = measure_of(trait.measure or "")
    if trait.measure == "distinct":
        there, places, words = distinct(run, trait.property, where)
        factors = [places.astype(np.float64)]
    else:
        there, factors = numbers(run, (trait.property,), where)
        words = []
    found = measure.finish(measure.gather(Values(owners[there], units, factors, words)))
    return np.array([np.nan if each is None else each for each in found], np.float64)


def unchanged_until(trait: Trait, run: Run, at: Instant) -> Int64s:
    """For each unit the instant up to which the value at ``at`` stays if nothing happens."""
    until = np.full(len(run.units), NEVER)
    for length in durations(trait):
        seen = chunk(whole(run), 0, len(run.units), Range(at - length, None))
        there = np.flatnonzero(seen.begins < seen.ends)
        crosses = run_instants(run, seen.begins[there] + seen.first) + length
        until[there] = np.minimum(until[there], crosses)
    return until


def _events(trait: Trait, run: Run, when: Range) -> Int64s:
    """The events that count, as indices into the run."""
    assert trait.event is not None, "checked before"
    seen = chunk(whole(run), 0, len(run.units), when)
    events = Marker(run, [step(trait.event)], None).mark(seen).events
    within = ranges(seen.begins, seen.ends - seen.begins)
    return within[events.table[events.symbols[within]] != 0] + seen.first
