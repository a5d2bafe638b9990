"""What every log promises; an adapter's test says only how to open one."""

from abc import ABC, abstractmethod
from pathlib import Path

import pyarrow as pa
import pytest
from msgspec import structs

from ethogram.events.errors import Broken, NotFound
from ethogram.store.log.chain import verified
from ethogram.store.log.entries import (
    Erased,
    gone,
    pack,
    pack_table,
    unpack_controls,
    unpack_table,
    without,
)
from ethogram.store.log.port import Batch, Log

KEY = b"k" * 32


def batch(count: int, start: int = 0, keys: bytes = b"", received_at: int = 1) -> Batch:
    entries = [Erased(a=start + i, received_at=received_at) for i in range(count)]
    return Batch("control", pack(entries), count, received_at, keys)


class LogContract(ABC):
    @abstractmethod
    def open(self, folder: Path) -> Log:
        """A log in ``folder``, made where it is missing, with `KEY`."""

    @pytest.fixture
    def log(self, tmp_path: Path):
        log = self.open(tmp_path)
        yield log
        log.close()

    def test_positions_are_one_two_three(self, log: Log) -> None:
        """Entries are numbered from 1 without gaps, over batches and appends."""
        assert log.end == 0
        assert log.append([batch(3), batch(2)]) == [1, 4]
        assert log.append([batch(1)]) == [6]
        assert log.end == 6

    def test_what_was_appended_is_read_back(self, log: Log) -> None:
        """Reading gives the same records, in order, with the same bytes."""
        batches = [batch(3, 10), batch(1, 20), batch(2, 30)]
        log.append(batches)
        records = log.read(0)
        assert [(r.position, r.count, r.payload) for r in records] == [
            (1, 3, batches[0].payload),
            (4, 1, batches[1].payload),
            (5, 2, batches[2].payload),
        ]

    def test_reading_goes_on_after_a_position(self, log: Log) -> None:
        """Only records with entries after the position come, also from inside one."""
        log.append([batch(3), batch(2)])
        assert [r.position for r in log.read(2)] == [1, 4]
        assert [r.position for r in log.read(3)] == [4]
        assert log.read(5) == []

    def test_a_limit_cuts_at_whole_records_but_gives_one(self, log: Log) -> None:
        """The limit is kept, except that a reader always gets on."""
        log.append([batch(3), batch(3), batch(3)])
        assert [r.position for r in log.read(0, limit=6)] == [1, 4]
        assert [r.position for r in log.read(0, limit=1)] == [1]

    def test_marks_are_kept_with_the_append(self, log: Log) -> None:
        """A producer's mark is there with what it appended; an unknown one is 0."""
        assert log.mark("import:a") == 0
        log.append([batch(2)], {"import:a": 2})
        log.append([], {"import:b": 3, "other": 1, "import": 4})
        assert log.mark("import:a") == 2
        assert log.marks("import:") == {"import:a": 2, "import:b": 3}
        assert log.cursors() == {}

    def test_cursors_move_and_stay(self, log: Log) -> None:
        """A consumer's cursor is where it was moved to last; an unknown one is 0."""
        assert log.cursor("lake") == 0
        log.advance("lake", 1)
        log.advance("feed:a", 7)
        log.advance("lake", 0)
        log.advance("gone", 5)
        log.advance("gone", None)
        assert log.cursors() == {"lake": 0, "feed:a": 7}

    def test_trimming_keeps_what_is_not_wholly_before(self, log: Log) -> None:
        """Trimmed records are gone for readers, who are told so; others stay."""
        log.append([batch(2), batch(2), batch(2)])
        log.trim(3)
        assert log.start == 2
        with pytest.raises(NotFound, match="no longer holds"):
            log.read(1)
        assert [r.position for r in log.read(2)] == [3, 5]

    def test_the_chain_verifies_also_when_trimmed(self, log: Log) -> None:
        """Hashes and links stay for good and agree, with and without payloads."""
        log.append([batch(2), batch(3)])
        log.append([batch(1)])
        log.trim(2)
        assert [p.payload is None for p in verified(log.proofs(), KEY)] == [True, False, False]

    def test_the_chain_shows_a_wrong_key(self, log: Log) -> None:
        """Without the key nobody makes a chain that agrees."""
        log.append([batch(2)])
        with pytest.raises(Broken):
            list(verified(log.proofs(), b"x" * 32))

    def test_keys_come_back_for_the_window(self, log: Log) -> None:
        """Deduplication keys are durable with their batch until they are dropped."""
        log.append([batch(1, keys=b"a" * 16, received_at=10)])
        log.append([batch(1, keys=b"b" * 16, received_at=20)])
        assert list(log.keys(15)) == [(20, b"b" * 16)]
        log.forget_keys(15)
        assert list(log.keys(0)) == [(20, b"b" * 16)]

    def test_erased_entries_are_gone_and_the_rest_is_proven(self, log: Log) -> None:
        """Of single entries the hash alone stays; where one of the others changes it is found."""
        log.append([batch(3, 10), batch(2, 20), _rows("ann", "ben", "cleo")])
        assert log.alter([2, 4, 5, 7], without) == 4
        assert log.alter([2, 99], without) == 0
        controls, both, rows = log.read(0)
        assert [entry and entry.a for entry in unpack_controls(controls.payload)] == [10, None, 12]
        assert unpack_controls(both.payload) == [None, None]
        assert unpack_table(rows.payload)["event"].to_pylist() == ["ann", "cleo"]
        assert gone("columns", rows.payload) == [1]
        assert not any(b"ben" in record.payload for record in (controls, both, rows))
        assert [proof.position for proof in verified(log.proofs(), KEY)] == [1, 4, 6]
        changed = [structs.replace(proof, payload=proof.payload.replace(b"cleo", b"dora"))
                   for proof in log.proofs() if proof.payload is not None]  # fmt: skip
        with pytest.raises(Broken, match="not what was recorded"):
            list(verified(changed, KEY))

    def test_without_the_key_nobody_erases(self, log: Log) -> None:
        """An entry that is gone, or altered, agrees only where its owner did that, and there."""
        log.append([batch(2, 10), batch(2, 10)])
        log.alter([1], without)
        first, second = log.proofs()
        assert first.payload is not None
        for forged in (
            [structs.replace(first, altered=None), second],
            [first, structs.replace(second, payload=first.payload)],
            [first, structs.replace(second, payload=first.payload, altered=first.altered)],
            [structs.replace(first, payload=without("control", first.payload, [0, 1])), second],
        ):
            with pytest.raises(Broken, match="not what was recorded"):
                list(verified(forged, KEY))


def _rows(*names: str) -> Batch:
    """A columnar batch whose words are in a dictionary, not compressed by anybody."""
    columns = {"event": pa.array(names).dictionary_encode(), "person": list(range(len(names)))}
    return Batch("columns", pack_table(pa.table(columns)), len(names), 1)
