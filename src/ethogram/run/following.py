"""An index that follows the log: it takes the log's tail, or where that is much, the lake."""

from collections.abc import Callable, Sequence
from threading import Lock

import pyarrow as pa

from ethogram.ask.sequences.build import columns_needed
from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.run import Int64s, Snapshot
from ethogram.ask.sequences.units import PERSON
from ethogram.people.identity import Identity, strikes_everybody
from ethogram.people.persons import Persons
from ethogram.store.lake.shred import Shredder
from ethogram.store.lake.tables import Lake
from ethogram.store.log.port import LogReader, Record

TAIL_ENTRIES = 50_000
"""So many entries at most become one refresh of the index."""
BULK_ENTRIES = 500_000
"""More entries than this, and than a quarter of the index, are built in from the lake."""


class Following:
    """Keeps ``index`` up with ``log``. Before it is built from ``lake``, ``load`` fills that.

    ``persons`` are as they are now; an index of another unit is built anew where some were erased.
    """

    def __init__(
        self,
        index: Index,
        log: LogReader,
        lake: Lake,
        load: Callable[[], object],
        persons: Persons,
    ) -> None:
        self.index = index
        self._log, self._lake, self._load, self._persons = log, lake, load, persons
        self._taking = Lock()
        self._shredder = Shredder(lake.properties())

    @property
    def position(self) -> int:
        """Up to where the log is in the index."""
        return self.index.snapshot.state.position

    @property
    def hides(self) -> bool:
        """Whether the index hides everybody who is erased."""
        return self.index.identity.erasures == self._persons.identity.erasures

    def catch_up(self) -> int:
        """Take what the log has into the index, once; the index's position."""
        with self._taking:
            waiting = self._log.end - self.position
            far = self.position < self._log.start or waiting > max(
                BULK_ENTRIES, self._events() // 4
            )
            if far or not self.hides:
                self._build()
            elif records := self._log.read(self.position, TAIL_ENTRIES):
                self._take(records)
            return self.position

    @property
    def snapshot(self) -> Snapshot:
        """What is known now; who is erased is not in it, nor what was struck out."""
        if not self.hides:
            self.catch_up()
        return self.index.snapshot

    def caught_up(self) -> Snapshot:
        """What is known now, once all that the log has is in it."""
        end = self._log.end
        while self.catch_up() < end:
            pass
        return self.snapshot

    def _take(self, records: Sequence[Record]) -> None:
        table = self._shredder.table(records)
        seeing = self._seeing(table, records)
        if seeing and strikes_everybody(self.index.identity, seeing[0]):
            self._build()
        else:
            self.index.refresh(table, records[-1].last, seeing)

    def _seeing(self, table: pa.Table, records: Sequence[Record]) -> tuple[Identity, Int64s] | None:
        """Who is who after ``records``, which are ``table``, where the index is to know."""
        if self.index.unit != PERSON:
            return None
        moved = self._persons.take(table, records)
        return self._persons.identity, moved

    def _build(self) -> None:
        end = self._log.end
        while self._lake.position < end:
            self._load()
        upto = self._lake.position
        self._persons.reach(upto, self._log)
        tables = self._lake.events.scan(0, upto, needed(self._lake, self.index.unit))
        self.index.rebuild(tables, upto, self._persons.identity)
        # The tail goes on with the columns that the lake has, and with its room for new ones.
        self._shredder = Shredder(self._lake.properties())

    def _events(self) -> int:
        return sum(part.run.events for part in self.index.snapshot.parts)


def needed(lake: Lake, unit: str) -> list[str]:
    """The columns of the lake's events that an index of ``unit`` is made of."""
    return columns_needed(lake.events.columns(), unit)


def tail(log: LogReader, lake: Lake) -> pa.Table:
    """The events that the log has and the lake does not."""
    records = log.read(max(lake.position, log.start), 1 << 62)
    return Shredder(lake.properties()).table(records)
