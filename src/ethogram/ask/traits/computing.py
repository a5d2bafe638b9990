"""What a trait says of each unit of a run, and until when nothing but a new event changes it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from ethogram.ask.questions.chunk import chunk
from ethogram.ask.questions.formulas import named
from ethogram.ask.questions.marks import Marker
from ethogram.ask.questions.measures import Number, Values, distinct, measure_of, numbers
from ethogram.ask.questions.members import Moment, members
from ethogram.ask.questions.spec import Range
from ethogram.ask.questions.sums import Floats
from ethogram.ask.sequences.arrange import ranges
from ethogram.ask.sequences.checksum import run_instants
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Int64s, Run
from ethogram.ask.traits.definition import Trait, durations
from ethogram.ask.traits.terms import Term, Terms
from ethogram.events.duration import microseconds
from ethogram.events.event import Instant

NEVER = np.iinfo(np.int64).max
_UTC = ZoneInfo("UTC")


def values(trait: Trait, terms: Terms | None, run: Run, at: Instant) -> Floats:
    """The value of each unit as of ``at``: 0 or 1 of a cohort, NaN where there is none."""
    if trait.cohort is not None:
        inside = members(trait.cohort, whole(run), Moment(at, _UTC))
        return inside(0, len(run.units)).astype(np.float64)
    assert terms is not None, "of a cohort alone there are none"
    first = None if trait.last is None else at - microseconds(trait.last, "$.last")
    found = {name: _measured(term, run, Range(first, at)) for name, term in terms.of.items()}
    if terms.formula in found:
        return _floats(found[terms.formula])
    compute, _ = named(terms.formula, terms.of, "$.formula")
    rows = zip(*found.values(), strict=True)
    return _floats([compute(dict(zip(found, row, strict=True))) for row in rows])


def unchanged_until(trait: Trait, run: Run, at: Instant) -> Int64s:
    """For each unit the instant up to which the value at ``at`` stays if nothing happens."""
    until = np.full(len(run.units), NEVER)
    for length in durations(trait):
        seen = chunk(whole(run), 0, len(run.units), Range(at - length, None))
        there = np.flatnonzero(seen.begins < seen.ends)
        crosses = run_instants(run, seen.begins[there] + seen.first) + length
        until[there] = np.minimum(until[there], crosses)
    return until


def _measured(term: Term, run: Run, when: Range) -> list[Number]:
    """The number of each unit, None where there is none."""
    units, where = len(run.units), _events(term, run, when)
    owners = np.searchsorted(run.offsets, where, side="right") - 1
    if not term.names:
        counts = np.bincount(owners, minlength=units)
        return (counts.clip(max=1) if term.measure == "people" else counts).tolist()
    measure = measure_of(term.measure)
    if term.measure == "distinct":
        there, places, words = distinct(run, term.names[0], where)
        factors = [places.astype(np.float64)]
    else:
        there, factors = numbers(run, term.names, where)
        words = []
    return measure.finish(measure.gather(Values(owners[there], units, factors, words)))


def _events(term: Term, run: Run, when: Range) -> Int64s:
    """The events that count, as indices into the run."""
    seen = chunk(whole(run), 0, len(run.units), when)
    events = Marker(run, [term.of], None).mark(seen).events
    within = ranges(seen.begins, seen.ends - seen.begins)
    return within[events.table[events.symbols[within]] != 0] + seen.first


def _floats(found: Sequence[Number]) -> Floats:
    return np.array([np.nan if each is None else each for each in found], np.float64)
