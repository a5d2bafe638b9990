"""What one commit makes durable together, and the batches that the log is given of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ethogram.events.erasure import Erasure
from ethogram.events.event import Instant, Recorded
from ethogram.protect.consent.standing import Tie
from ethogram.protect.vault import Made
from ethogram.store.log.entries import Control, pack
from ethogram.store.log.port import Batch


@dataclass
class Group:
    """See the module."""

    received_at: Instant = 0
    events: list[Recorded] = field(default_factory=list[Recorded])
    controls: list[Control] = field(default_factory=list[Control])
    keys: list[bytes] = field(default_factory=list[bytes])
    tables: list[Batch] = field(default_factory=list[Batch])
    marks: dict[str, int] = field(default_factory=dict[str, int])
    made: Made = field(default_factory=Made)
    erasures: list[Erasure] = field(default_factory=list[Erasure])
    ties: list[Tie] = field(default_factory=list[Tie])
    withheld: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    masters: Sequence[bytes] = ()
    rewrapped: bool = False


def batches(group: Group) -> Iterator[Batch]:
    """What the log is given; all keys of the group go with its first batch."""
    keys, at = b"".join(group.keys), group.received_at
    if group.events:
        yield Batch("events", pack(group.events), len(group.events), at, keys)
        keys = b""
    if group.controls:
        yield Batch("control", pack(group.controls), len(group.controls), at)
    for table in group.tables:
        yield Batch("columns", table.payload, table.count, table.received_at, keys)
        keys = b""
