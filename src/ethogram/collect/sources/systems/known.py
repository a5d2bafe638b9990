"""Which rows of a source were read before: kept for good, as hashes only."""

from collections.abc import Sequence
from pathlib import Path

import apsw

from ethogram.collect.sources.systems.rows import Identity

_SCHEMA = """
CREATE TABLE IF NOT EXISTS known(
    key BLOB PRIMARY KEY, content BLOB NOT NULL, times INTEGER NOT NULL) STRICT, WITHOUT ROWID
"""


class Known:
    """The rows that one source has handed over, in the file at ``path``. One process has it."""

    def __init__(self, path: Path) -> None:
        self._file = apsw.Connection(str(path))
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.execute(_SCHEMA)

    def changes(self, rows: Sequence[Identity]) -> list[int | None]:
        """For each row how often it changed before; None where it is as it was."""
        held: dict[bytes, tuple[bytes, int]] = {}
        found = list[int | None]()
        for row in rows:
            before = held.get(row.key) or self._kept(row.key)
            if before is not None and before[0] == row.content:
                found.append(None)
                continue
            times = 0 if before is None else before[1] + 1
            held[row.key] = (row.content, times)
            found.append(times)
        return found

    def keep(self, rows: Sequence[Identity], changes: Sequence[int | None]) -> None:
        """``rows`` are durable; ``changes`` are what `changes` said of them."""
        new = [(*row, times) for row, times in zip(rows, changes, strict=True) if times is not None]
        with self._file:
            self._file.executemany("INSERT OR REPLACE INTO known VALUES(?, ?, ?)", new)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _kept(self, key: bytes) -> tuple[bytes, int] | None:
        return self._file.execute(
            "SELECT content, times FROM known WHERE key = ?", (key,)
        ).fetchone()
