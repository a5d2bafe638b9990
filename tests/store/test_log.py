"""The logs keep the contract; the one on disk also what only a disk can break."""

import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from tests.contracts.log_contract import KEY, LogContract, batch

from ethogram.events.errors import Broken, Busy
from ethogram.store.log.chain import verified
from ethogram.store.log.memory import MemoryLog
from ethogram.store.log.sqlite import SqliteLog, SqliteReader


class TestMemoryLog(LogContract):
    def open(self, folder: Path) -> MemoryLog:
        return MemoryLog(KEY)


class TestSqliteLog(LogContract):
    def open(self, folder: Path) -> SqliteLog:
        return SqliteLog(folder / "log.sqlite", KEY)


def test_a_log_opened_again_goes_on_where_it_ended(tmp_path: Path) -> None:
    """Positions, marks and the chain continue over a restart."""
    for start in (0, 2):
        log = SqliteLog(tmp_path / "log.sqlite", KEY)
        assert log.end == start
        log.append([batch(2)], {"a": start})
        log.close()
    reader = SqliteReader(tmp_path / "log.sqlite")
    assert len(list(verified(reader.proofs(), KEY))) == 2
    assert reader.mark("a") == 2
    reader.close()


def test_a_reader_sees_what_is_durable(tmp_path: Path) -> None:
    """A second connection sees every append that returned."""
    log = SqliteLog(tmp_path / "log.sqlite", KEY)
    reader = SqliteReader(tmp_path / "log.sqlite")
    log.append([batch(5)])
    assert reader.end == 5
    assert reader.read(0)[0].count == 5
    reader.close()
    log.close()


def test_only_one_process_appends(tmp_path: Path) -> None:
    """A second writer is told so at once, whatever process it is."""
    log = SqliteLog(tmp_path / "log.sqlite", KEY)
    code = (
        "import sys; from pathlib import Path; from ethogram.store.log.sqlite import SqliteLog\n"
        f"SqliteLog(Path({str(tmp_path / 'log.sqlite')!r}), bytes(32))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Another process appends to this log" in done.stderr
    log.close()


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE payloads SET payload=CAST(replace(payload, '1', '2') AS BLOB) WHERE position=1",
        "UPDATE chain SET hashes=zeroblob(32) WHERE position=1",
        "UPDATE chain SET link=zeroblob(16) WHERE position=3",
        "DELETE FROM chain WHERE position=1",
        "DELETE FROM chain WHERE position=3",
        "UPDATE chain SET position=9 WHERE position=3",
    ],
)
def test_the_chain_shows_what_was_changed(tmp_path: Path, harm: str) -> None:
    """A changed payload, hash or link, a gap and a reordering are found."""
    log = SqliteLog(tmp_path / "log.sqlite", KEY)
    for start in (1, 11, 21):
        log.append([batch(2, start)])
    log.close()
    apsw.Connection(str(tmp_path / "log.sqlite")).execute(harm)
    reader = SqliteReader(tmp_path / "log.sqlite")
    with pytest.raises(Broken):
        list(verified(reader.proofs(), KEY))
    reader.close()


def test_a_full_disk_is_said_and_nothing_is_kept(tmp_path: Path) -> None:
    """Where SQLite cannot grow its file, the append raises `Busy` and the log goes on later."""
    log = SqliteLog(tmp_path / "log.sqlite", KEY)
    log.append([batch(1)])
    pages = log._connection.execute("PRAGMA page_count").fetchone()[0]
    log._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Busy, match="full"):
        log.append([batch(5_000)])
    assert log.end == 1
    log._connection.execute("PRAGMA max_page_count=1000000")
    assert log.append([batch(1)]) == [2]
    assert len(list(verified(log.proofs(), KEY))) == 2
    log.close()
