"""Which units a question looks at: a cohort, a sample, persons or their sessions."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ethogram.ask.kernels.buckets import mix
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.cohort import key_of
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.session_units import session_part
from ethogram.ask.questions.spec import Spec, gap_of
from ethogram.ask.sequences.run import Int64s, Part


def seen_as(spec: Spec, part: Part, among: Mapping[bytes, Bools]) -> Part:
    """``part`` as ``spec`` sees it; ``among`` are the members of each cohort, by its key."""
    hidden = part.dead != 0
    if spec.people is not None:
        hidden |= ~among[key_of(spec.people)]
    if spec.sample is not None and spec.sample < 1:
        hidden |= ~sampled(part.run.units, spec.sample)
    part = replace(part, dead=frozen(hidden.astype(np.uint8)), among=among)
    if spec.unit == "session":
        return session_part(part, facts_of(part.run).sessions(gap_of(spec)))
    return part


def sampled(units: Int64s, share: float) -> Bools:
    """Whether each unit is in a sample of that ``share``; a larger one holds a smaller one.

    By the highest bits of the mixed id, of which its bucket is the lowest.
    """
    return (mix(units) >> np.uint64(11)) < np.uint64(share * (1 << 53))
