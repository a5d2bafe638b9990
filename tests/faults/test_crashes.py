"""Power cuts at every write: the log keeps what it acknowledged (rows 1 to 4 of the programme)."""

import random

import apsw
import pytest
from tests.faults import log_crashes, vault_crashes
from tests.faults.crash_disk import crashes, recording

from ethogram.collect.door import Door
from ethogram.collect.group import Group, batches
from ethogram.store.log import sqlite

SEED = 20260716


@pytest.fixture(autouse=True)
def seed() -> int:
    """The seed of everything that is random here, printed where a test fails."""
    print(f"seed {SEED}")
    return SEED


def test_no_power_cut_loses_what_was_acknowledged(seed: int) -> None:
    """Torn and reordered writes at every operation: the log is what it was, to the last append."""
    tally = log_crashes.power_cuts(seed, transactions=60, each=3)
    tally.assert_sound()
    assert tally.states >= 1_500


def test_no_power_cut_in_a_checkpoint_loses_anything(seed: int) -> None:
    """The same while the write-ahead log is folded back after every few pages."""
    tally = log_crashes.power_cuts(seed + 1, transactions=70, each=2, pages=4)
    tally.assert_sound()
    assert tally.states >= 2_000


def test_a_power_cut_in_recovery_loses_nothing(seed: int) -> None:
    """A log that loses power again while it recovers comes to the same state."""
    tally = log_crashes.power_cuts_in_recovery(seed + 2, transactions=60, cuts=80)
    tally.assert_sound()
    assert tally.states >= 1_000


def test_no_power_cut_parts_an_event_from_its_person(seed: int) -> None:
    """Whatever is cut off, each event found can name its person and be unsealed."""
    tally = vault_crashes.power_cuts(seed + 3, commits=25, each=2)
    tally.assert_sound()
    assert tally.states >= 900


def test_a_log_that_syncs_too_little_is_found(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With synchronous=NORMAL acknowledged entries are lost, and these checks say so."""
    monkeypatch.setattr(sqlite, "DURABILITY", "NORMAL")
    tally = log_crashes.power_cuts(seed, transactions=20, each=1)
    assert tally.lost
    with pytest.raises(AssertionError):
        tally.assert_sound()


def test_events_before_their_ids_are_found(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that appends before the vault is durable parts events from their persons."""

    def hasty(door: Door, group: Group) -> None:
        door._log.append(list(batches(group)))
        door._vault.store(group.made)

    monkeypatch.setattr(Door, "commit", hasty)
    tally = vault_crashes.power_cuts(seed, commits=10, each=2)
    assert tally.corrupt


def test_a_check_of_nothing_fails() -> None:
    """Without a single acknowledged entry nothing was shown."""
    with pytest.raises(AssertionError):
        log_crashes.power_cuts(SEED, transactions=0, each=1).assert_sound()


def test_a_disk_without_syncs_forgets_anything(seed: int) -> None:
    """The disk itself: unsynced writes are found in part, synced ones whole."""
    with log_crashes.scratch() as root:
        with recording(root) as disk:
            connection = apsw.Connection(str(root / "file"))
            connection.execute("PRAGMA synchronous=OFF; CREATE TABLE t(a); INSERT INTO t VALUES(1)")
            connection.close()
        last = max(done for done, _ in crashes(disk, random.Random(seed)))
        ends = [f for d, f in crashes(disk, random.Random(seed), each=50) if d == last]
        assert {files.get("file", b"") for files in ends} >= {b"", (root / "file").read_bytes()}
