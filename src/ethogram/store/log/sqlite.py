"""The log in one SQLite file: WAL, synchronous=FULL, one writer process, any number of readers.

A batch is one row of payload (one statement, so the interpreter's lock is let go of once), its
hashes and link stand in a narrow table that is kept for good, its deduplication keys in another
that is dropped from behind.
"""

import fcntl
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import apsw

from ethogram.events.errors import Broken, Busy
from ethogram.events.event import Instant
from ethogram.store.log.chain import GENESIS, altered_hash, entry_hashes, link
from ethogram.store.log.entries import gone
from ethogram.store.log.port import Batch, Change, Proof, Record, trimmed

OLDEST_SQLITE = (3, 51, 3)
"""Before it the WAL-reset bug can corrupt a file that two connections write or checkpoint."""

DURABILITY = "FULL"
FORMAT = 1
PAGE_BYTES = 8192
"""A payload is many pages; half as many calls, and a small commit is no dearer."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS chain(
    position INTEGER PRIMARY KEY, kind TEXT NOT NULL, count INTEGER NOT NULL,
    received_at INTEGER NOT NULL, hashes BLOB NOT NULL, link BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS payloads(
    position INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS altered(
    position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS keys(
    position INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, keys BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cursors(
    name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks(
    name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


class SqliteReader:
    """The reading half of a log's file; a process that does not append opens this."""

    def __init__(self, path: Path) -> None:
        _check_version()
        self._path = path
        self._turn = RLock()
        self._connection = _opened(path, apsw.SQLITE_OPEN_READWRITE)

    @property
    def end(self) -> int:
        """See `Log.end`."""
        row = self._row("SELECT position + count - 1 FROM chain ORDER BY position DESC LIMIT 1")
        return row[0] if row else 0

    @property
    def start(self) -> int:
        """See `Log.start`."""
        row = self._row("SELECT position - 1 FROM payloads ORDER BY position LIMIT 1")
        return row[0] if row else self.end

    def read(self, after: int, limit: int = 10_000) -> list[Record]:
        """See `Log.read`."""
        found: list[Record] = []
        taken = 0
        with self._turn, self._connection:
            if after < self.start:
                raise trimmed(after, self.start)
            first = self._row(
                "SELECT position FROM chain WHERE position <= ? ORDER BY position DESC LIMIT 1",
                after + 1,
            )
            for row in self._connection.execute(
                "SELECT position, kind, count, received_at, payload"
                " FROM chain JOIN payloads USING(position)"
                " WHERE position >= ? AND position + count - 1 > ? ORDER BY position",
                (first[0] if first else 1, after),
            ):
                record = Record(*row)
                if found and taken + record.count > limit:
                    break
                taken += record.count
                found.append(record)
        return found

    def cursor(self, name: str) -> int:
        """See `Log.cursor`."""
        row = self._row("SELECT position FROM cursors WHERE name=?", name)
        return row[0] if row else 0

    def cursors(self) -> dict[str, int]:
        """See `Log.cursors`."""
        with self._turn:
            return dict(self._connection.execute("SELECT name, position FROM cursors"))

    def mark(self, name: str) -> int:
        """See `Log.mark`."""
        row = self._row("SELECT number FROM marks WHERE name=?", name)
        return row[0] if row else 0

    def marks(self, beginning: str) -> dict[str, int]:
        """See `Log.marks`."""
        said = "SELECT name, number FROM marks WHERE name BETWEEN ?1 AND ?1 || char(1114111)"
        with self._turn:
            return dict(self._connection.execute(said, (beginning,)))

    def proofs(self, after: int = 0) -> Iterator[Proof]:
        """See `Log.proofs`."""
        for row in self._each(
            "SELECT position, kind, count, received_at, hashes, link, payload, altered.hash"
            " FROM chain LEFT JOIN payloads USING(position) LEFT JOIN altered USING(position)"
            " WHERE position > ? ORDER BY position",
            after,
        ):
            yield Proof(*row)

    def keys(self, since: Instant) -> Iterator[tuple[Instant, bytes]]:
        """See `Log.keys`."""
        return self._each(
            "SELECT received_at, keys FROM keys WHERE received_at >= ? ORDER BY position", since
        )

    def close(self) -> None:
        """See `Log.close`."""
        self._connection.close()

    def _row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        with self._turn:
            return self._connection.execute(sql, values).fetchone()

    def _each(self, sql: str, value: int) -> Iterator[Any]:
        """Rows one by one, over a connection of their own: others go on meanwhile."""
        connection = _opened(self._path, apsw.SQLITE_OPEN_READWRITE)
        try:
            yield from connection.execute(sql, (value,))
        finally:
            connection.close()


