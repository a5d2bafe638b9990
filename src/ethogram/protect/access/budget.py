"""The budget of noisy answers: how much of a project's people may be told each month in all.

Every noisy answer costs its epsilon, which is spent in the transaction that keeps the answer: it
is durable before the answer leaves. The same question is answered by what was kept, at no cost,
so that nothing is gained by asking it again.
"""

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import msgspec

from ethogram.events.errors import NotPermitted
from ethogram.events.event import Instant
from ethogram.events.times import iso, now
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection, Database
from ethogram.store.registry.access.records import NoiseAnswer, NoiseSpent

PER_PROJECT, PER_ASKER = 20.0, 5.0
"""Epsilon of a calendar month in UTC."""
MILLIONTHS = 1_000_000


class Left(msgspec.Struct, frozen=True):
    """Epsilon that is left this ``month`` to who asks, and to all of the project together."""

    month: str
    yours: float
    project: float


class Budget:
    """That of ``who`` asks in a ``project``."""

    def __init__(
        self, database: Database, project: str, who: str, clock: Callable[[], Instant] = now
    ) -> None:
        self._database, self._project, self._who, self._clock = database, project, who, clock

    def left(self) -> Left:
        """What has not been spent."""
        with self._database.reading() as connection:
            return self._left(connection)

    def kept(self, key: bytes) -> bytes | None:
        """The answer that was given to the question ``key``."""
        with self._database.reading() as connection:
            found = rows.one(connection, NoiseAnswer, project=self._project, key=key)
        return found and found.answer

    def spend(self, key: bytes, epsilon: float, make: Callable[[], bytes]) -> bytes:
        """The answer that ``make`` gives, once it is paid for; or the one that was given.

        Raises `NotPermitted` (``budget_spent``) where it cannot be paid for.
        """
        with self._database.writing() as connection:
            known = rows.one(connection, NoiseAnswer, project=self._project, key=key)
            if known is not None:
                return known.answer
            left = self._left(connection)
            if epsilon > min(left.yours, left.project):
                raise _too_much(epsilon, left)
            cost = ceil(Fraction(repr(epsilon)) * MILLIONTHS)
            before = self._spent(connection).get(self._who, 0)
            answer = make()
            rows.put(connection, NoiseSpent(self._project, left.month, self._who, before + cost))
            rows.add(connection, NoiseAnswer(self._project, key, answer, self._clock()))
            return answer

    def _spent(self, connection: Connection) -> dict[str, int]:
        """What each asker of the project has spent this month."""
        month = iso(self._clock())[:7]
        spent = rows.many(connection, NoiseSpent, "who", project=self._project, month=month)
        return {each.who: each.millionths for each in spent}

    def _left(self, connection: Connection) -> Left:
        spent = self._spent(connection)
        yours = PER_ASKER * MILLIONTHS - spent.get(self._who, 0)
        project = PER_PROJECT * MILLIONTHS - sum(spent.values())
        month = iso(self._clock())[:7]
        return Left(month, max(0, yours) / MILLIONTHS, max(0, project) / MILLIONTHS)


def _too_much(epsilon: float, left: Left) -> NotPermitted:
    return NotPermitted(
        "budget_spent",
        f"This costs {epsilon:g} of epsilon. You have {left.yours:g} left in {left.month}, the "
        f"project has {left.project:g}.",
        at="$.noise.epsilon",
        hint="Ask with a smaller epsilon, ask again what was asked, or wait for the next month.",
    )
