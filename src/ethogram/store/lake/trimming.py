"""Which payloads the log may let go of."""

from collections.abc import Iterable, Mapping

from ethogram.events.event import Instant
from ethogram.events.times import DAY
from ethogram.store.log.port import Log, Proof

CURSOR = "lake"
"""The name under which the log keeps how far the lake is durable."""
KEEP: Instant = DAY
"""So long a payload stays though every consumer has it, should a disk lose it afterwards."""


def trimmable(
    cursors: Mapping[str, int], proofs: Iterable[Proof], now: Instant, keep: Instant = KEEP
) -> int:
    """The last position that every consumer has passed and that is older than ``keep``.

    ``proofs`` are those of the payloads still there, in order; 0 where none of them may go.
    Until the lake consumes, nothing may.
    """
    passed = min(cursors.values()) if CURSOR in cursors else 0
    position = 0
    for proof in proofs:
        last = proof.position + proof.count - 1
        if last > passed or now - proof.received_at <= keep:
            break
        position = last
    return position


def trim(log: Log, now: Instant, keep: Instant = KEEP) -> int:
    """Let go of what is `trimmable`; up to which position."""
    position = trimmable(log.cursors(), log.proofs(log.start), now, keep)
    if position:
        log.trim(position)
    return position
