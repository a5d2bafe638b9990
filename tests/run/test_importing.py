"""An import goes on where it stopped, whoever goes on with it."""

from pathlib import Path

import pyarrow as pa
import pytest

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome
from ethogram.collect.sources.mapping import Mapping
from ethogram.run.importing import import_file

COLUMNS = Mapping(user="user", time="time", event_name="bought")
ROWS = 100


class Kept:
    """A target that keeps rows in memory, and is killed before it has ``most``."""

    def __init__(self, rows: int, most: int) -> None:
        self.rows, self.most = rows, most
        self.users: list[str] = []
        self.marks: dict[str, int] = {}
        self.flushed = 0

    def imported(self, mark: str) -> int:
        return self.marks.get(mark, 0)

    def append_table(self, claims: pa.Table, mark: tuple[str, int], *, keyed: bool) -> Outcome:
        assert not keyed
        assert 0 < claims.num_rows <= self.rows
        if len(self.users) + claims.num_rows > self.most:
            raise InterruptedError
        self.users += claims["user_id"].to_pylist()
        self.marks.update([mark])
        return Outcome(claims.num_rows)

    def flush(self) -> None:
        self.flushed = len(self.users)

    def append_claims(self, claims: list[Claim]) -> Outcome:
        raise AssertionError


@pytest.mark.parametrize("first", [1, 7, 1000])
@pytest.mark.parametrize("second", [1, 7, 1000])
@pytest.mark.parametrize("killed", [0, 1, 50, 89])
def test_every_row_is_in_once(tmp_path: Path, first: int, second: int, killed: int) -> None:
    """However many rows at a time were and are taken, and however many were bad before."""
    path = tmp_path / "orders.csv"
    lines = [f"u{i},2026-03-01" if i % 10 else f"u{i},never" for i in range(ROWS)]
    path.write_text("user,time\n" + "\n".join(lines) + "\n")
    kept = Kept(first, killed)
    with pytest.raises(InterruptedError):
        import_file(kept, path, COLUMNS, lambda _done, _so_far: None)
    already = len(kept.users)
    kept.rows, kept.most = second, ROWS
    done = import_file(kept, path, COLUMNS, lambda _done, _so_far: None)
    assert kept.users == [f"u{i}" for i in range(ROWS) if i % 10]
    assert kept.flushed == len(kept.users)
    assert (done.read, done.accepted, done.duplicates, done.rejected) == (
        ROWS, 90 - already, already, 10,
    )  # fmt: skip


def test_what_is_in_adds_nothing(tmp_path: Path) -> None:
    """A file that was imported whole is all duplicates."""
    path = tmp_path / "orders.csv"
    path.write_text("user,time\nann,2026-03-01\n")
    kept = Kept(10, 10)
    import_file(kept, path, COLUMNS, lambda _done, _so_far: None)
    done = import_file(kept, path, COLUMNS, lambda _done, _so_far: None)
    assert (done.accepted, done.duplicates, kept.users) == (0, 1, ["ann"])
