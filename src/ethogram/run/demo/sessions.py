"""The simulation's draws: who comes, when, and how far each session gets."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.events.event import Instant
from ethogram.events.times import DAY, SECOND
from ethogram.run.demo import shop

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

HOUR: Instant = 3_600 * SECOND
LONGEST: Instant = 3 * HOUR
"""No session lasts longer; all start so long before the end that they end before it."""
_SEARCHES, _MORE_VIEWS, _MORE_ITEMS = 0.3, 1.2, 0.35
_EVENTS_A_SESSION = 3.7
_EPOCH_WEEKDAY = 3


@dataclass(frozen=True)
class Sessions:
    """Sessions in the order of their start; all arrays have one entry a session.

    ``country`` and the like are indices into the shop's tables; ``depth`` is how many of
    `shop.STEPS` it takes, ``searches``, ``views`` and ``items`` how often it does these.
    ``until`` is the end of the simulated time, in microseconds like ``start``.
    """

    person: Ints
    start: Ints
    country: Ints
    device: Ints
    second_device: Ints
    campaign: Ints
    depth: Ints
    searches: Ints
    views: Ints
    items: Ints
    until: Instant
    days: int

    def __len__(self) -> int:
        return len(self.person)


def draw(people: int, events: int, days: int, until: Instant, rng: np.random.Generator) -> Sessions:
    """Sessions of ``people`` in the ``days`` before ``until``, together about ``events`` events.

    People arrive in growing numbers, come back by `shop.comes_back` week after week, and some
    come far more often than most.
    """
    begin = until // DAY * DAY - (days - 1) * DAY
    first = _arrivals(people, days - 1, begin, rng)
    person, week = _active_weeks(first, days, rng)
    inside = np.minimum((days - first[person] - 7 * week) / 7, 1)
    visits = _visits(person, inside, people, events, rng)
    person, week = np.repeat(person, visits), np.repeat(week, visits)
    start = _starts(begin, first[person] + 7 * week, rng)
    arrival = np.flatnonzero(np.diff(person, prepend=-1))
    start[arrival] = begin + first * DAY + start[arrival] % DAY
    start[arrival] = np.minimum(start[arrival], until - LONGEST)
    kept = start <= until - LONGEST
    order = np.argsort(start[kept], kind="stable")
    person, start = person[kept][order], start[kept][order]
    return _behaviour(person, start, people=people, until=until, days=days, rng=rng)


def _arrivals(people: int, days: int, begin: Instant, rng: np.random.Generator) -> Ints:
    """Each person's first day, counted from ``begin``."""
    day = np.arange(days)
    weights = (1 + shop.GROWTH) ** day * np.array(shop.WEEKDAYS)[_weekday(begin, day)]
    return rng.choice(days, people, p=weights / weights.sum())


def _weekday(begin: Instant, day: Ints) -> Ints:
    return (begin // DAY + day + _EPOCH_WEEKDAY) % 7


def _active_weeks(first: Ints, days: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """(person, week of theirs) for each week in which a person comes at all."""
    weeks = -(-(days - first) // 7)
    person = np.repeat(np.arange(len(first)), weeks)
    week = np.arange(len(person)) - np.repeat(np.cumsum(weeks) - weeks, weeks)
    active = rng.random(len(person)) < shop.comes_back(week)
    return person[active], week[active]


def _visits(
    person: Ints, inside: Floats, people: int, events: int, rng: np.random.Generator
) -> Ints:
    """How often each active week's person comes in it: once, and more for the keen.

    ``inside`` is the part of that week that lies before the end.
    """
    keenness = np.minimum(rng.pareto(1.4, people), 40)[person]
    spare = max(events / _EVENTS_A_SESSION - inside.sum(), 0)
    return 1 + rng.poisson(keenness * spare / (keenness * inside).sum())


def _starts(begin: Instant, day: Ints, rng: np.random.Generator) -> Ints:
    """An instant for each session in the seven days from ``day``, by weekday and hour."""
    log_weights = np.log(shop.WEEKDAYS)[_weekday(begin, day[:, None] + np.arange(7))]
    chosen = day + np.argmax(log_weights + rng.gumbel(size=log_weights.shape), axis=1)
    hour = _choose(shop.HOURS, len(day), rng)
    return begin + chosen * DAY + hour * HOUR + rng.integers(0, HOUR, len(day))


def _choose(weights: Iterable[float], size: int, rng: np.random.Generator) -> Ints:
    share = np.array(list(weights), np.float64)
    return rng.choice(len(share), size, p=share / share.sum())


def _behaviour(
    person: Ints, start: Ints, *, people: int, until: Instant, days: int, rng: np.random.Generator
) -> Sessions:
    size = len(person)
    country = _choose(shop.COUNTRIES.values(), people, rng)[person]
    owned = np.stack([_choose(shop.DEVICES.values(), people, rng) for _ in range(2)], axis=1)
    second = (rng.random(size) < 0.25).astype(np.int64)
    device = owned[person, second]
    campaign = _choose(shop.CAMPAIGNS.values(), size, rng)
    depth = _depths(device, campaign, rng)
    looked, added = depth > 1, depth > 2
    return Sessions(
        person=person,
        start=start,
        country=country,
        device=device,
        second_device=second,
        campaign=campaign,
        depth=depth,
        searches=rng.poisson(_SEARCHES, size),
        views=looked * (1 + rng.poisson(_MORE_VIEWS, size)),
        items=added * (1 + rng.poisson(_MORE_ITEMS, size)),
        until=until,
        days=days,
    )


def _depths(device: Ints, campaign: Ints, rng: np.random.Generator) -> Ints:
    """How many steps each session takes."""
    goes_on = np.tile(np.array(shop.GOES_ON), (len(device), 1))
    goes_on[:, 1] *= np.array(list(shop.CAMPAIGN_CARTS.values()))[campaign]
    goes_on[:, 3] *= np.where(device == list(shop.DEVICES).index("phone"), shop.PHONE_PAYS, 1)
    return 1 + np.cumprod(rng.random(goes_on.shape) < goes_on, axis=1).sum(axis=1)
