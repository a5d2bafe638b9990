"""The reading half of a project in one process: the log becomes lake, index and answers."""

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec
import pyarrow as pa

from ethogram.ask.engines.embedded import answer
from ethogram.ask.kpis.asking import Asking, asked
from ethogram.ask.questions.answer import Answer
from ethogram.ask.questions.saved import resolved
from ethogram.ask.questions.spec import Spec
from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.run import Snapshot
from ethogram.ask.sql import sandbox
from ethogram.ask.sql.answer import SqlAnswer, SqlState, stated
from ethogram.ask.sql.job import Job, Limits
from ethogram.events.times import now
from ethogram.run.saved import SavedThings
from ethogram.run.turn import Turn
from ethogram.store.lake.loader import LOAD_ROWS, Source, load, recover
from ethogram.store.lake.schema import property_of
from ethogram.store.lake.shred import Shredder
from ethogram.store.lake.tables import Lake
from ethogram.store.log.port import LogReader

TAIL_ENTRIES = 50_000
"""So many entries at most become one refresh of the index."""
BULK_ENTRIES = 500_000
"""More entries than this, and than a quarter of the index, are built in from the lake."""

_INDEXED = ("position", "event", "timestamp", "person")


@dataclass
class Reading:
    """A project's log, lake and index. ``source`` is the log as loading needs it.

    While it is open no other process has them, for it is this one's ``turn``.
    """

    log: LogReader
    source: Source
    lake: Lake
    index: Index
    turn: Turn
    threads: int | None
    limits: Limits
    saved: SavedThings
    _loading: threading.Lock = field(default_factory=threading.Lock)
    _tailing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.index.fault:
            print(f"The index is built anew. {self.index.fault}", file=sys.stderr)
        recover(self.source, self.lake)
        self._shredder = Shredder(self.lake.properties())

    def ask(self, spec: Spec) -> Answer:
        """The answer from everything that the index holds now."""
        plain, versions = resolved(spec, self.saved.cohort)
        given = self._asker(self.index.snapshot)(plain)
        if not versions:
            return given
        return replace(given, definition={**given.definition, "saved": versions})

    def _asker(self, snapshot: Snapshot) -> Callable[[Spec], Answer]:
        """What answers questions from ``snapshot``, all of them at one instant."""
        return partial(answer, snapshot=snapshot, now=now(), threads=self.threads)

    def kpi(self, name: str, asking: Asking) -> dict[str, Any]:
        """The KPI called ``name`` as of now. Raises `NotFound`, `Invalid`."""
        kpi, version = self.saved.kpi(name)
        snapshot = self.index.snapshot
        found = asked(kpi, asking, self.saved.cohort, self._asker(snapshot))
        state = msgspec.to_builtins(snapshot.state)
        return {"kpi": name, "version": version, **found, "state": state}

    def sql(self, said: str, rows: int | None = None) -> SqlAnswer:
        """What the statement finds in the lake as it is now; at most ``rows``."""
        files = self.lake.events.files()
        state = SqlState(files.position, self.log.end)
        limits = self.limits.at_most(rows)
        return stated(sandbox.run(Job(said, files.paths, files.columns, limits)), state)

    def catch_up(self) -> int:
        """Take what the log has into the index, once; the index's position."""
        with self._tailing:
            position = self.index.snapshot.state.position
            waiting = self.log.end - position
            if position < self.log.start or waiting > max(BULK_ENTRIES, self._events() // 4):
                self._build_in()
            elif records := self.log.read(position, TAIL_ENTRIES):
                table = self._shredder.table(records)
                self.index.refresh(table, records[-1].last)
            return self.index.snapshot.state.position

    def load(self, limit: int = LOAD_ROWS) -> int:
        """Load the next entries into the lake; its position."""
        with self._loading:
            return load(self.source, self.lake, limit)

    def load_all(self) -> int:
        """Load everything that the log has now; the position reached."""
        end = self.log.end
        while self.lake.position < end:
            self.load()
        return end

    def load_until(self, done: threading.Event) -> None:
        """Load whenever enough waits, beside an import, until it is ``done``."""
        loaded = self.lake.position
        while not done.wait(0.05):
            if self.log.end - loaded >= LOAD_ROWS:
                loaded = self.load()

    @contextmanager
    def unloaded(self) -> Generator[None]:
        """The lake stays as it is for as long as this lasts."""
        with self._loading:
            yield

    def settle(self) -> int:
        """Load and index everything that the log has now; the position both reach."""
        end = self.load_all()
        while self.catch_up() < end:
            pass
        return end

    def columns(self) -> list[str]:
        """The columns of the lake's events that an index is made of."""
        return [
            name for name in self.lake.events.columns() if name in _INDEXED or property_of(name)
        ]

    def tail(self) -> pa.Table:
        """The events that the log has and the lake does not."""
        records = self.log.read(max(self.lake.position, self.log.start), 1 << 62)
        return Shredder(self.lake.properties()).table(records)

    def close(self) -> None:
        """Write the index down and let go of the files."""
        self.index.fold()
        self.log.close()
        self.saved.close()
        self.turn.close()

    def _build_in(self) -> None:
        self.load_all()
        upto = self.lake.position
        self.index.rebuild(self.lake.events.scan(0, upto, self.columns()), upto)
        # The tail goes on with the columns that the lake has, and with its room for new ones.
        self._shredder = Shredder(self.lake.properties())

    def _events(self) -> int:
        return sum(part.run.events for part in self.index.snapshot.parts)
