"""One story about two hundred people, which every dialect's teller tells in its own words.

Each visits anonymously; most say who they are, some put something into their cart, some pay, some
act for a company. A few come back with a second device, and a few reset theirs, so that somebody
new seems to use it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import NAMESPACE_OID, uuid5

PEOPLE = 200
What = Literal["view", "identify", "cart", "pay", "join"]


@dataclass(frozen=True)
class Moment:
    """One thing that happened; ``device`` is the anonymous id then, ``user`` None before login.

    ``id`` is the same whoever tells.
    """

    id: str
    what: What
    at: datetime
    device: str
    user: str | None = None
    price: Decimal | None = None
    company: str | None = None


def story(whose: str, people: int = PEOPLE) -> list[Moment]:
    """What happens to the people of one teller, in its order; on whole seconds of the last day."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    moments = (moment for i in range(people) for moment in _person(whose, i, start))
    return sorted(moments, key=lambda each: each.at)


def _person(whose: str, i: int, start: datetime) -> Iterator[Moment]:
    start += timedelta(minutes=i)
    device, user = f"{whose}-device-{i:04}", f"{whose}-person-{i:04}"
    yield _moment(f"{i}-view", "view", start, device)
    if i % 4 == 3:
        return
    yield from _known(f"{i}-first", device, user, start + timedelta(hours=1), pays=i % 2 == 0, n=i)
    if i % 5 == 0:
        at = start + timedelta(hours=4)
        yield _moment(f"{i}-join", "join", at, device, user, company=f"company-{i % 3}")
    if i % 7 == 0:
        second, at = f"{whose}-second-{i:04}", start + timedelta(hours=6)
        yield _moment(f"{i}-second", "view", at, second)
        at += timedelta(minutes=10)
        yield from _known(f"{i}-again", second, user, at, pays=i % 3 == 0, n=i + 1)
    if i % 11 == 0:
        yield _moment(f"{i}-reset", "view", start + timedelta(hours=12), f"{whose}-reset-{i:04}")


def _known(
    id_: str, device: str, user: str, at: datetime, *, pays: bool, n: int
) -> Iterator[Moment]:
    yield _moment(f"{id_}-identify", "identify", at, device, user)
    yield _moment(f"{id_}-look", "view", at + timedelta(minutes=5), device, user)
    if n % 3 != 1:
        yield _moment(f"{id_}-cart", "cart", at + timedelta(minutes=10), device, user)
    if pays:
        price = Decimal(n * 37 % 10_000 + 199) / 100
        yield _moment(f"{id_}-pay", "pay", at + timedelta(minutes=20), device, user, price)


def _moment(
    id_: str, what: What, at: datetime, device: str, user: str | None = None,
    price: Decimal | None = None, company: str | None = None,
) -> Moment:  # fmt: skip
    return Moment(str(uuid5(NAMESPACE_OID, id_)), what, at, device, user, price, company)


def revenue(moments: Iterable[Moment]) -> Decimal:
    """What was paid."""
    return sum((each.price for each in moments if each.price), Decimal())


def converted(moments: Sequence[Moment], *steps: What, ties: bool) -> list[int]:
    """How many did the first of ``steps``, the first two in their order, …

    A moment is the user's; before login that of whom the device turns out to be, where a teller
    ``ties`` the two.
    """
    whose = {each.device: each.user for each in moments if each.user} if ties else {}
    reached = dict[str, int]()
    for each in moments:
        who = each.user or whose.get(each.device) or each.device
        done = reached.get(who, 0)
        if done < len(steps) and each.what == steps[done]:
            reached[who] = done + 1
    return [sum(done > step for done in reached.values()) for step in range(len(steps))]
