"""What a log is: its promises, its records and its errors; the adapters import this.

A log takes batches and gives each entry in them a position: 1, 2, 3, … without gaps. `append`
returns when the batches are durable, and never before. Nothing that was appended changes but
for what people ask to be forgotten (`Log.alter`);
payloads may be trimmed once every consumer has them, their hashes stay for good.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

from ethogram.events.errors import NotFound
from ethogram.events.event import Instant
from ethogram.events.times import DAY

RecordKind: TypeAlias = Literal["events", "columns", "control"]
Change: TypeAlias = Callable[[RecordKind, bytes, Sequence[int]], bytes]
"""What a payload becomes when something of its entries at these places is to go."""
WINDOW: Instant = 7 * DAY
"""So long a deduplication key is known, up to the full hour."""
KEY_BYTES = 16
"""A deduplication key is a keyed hash of this length; a batch's keys are packed side by side."""


class Batch(msgspec.Struct, frozen=True):
    """What one append adds: ``count`` entries of one kind in one payload (`entries`)."""

    kind: RecordKind
    payload: bytes
    count: int
    received_at: Instant
    keys: bytes = b""


class Record(msgspec.Struct, frozen=True):
    """One batch as it is read back; ``position`` is that of its first entry."""

    position: int
    kind: RecordKind
    count: int
    received_at: Instant
    payload: bytes

    @property
    def last(self) -> int:
        """The position of its last entry."""
        return self.position + self.count - 1


class Proof(msgspec.Struct, frozen=True):
    """What stays of a batch for good: a keyed hash per entry, and the chain's link after it.

    ``payload`` is None once the batch was trimmed; of one that was altered since, ``altered`` is
    the keyed hash of what it is now.
    """

    position: int
    kind: RecordKind
    count: int
    received_at: Instant
    hashes: bytes
    link: bytes
    payload: bytes | None
    altered: bytes | None = None


class LogReader(Protocol):
    """The reading half of a log, which any number of processes may have open."""

    @property
    def end(self) -> int:
        """The position of the last durable entry; 0 in an empty log."""
        ...

    @property
    def start(self) -> int:
        """The position after which payloads are still there; what lies before was trimmed."""
        ...

    def read(self, after: int, limit: int = 10_000) -> list[Record]:
        """Whole records that hold entries after ``after``, until ``limit`` entries are reached.

        At least one record, if there is any. Raises `NotFound` where ``after`` was trimmed.
        """
        ...

    def cursor(self, name: str) -> int:
        """The durable position of the consumer ``name``; 0 where it is unknown."""
        ...

    def cursors(self) -> dict[str, int]:
        """Every consumer's durable position."""
        ...

    def mark(self, name: str) -> int:
        """The number that a producer kept under ``name``; 0 where there is none."""
        ...

    def marks(self, beginning: str) -> dict[str, int]:
        """Every number that was kept under a name with this ``beginning``."""
        ...

    def proofs(self, after: int = 0) -> Iterator[Proof]:
        """The chain after ``after``, in order."""
        ...

    def keys(self, since: Instant) -> Iterator[tuple[Instant, bytes]]:
        """(received_at, packed deduplication keys) of the batches received from ``since``."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class Log(LogReader, Protocol):
    """The append-only truth. One process appends."""

    def append(self, batches: Sequence[Batch], marks: Mapping[str, int] | None = None) -> list[int]:
        """Add ``batches`` and set ``marks``, all or nothing; the batches' first positions.

        A mark is a number that a producer keeps with what it appends: how far an import is.
        Returns once they are durable. Raises `Busy` where the disk is full (nothing was added),
        `Broken` where durability can no longer be promised (the log must be opened afresh).
        """
        ...

    def advance(self, name: str, position: int | None) -> None:
        """Move the consumer ``name`` to ``position``, durably; it may also go back.

        None forgets the consumer: it holds nothing back any more.
        """
        ...

    def trim(self, upto: int) -> None:
        """Let go of the payloads of records that end at or before ``upto``."""
        ...

    def alter(self, positions: Iterable[int], change: Change) -> int:
        """Have ``change`` take out of single entries what is to go; how many were still there.

        No byte of that stays in the files, nor of what was trimmed. The entries' hashes do, and
        what is left has a keyed hash of its own.
        """
        ...

    def forget_keys(self, before: Instant) -> None:
        """Drop the deduplication keys of batches received before ``before``."""
        ...


class Deduplicator(Protocol):
    """Tells what was seen before, for a stated window; asked before an append."""

    def fresh(self, keys: Sequence[bytes], at: Instant) -> list[bool]:
        """For each key whether it is new; a key new here is held as pending.

        A key that stands twice in ``keys`` is new once.
        """
        ...

    def settle(self, keys: Sequence[bytes], at: Instant) -> None:
        """The pending ``keys`` are durable now and count as seen."""
        ...

    def release(self, keys: Sequence[bytes]) -> None:
        """The append of the pending ``keys`` failed: they are new again."""
        ...


def trimmed(after: int, start: int) -> NotFound:
    """The error of a reader that comes too late."""
    return NotFound(
        "log_trimmed",
        f"The log no longer holds what lies right after {after}.",
        at="after",
        hint=f"Read after {start} or later; what is older stands in the lake.",
    )
