"""What becomes of consent when a group is made durable, or is not."""

from collections.abc import Sequence

import apsw

from ethogram.collect.consenting.passing import Passed
from ethogram.events.errors import Broken, NotPermitted
from ethogram.events.event import Event, Instant
from ethogram.protect.consent.standing import Standing, Tie, Withheld
from ethogram.protect.keyring import Keyring
from ethogram.store.log.entries import Control, DeadLetter, Replayed
from ethogram.store.log.port import Deduplicator


def keep(
    standing: Standing,
    controls: Sequence[Control],
    ties: Sequence[Tie],
    withheld: Withheld,
    *,
    at: Instant,
    position: int,
) -> None:
    """Write down what persons allow after a commit that ends at ``position`` of the log.

    Raises `Broken` where the disk refuses: it is in the log, and heard again at the next start.
    """
    if not (ties or withheld or any(_stands(each) for each in controls)):
        return
    try:
        standing.keep(controls, ties, withheld, at, position)
    except apsw.Error as error:
        message = f"What persons allow could not be kept: {error}."
        raise Broken("consents_not_kept", message) from error


def kept_keys(
    keys: list[bytes], passed: Passed, source: str, keyring: Keyring, seen: Deduplicator
) -> list[bytes]:
    """``keys`` but those of events that were left out and told nothing: they are new again."""
    if not passed.dropped:
        return keys
    told = {record.event_id for record in passed.records}
    dropped = (each.event for each in passed.dropped if each.event.event_id not in told)
    gone = set(keyring.dedup_keys(source, filter(None, map(said_key, dropped))))
    seen.release([*gone])
    return [key for key in keys if key not in gone]


def said_key(event: Event) -> str | None:
    """By what a client knows an event again."""
    return event.dedup_key or event.event_id


def not_allowed() -> NotPermitted:
    """The error of a dead letter whose person does not allow what it needs."""
    return NotPermitted("not_allowed", "The event needs what its person does not allow.",
                        hint="It stays a letter; `ethogram consent show` says what is given.",
                        )  # fmt: skip


def _stands(said: Control) -> bool:
    """Whether it changes what persons allow, or who counts as one person."""
    return not isinstance(said, DeadLetter | Replayed)
