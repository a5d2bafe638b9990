"""The path that people usually take: which events lead up to the one that comes last."""

import numpy as np
import numpy.typing as npt

from ethogram.ask.sequences.run import Int64s, Run
from ethogram.events.added import OF_THE_TRACKER

EVENTS_LOOKED_AT = 500_000
"""Units lie in the order of a hash of their id, so a run's first ones are a fair sample."""
NAMES_LOOKED_AT = 8
ON_THE_WAY = 0.9
"""An event is on the way where so large a part of those who arrived had done it before."""


def usual_path(run: Run) -> list[str]:
    """Names of events, in the order in which people usually do them for the first time.

    Of the names that most units have, but for what the tracker says by itself, the last one is
    that which typically comes last; the others are those that nearly all who did it had done
    before. Empty for an empty run.
    """
    names, first = _first_times(run)
    if not names:
        return []
    done = first >= 0
    place = _places(first, done)
    goal = int(np.argmax(place))
    arrived = first[done[:, goal]]
    before = (arrived >= 0) & (arrived < arrived[:, [goal]])
    passed = before.mean(axis=0) >= ON_THE_WAY
    passed[goal] = True
    return [names[i] for i in np.argsort(place, kind="stable") if passed[i]]


def _first_times(run: Run) -> tuple[list[str], Int64s]:
    """The names that most units have, and for each unit which of its events is the first of each.

    -1 where a unit has none of that name.
    """
    ends = np.minimum(run.offsets, EVENTS_LOOKED_AT)
    ends = ends[: np.searchsorted(ends, ends[-1]) + 1]
    unit = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    keys, at = np.unique(unit * len(run.names) + run.codes[: ends[-1]], return_index=True)
    unit, code = np.divmod(keys, max(len(run.names), 1))
    having = np.bincount(code, minlength=len(run.names))
    meant = np.array([name not in OF_THE_TRACKER for name in run.names], np.bool_)
    if having[meant].any():
        having[~meant] = 0
    known = np.argsort(-having, kind="stable")[:NAMES_LOOKED_AT]
    known = known[having[known] > 0]
    first = np.full((len(ends) - 1, len(known)), -1)
    for i, name in enumerate(known):
        rows = code == name
        first[unit[rows], i] = at[rows] - ends[unit[rows]]
    return [run.names[name] for name in known], first


def _places(first: Int64s, done: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """For each name how many others a unit that has it typically has before it."""
    earlier = (first[:, None, :] < first[:, :, None]) & done[:, None, :]
    return (earlier.sum(axis=2) * done).sum(axis=0) / done.sum(axis=0)
