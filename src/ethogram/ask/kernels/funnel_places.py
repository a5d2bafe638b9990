"""Where in a unit's events the steps of its funnel lie."""

import numpy as np
from numba import njit

from ethogram.ask.kernels.events import Bytes, Events, Int64s
from ethogram.ask.kernels.funnel import Rules, attempt, desk


@njit(nogil=True, cache=True)
def places(events: Events, rules: Rules, levels: Bytes, where: Int64s) -> None:
    """``levels[u]`` steps are reached by the attempt that counts, step k at ``where[u, k]``."""
    at = desk(events, rules.steps)
    for u in range(len(events.begins)):
        levels[u] = attempt(events, u, rules, at)
        for k in range(np.int64(levels[u])):
            where[u, k] = at.into.where[at.best_path[k]]
