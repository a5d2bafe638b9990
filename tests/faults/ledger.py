"""What a client knows that it sent, against what is stored: nothing lost, doubled or made up."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import httpx
from tests.serving import Served

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


def post(server: Served, ledger: Ledger, ids: list[str]) -> int:
    """Send events with these ids; the status of the answer, 0 where there was none."""
    ledger.send(ids)
    properties = {"text": "x" * 500}
    body = [
        {"event": "view", "event_id": id_, "user_id": id_, "properties": properties} for id_ in ids
    ]
    try:
        answer = httpx.post(
            server.url + "/v1/events", json=body, headers=server.writing, timeout=60
        )
    except httpx.TransportError:
        return 0
    if answer.status_code == 200:
        ledger.acknowledge(ids)
    return answer.status_code


def batches() -> Iterator[list[str]]:
    """Ids by the fifty, without end."""
    for turn in itertools.count():
        yield [f"{turn}-{i}" for i in range(50)]


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
