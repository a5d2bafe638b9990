"""Sessions as units: the same events, with offsets where sessions begin instead of persons."""

from dataclasses import replace

import numpy as np

from ethogram.ask.kernels.sessions import session_counts, session_starts
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.sequences.run import Int64s, Part, Run


def in_sessions(run: Run, gap: int) -> tuple[Run, Int64s]:
    """``run`` with sessions for units, and the place in ``run.units`` of each one's person.

    ``gap`` is in microseconds; a unit's id is its person's. Whole persons stay known by
    ``whole``.
    """
    clock = frozen(run.seconds), frozen(run.micros), frozen(run.offsets)
    counts = np.empty(len(run.units), np.int64)
    session_counts(*clock, gap, counts)
    starts = np.empty(int(counts.sum()) + 1, np.int64)
    session_starts(*clock, gap, starts)
    starts[-1] = run.events
    owners = np.repeat(np.arange(len(run.units)), counts)
    buckets = np.concatenate(([0], np.cumsum(counts)))[run.buckets]
    sessions = replace(
        run, units=frozen(run.units[owners]), offsets=frozen(starts), buckets=frozen(buckets),
        whole=run.offsets,
    )  # fmt: skip
    return sessions, owners


def session_part(part: Part, found: tuple[Run, Int64s]) -> Part:
    """``part`` with the units that `in_sessions` found in its run."""
    run, owners = found
    among = {cohort: flags[owners] for cohort, flags in part.among.items()}
    return Part(run, frozen(part.dead[owners]), among)
