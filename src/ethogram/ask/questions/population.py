"""Which units a question looks at: a cohort, a sample, persons or their sessions."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.session_units import session_part
from ethogram.ask.questions.spec import Spec, gap_of
from ethogram.ask.questions.split import split
from ethogram.ask.sequences.run import Int64s, Part

_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def cohorts_asked(spec: Spec) -> list[Cohort]:
    """The cohorts whose members must be known before ``spec`` is asked."""
    said = [spec.people, *(split(by).cohort for by in spec.by)]
    return list(dict.fromkeys(cohort for cohort in said if cohort is not None))


def seen_as(spec: Spec, part: Part, among: Mapping[Cohort, Bools]) -> Part:
    """``part`` as ``spec`` sees it; ``among`` are the members of `cohorts_asked`."""
    hidden = part.dead != 0
    if spec.people is not None:
        hidden |= ~among[spec.people]
    if spec.sample is not None and spec.sample < 1:
        hidden |= ~sampled(part.run.units, spec.sample)
    part = replace(part, dead=frozen(hidden.astype(np.uint8)), among=among)
    if spec.unit == "session":
        return session_part(part, facts_of(part.run).sessions(gap_of(spec)))
    return part


def sampled(units: Int64s, share: float) -> Bools:
    """Whether each unit is in a sample of that ``share``; a larger one holds a smaller one.

    By the finaliser of SplitMix64 (Steele, Lea and Flood 2014) over the unit's id.
    """
    mixed = units.astype(np.uint64)
    for shift, factor in zip((30, 27), _MIX, strict=True):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)) < np.uint64(share * (1 << 53))
