"""One unit's events, read back in order."""

from dataclasses import dataclass

import numpy as np

from ethogram.ask.sequences.checksum import run_instants
from ethogram.ask.sequences.overlay import held
from ethogram.ask.sequences.run import Int64s, Snapshot


@dataclass(frozen=True)
class History:
    """Events in order of (instant, position); ``instants`` are microseconds since 1970.

    ``positions`` are the log's, by which the whole event is found in log or lake. ``nodes``
    are the raw ids that the events were recorded under.
    """

    instants: Int64s
    names: list[str]
    positions: Int64s
    nodes: Int64s


def history(snapshot: Snapshot, unit: int) -> History:
    """The events of ``unit``; none where it is unknown or erased."""
    for part in snapshot.parts:
        slots = held(part, np.array([unit], np.int64))
        if len(slots):
            run = part.run
            at = np.arange(*run.offsets[slots[0] : slots[0] + 2])
            nodes = np.full(len(at), unit) if run.nodes is None else run.nodes[at]
            names = [run.names[code] for code in run.codes[at].tolist()]
            return History(run_instants(run, at), names, run.positions[at], nodes)
    none = np.empty(0, np.int64)
    return History(none, [], none, none)
