"""The made-up shop's sessions as claims tables, ready for the door."""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.event import Instant
from ethogram.events.times import SECOND
from ethogram.run.demo import shop
from ethogram.run.demo.sessions import Floats, Ints, Sessions, draw
from ethogram.store.lake.schema import column_name

KINDS = ("catalog", "search", "product", "cart", *shop.STEPS[3:])
SEARCH, PRODUCT, CART, DONE = 1, 2, 3, 6
ROWS = 50_000
_PAUSE, _LONGEST_PAUSE = 40.0, 300.0


def simulate(
    until: Instant, people: int = 10_000, events: int = 200_000, days: int = 60, seed: int = 1
) -> Iterator[pa.Table]:
    """Claims tables of a simulated shop, in the order of time, with about ``events`` rows.

    The same arguments give the same events. What questions must answer about them is in
    `truth`, from ``draw(people, events, days, until, numpy.random.default_rng(seed))``.
    """
    rng = np.random.default_rng(seed)
    yield from claims(draw(people, events, days, until, rng), rng, f"sim-{seed}")


def claims(sessions: Sessions, rng: np.random.Generator, mark: str) -> Iterator[pa.Table]:
    """The events of ``sessions``; their ids start with ``mark``."""
    session, kind = _expanded(sessions)
    time = sessions.start[session] + _elapsed(session, rng)
    wanted = _products(session, kind, len(sessions), rng)
    quantity = 1 + rng.poisson(0.2, len(kind))
    price = np.array([product.price for product in shop.products()])[wanted]
    spent = np.where(kind == CART, price * quantity, 0.0)
    value = np.bincount(session, spent, len(sessions)).astype(np.float64).round(2)
    order = np.argsort(time, kind="stable")
    table = pa.table(
        {
            "event": _take(KINDS, kind),
            "timestamp": pa.array(time).cast(pa.timestamp("us", "UTC")),
            **_ids(sessions, session, order, mark),
            **_who(sessions, session),
            **_what(kind, wanted, rng, price=price, quantity=quantity, value=value[session]),
        }
    ).take(pa.array(order))
    for at in range(0, table.num_rows, ROWS):
        yield table.slice(at, ROWS)


def _expanded(sessions: Sessions) -> tuple[Ints, Ints]:
    """The session and the kind of each event, session by session in the order of acting."""
    deeper = sessions.depth[:, None] > np.arange(3, len(shop.STEPS))
    once = np.ones((len(sessions), 1), np.int64)
    often = np.stack([sessions.searches, sessions.views, sessions.items], axis=1)
    counts = np.concatenate((once, often, deeper), axis=1)
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    return cell // len(KINDS), cell % len(KINDS)


def _elapsed(session: Ints, rng: np.random.Generator) -> Ints:
    """Microseconds since the session's start; each event is at least a second after the last."""
    pauses = 1 + np.minimum(rng.exponential(_PAUSE, len(session)), _LONGEST_PAUSE)
    pauses[_firsts(session)] = 0
    passed = np.cumsum((pauses * SECOND).astype(np.int64))
    return passed - passed[_firsts(session)][session]


def _firsts(session: Ints) -> Ints:
    """Where each session's first event stands; every session has one."""
    return np.flatnonzero(np.diff(session, prepend=-1))


def _products(session: Ints, kind: Ints, sessions: int, rng: np.random.Generator) -> Ints:
    """The product of each event: the one that the session is after, or another."""
    weights = 1 / np.arange(1, len(shop.products()) + 1) ** 0.7
    share = weights / weights.sum()
    after = rng.choice(len(share), sessions, p=share)[session]
    first = np.diff(session * len(KINDS) + kind, prepend=-1) != 0
    return np.where(first, after, rng.choice(len(share), len(session), p=share))


def _ids(sessions: Sessions, session: Ints, order: Ints, mark: str) -> dict[str, pa.Array]:
    person, device = sessions.person[session], sessions.second_device[session]
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return {
        "user_id": _numbered("shopper", person),
        "event_id": _numbered(mark, number),
        "anonymous_id": _numbered("browser", 2 * person + device),
        "device_id": _numbered("device", 2 * person + device),
        "session_id": _numbered("session", session),
    }


def _numbered(prefix: str, numbers: Ints) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "-")


def _who(sessions: Sessions, session: Ints) -> dict[str, pa.Array]:
    campaigns = [campaign or None for campaign in shop.CAMPAIGNS]
    return {
        column_name("country", "text"): _take(tuple(shop.COUNTRIES), sessions.country[session]),
        column_name("device", "text"): _take(tuple(shop.DEVICES), sessions.device[session]),
        column_name("campaign", "text"): _take(campaigns, sessions.campaign[session]),
    }


def _what(
    kind: Ints,
    wanted: Ints,
    rng: np.random.Generator,
    *,
    price: Floats,
    quantity: Ints,
    value: Floats,
) -> dict[str, pa.Array]:
    names = [product.id for product in shop.products()]
    categories = [product.category for product in shop.products()]
    share = np.array(list(shop.QUERIES.values()), np.float64)
    query = rng.choice(len(share), len(kind), p=share / share.sum())
    of_product = (kind != PRODUCT) & (kind != CART)
    return {
        column_name("query", "text"): _take(tuple(shop.QUERIES), query, kind != SEARCH),
        column_name("product", "text"): _take(names, wanted, of_product),
        column_name("category", "text"): _take(categories, wanted, of_product),
        column_name("price", "number"): pa.array(price, mask=of_product),
        column_name("quantity", "number"): pa.array(quantity.astype(float), mask=kind != CART),
        column_name("revenue", "number"): pa.array(value, mask=kind != DONE),
    }


def _take(
    words: tuple[str, ...] | list[str] | list[str | None],
    index: Ints,
    missing: np.ndarray | None = None,
) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(index, mask=missing))
