"""What questions about the simulated shop must answer, from the simulation's own draws.

No event is looked at here: a session's depth says which steps it took, its start which weeks it
counts for. So these numbers check everything between the door and an answer.
"""

import numpy as np

from ethogram.events.times import DAY, iso
from ethogram.run.demo import shop
from ethogram.run.demo.sessions import Ints, Sessions

_MONDAY = 4 * DAY
WEEK = 7 * DAY


def funnel(sessions: Sessions) -> list[int]:
    """People who took each of `shop.STEPS` in order, in any window as long as a session.

    A session takes its steps in order and a step is never taken without those before it, so a
    person gets as far as their furthest session, whatever else they do.
    """
    return _people_by_depth(sessions.person, sessions.depth)


def funnel_by_country(sessions: Sessions) -> dict[str, list[int]]:
    """The same by country, which a person keeps."""
    return {
        country: _people_by_depth(sessions.person[here], sessions.depth[here])
        for i, country in enumerate(shop.COUNTRIES)
        for here in [sessions.country == i]
    }


def _people_by_depth(person: Ints, depth: Ints) -> list[int]:
    furthest = np.zeros(person.max(initial=-1) + 1, np.int64)
    np.maximum.at(furthest, person, depth)
    return [int((furthest >= step).sum()) for step in range(1, len(shop.STEPS) + 1)]


def retention(sessions: Sessions, weeks: int) -> list[dict[str, object]]:
    """Cohorts by the calendar week (Monday, UTC) of people's first ``catalog``, and of those who
    came back to it in each later week: ``{"from", "size", "returned"}``.

    ``returned[0]`` is the cohort's own week; weeks that end after ``until`` are None.
    """
    week = (sessions.start - _MONDAY) // WEEK
    last = (sessions.until - _MONDAY) // WEEK
    first = np.full(sessions.person.max() + 1, last + 1)
    np.minimum.at(first, sessions.person, week)
    seen = np.unique(np.stack([first[sessions.person], week, sessions.person], axis=1), axis=0)
    return [
        _cohort(seen[seen[:, 0] == start], int(start), weeks, last)
        for start in np.unique(seen[:, 0])
    ]


def _cohort(seen: Ints, start: int, weeks: int, last: int) -> dict[str, object]:
    counts = np.bincount(seen[:, 1] - start, minlength=weeks + 1)
    returned = [int(counts[i]) if start + i < last else None for i in range(weeks + 1)]
    return {"from": iso(start * WEEK + _MONDAY), "size": int(counts[0]), "returned": returned}


def people_a_day(sessions: Sessions) -> dict[str, int]:
    """How many people opened the catalog on each day, UTC."""
    seen = np.unique(np.stack([sessions.start // DAY, sessions.person], axis=1), axis=0)
    days, counts = np.unique(seen[:, 0], return_counts=True)
    return {iso(int(day) * DAY): int(count) for day, count in zip(days, counts, strict=True)}