class SqliteLog(SqliteReader):
    """See `ethogram.store.log.port.Log`; raises `Busy` where another process appends."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._lock = _locked(path.with_suffix(".lock"))
        _create(path)
        super().__init__(path)
        self._key = key
        self._broken = False
        self._end = super().end
        last = self._row("SELECT link FROM chain ORDER BY position DESC LIMIT 1")
        self._link: bytes = last[0] if last else GENESIS

    @property
    def end(self) -> int:
        """See `Log.end`."""
        return self._end

    def append(self, batches: Sequence[Batch], marks: Mapping[str, int] | None = None) -> list[int]:
        """See `Log.append`."""
        with self._turn:
            end, chained = self._end, self._link
            positions: list[int] = []
            with self._transaction():
                for batch in batches:
                    hashes = entry_hashes(batch, self._key)
                    chained = link(chained, hashes, self._key)
                    self._insert(batch, end + 1, hashes, chained)
                    positions.append(end + 1)
                    end += batch.count
                for mark in (marks or {}).items():
                    self._connection.execute("INSERT OR REPLACE INTO marks VALUES(?, ?)", mark)
            self._end, self._link = end, chained
            return positions

    def _insert(self, batch: Batch, position: int, hashes: bytes, link_: bytes) -> None:
        row = (position, batch.kind, batch.count, batch.received_at, hashes, link_)
        self._connection.execute("INSERT INTO chain VALUES(?, ?, ?, ?, ?, ?)", row)
        self._connection.execute("INSERT INTO payloads VALUES(?, ?)", (position, batch.payload))
        if batch.keys:
            keys = (position, batch.received_at, batch.keys)
            self._connection.execute("INSERT INTO keys VALUES(?, ?, ?)", keys)

    def advance(self, name: str, position: int | None) -> None:
        """See `Log.advance`."""
        with self._transaction():
            self._connection.execute("DELETE FROM cursors WHERE name=?", (name,))
            if position is not None:
                self._connection.execute("INSERT INTO cursors VALUES(?, ?)", (name, position))

    def trim(self, upto: int) -> None:
        """See `Log.trim`."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM payloads WHERE position IN"
                " (SELECT position FROM chain WHERE position <= ? AND position + count - 1 <= ?)",
                (upto, upto),
            )

    def alter(self, positions: Iterable[int], change: Change) -> int:
        """See `Log.alter`. Raises `Busy` where a reader does not let go of what was."""
        count, waiting = 0, deque(at for at in sorted(positions) if 0 < at <= self._end)
        with self._turn:
            with self._transaction():
                while waiting:
                    count += self._alter_one(waiting, change)
            if self._row("PRAGMA freelist_count") != (0,):
                self._connection.execute("VACUUM")
            scrub(self._connection)
        return count

    def _alter_one(self, waiting: deque[int], change: Change) -> int:
        """Alter as many entries at the positions ``waiting`` as one record has."""
        row = self._row(
            "SELECT position, count, kind, payload FROM chain LEFT JOIN payloads USING(position)"
            " WHERE position <= ? ORDER BY position DESC LIMIT 1",
            waiting[0],
        )
        position, count, kind, payload = row or (waiting[0], 1, "control", None)
        places: list[int] = []
        while waiting and waiting[0] < position + count:
            places.append(waiting.popleft() - position)
        if payload is None:
            return 0
        there = set(places).difference(gone(kind, payload))
        if there:
            rest = change(kind, payload, sorted(there))
            said = "UPDATE payloads SET payload=? WHERE position=?"
            self._connection.execute(said, (rest, position))
            altered = position, altered_hash(position, rest, self._key)
            self._connection.execute("INSERT OR REPLACE INTO altered VALUES(?, ?)", altered)
        return len(there)

    def forget_keys(self, before: Instant) -> None:
        """See `Log.forget_keys`."""
        with self._transaction():
            self._connection.execute("DELETE FROM keys WHERE received_at < ?", (before,))

    def close(self) -> None:
        """See `Log.close`."""
        super().close()
        os.close(self._lock)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        """All or nothing, durable at the end; a failed sync breaks the log for good."""
        if self._broken:
            raise Broken(
                "log_not_durable",
                "The disk failed to sync the log, so nothing more can be promised.",
                at=str(self._path),
                hint="Stop, look at the disk, and start again.",
            )
        with self._turn:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except apsw.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise self._failure(error) from error

    def _failure(self, error: apsw.Error) -> Broken | Busy:
        where = str(self._path)
        if isinstance(error, apsw.FullError):
            return Busy("disk_full", "The disk is full; nothing was kept.", at=where)
        if isinstance(error, apsw.IOError) and _extended(error) not in _SYNC_FAILURES:
            return Busy("disk_error", f"The disk refused a write: {error}.", at=where)
        self._broken = True
        return Broken("log_not_durable", f"The log could not be made durable: {error}.", at=where)


_SYNC_FAILURES = (apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC)


def scrub(connection: apsw.Connection) -> None:
    """Have nothing but the newest state in the files. Raises `Busy` while somebody reads more."""
    row = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if row is None or row[0]:
        raise Busy("still_read", "Somebody still reads what was erased.",
                   at=connection.filename, hint="Try again.")  # fmt: skip


def _extended(error: apsw.Error) -> int:
    return getattr(error, "extendedresult", 0)


def _check_version() -> None:
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST_SQLITE:
        raise Broken(
            "sqlite_too_old",
            f"SQLite {apsw.sqlite_lib_version()} can corrupt a log that two processes open.",
            hint="Install apsw 3.51.3 or later.",
        )


def _opened(path: Path, flags: int) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags)
    connection.set_busy_timeout(10_000)
    connection.execute(f"PRAGMA synchronous={DURABILITY}")
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA secure_delete=FAST")
    return connection


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _opened(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(_SCHEMA)
    connection.execute(f"PRAGMA user_version={FORMAT}")
    connection.close()


def _locked(path: Path) -> int:
    """Hold the writer's lock until the process ends; a killed process lets go of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise Busy(
            "log_in_use",
            "Another process appends to this log.",
            at=str(path),
            hint="If it is a server, `ethogram doctor` says where it listens; ask, import and send "
            "work beside it. Otherwise wait, or stop it.",
        ) from None
    return descriptor
