"""What a client knows that it sent, against what is stored: nothing lost, doubled or made up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from ethogram.store.lake.tables import Lake
from ethogram.store.log.entries import unpack_events, unpack_table
from ethogram.store.log.sqlite import SqliteReader


@dataclass
class Ledger:
    """Ids of events that were sent, and of those whose acknowledgement came back."""

    sent: set[str] = field(default_factory=set[str])
    acknowledged: set[str] = field(default_factory=set[str])
    turn: Lock = field(default_factory=Lock)

    def send(self, ids: list[str]) -> None:
        """These are about to be sent."""
        with self.turn:
            self.sent.update(ids)

    def acknowledge(self, ids: list[str]) -> None:
        """The server said that it has these."""
        with self.turn:
            self.acknowledged.update(ids)

    def assert_agrees(self, workspace: Path, column: str = "event_id") -> None:
        """lost = dup = phantom = 0, and there was something to lose.

        ``column`` of the lake holds the ids, also as a property.
        """
        with self.turn:
            sent, acknowledged = set(self.sent), set(self.acknowledged)
        found = list(stored(workspace, column))
        distinct = set(found)
        assert acknowledged
        assert not acknowledged - distinct, f"{len(acknowledged - distinct)} events are lost"
        assert len(found) == len(distinct), f"{len(found) - len(distinct)} events are there twice"
        assert not distinct - sent, f"{len(distinct - sent)} events were never sent"


def stored(workspace: Path, column: str) -> Iterator[str]:
    """The ids of all events in the lake, then of those that only the log has."""
    project = workspace / "projects" / "default"
    lake = Lake(project / "lake")
    position = lake.position
    for table in lake.events.scan(0, position, [column]):
        yield from table[column].to_pylist()
    log = SqliteReader(project / "log.sqlite")
    for record in log.read(max(position, log.start), 1 << 60):
        skip = max(position + 1 - record.position, 0)
        if record.kind == "events":
            yield from (event.event_id for event in unpack_events(record.payload)[skip:])
        elif record.kind == "columns":
            yield from unpack_table(record.payload)[column].to_pylist()[skip:]
    log.close()
