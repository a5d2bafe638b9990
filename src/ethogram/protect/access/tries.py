"""Guessing is made slow: who failed often waits, longer each time.

A try is counted before it is looked at, so that many at once are no way around. What is counted
is the account, for who comes from a browser that it never signed in on; such a browser carries a
signed mark and is counted by itself. So strangers who guess can keep each other waiting, but not
the one whose account it is. Whole networks are counted too.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from ethogram.events.errors import Throttled
from ethogram.events.event import Instant
from ethogram.events.times import DAY, SECOND
from ethogram.protect.keyring import Keyring
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection
from ethogram.store.registry.access.records import Tries

FREE: Mapping[str, int] = {"account": 5, "device": 5, "factor": 5, "network": 50}
"""Tries that cost no waiting, by what is counted."""
LONGEST: Instant = 15 * 60 * SECOND
FORGOTTEN: Instant = DAY


def subject(keyring: Keyring, kind: str, said: str) -> tuple[str, bytes]:
    """What is counted, as a keyed hash: the table names nobody."""
    key = keyring.key("access/tries")
    return kind, blake2b(f"{kind}\0{said}".encode(), digest_size=32, key=key).digest()


def count(connection: Connection, subjects: Iterable[tuple[str, bytes]], at: Instant) -> None:
    """One more try of each. Raises `Throttled` where it is too soon for one of them."""
    rows.drop_before(connection, Tries, "last_at", at - FORGOTTEN)
    for kind, code in subjects:
        known = rows.one(connection, Tries, subject=code) or Tries(code, 0, at)
        left = known.last_at + _pause(known.failures - FREE[kind]) - at
        if left > 0:
            raise Throttled(
                "too_many_tries", "There were too many tries that failed.",
                hint="Try again after the seconds that Retry-After says.",
                retry_after=-(-left // SECOND),
            )  # fmt: skip
        rows.put(connection, Tries(code, known.failures + 1, at))


def forget(connection: Connection, subjects: Iterable[tuple[str, bytes]]) -> None:
    """It went well: what was counted of an account or a browser is forgotten.

    Of a network only this try is: many people come from one, and one of them may be guessing.
    """
    subjects = list(subjects)
    for kind, code in subjects:
        if kind != "network":
            rows.drop(connection, Tries, subject=code)
    take_back(connection, (each for each in subjects if each[0] == "network"))


def take_back(connection: Connection, subjects: Iterable[tuple[str, bytes]]) -> None:
    """One try of each did not fail."""
    for _, code in subjects:
        if known := rows.one(connection, Tries, subject=code):
            rows.put(connection, Tries(code, known.failures - 1, known.last_at))


def _pause(beyond: int) -> Instant:
    return 0 if beyond < 0 else min(SECOND << min(beyond, 20), LONGEST)
