"""A file that has grown since it was imported brings only what is new."""

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome, Step
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.stored import Local
from ethogram.run.importing import Imported, import_file

COLUMNS = Mapping(user="user", time="time", event_name="bought")
NATIVE = '{"event":"bought","user_id":"%s"}'
LOG = '10.0.0.1 - %s [01/Mar/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 5'
KINDS: dict[str, tuple[str, str, Mapping | None]] = {
    "csv": ("user,time,code\n", "%s,2026-03-01,7", COLUMNS),
    "jsonl": ("", NATIVE, None),
    "mapped.jsonl": ("", '{"user":"%s","time":"2026-03-01"}', COLUMNS),
    "log": ("", LOG, Mapping(preset="access-log")),
}


class Kept:
    """A target that keeps users and marks in memory, and dies once it has ``most``."""

    def __init__(self, most: int = 1 << 60, rows: int = 1000) -> None:
        self.rows, self.most = rows, most
        self.users: list[str] = []
        self.codes: list[pa.DataType] = []
        self.marks: dict[str, int] = {}

    def imported(self, mark: str) -> int:
        return self.marks.get(mark, 0)

    def imports(self, beginning: str) -> dict[str, int]:
        return {name: rows for name, rows in self.marks.items() if name.startswith(beginning)}

    def append_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        self.codes += [f.type for f in claims.schema if f.name.startswith("p_code")]
        return self._take(claims["user_id"].to_pylist(), step)

    def append_claims(self, claims: list[Claim], step: Step, protocol: str = "native") -> Outcome:
        users = ["refused" if isinstance(each, Refusal) else str(each.user_id) for each in claims]
        return self._take(users, step)

    def flush(self) -> None: ...

    def _take(self, users: list[str], step: Step) -> Outcome:
        if len(self.users) + len(users) > self.most:
            raise InterruptedError
        assert step.since == self.marks.get(step.name, 0)
        self.users += users
        self.marks[step.name] = step.upto
        return Outcome(len(users))


def lines(kind: str, first: int, last: int) -> str:
    """The lines of the users ``first`` to ``last``, each with a break."""
    return "".join(KINDS[kind][1] % f"u{i}" + "\n" for i in range(first, last))


def imported(kept: Kept, path: Path, kind: str) -> Imported:
    """What became of the file's rows."""
    return import_file(kept, Local(path), KINDS[kind][2], lambda *_: None)


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_new_comes_in(tmp_path: Path, kind: str) -> None:
    """The rows that were there count as duplicates, however often the file grows."""
    kept, path = Kept(), tmp_path / "visits"
    text = KINDS[kind][0]
    for first, last in ((0, 3), (3, 4), (4, 4), (4, 90)):
        text += lines(kind, first, last)
        path.write_text(text)
        done = imported(kept, path, kind)
        assert (done.read, done.accepted, done.duplicates) == (last, last - first, first)
    assert kept.users == [f"u{i}" for i in range(90)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("kind", KINDS)
def test_a_log_is_known_after_it_was_packed(
    tmp_path: Path, kind: str, pack: Callable[[bytes], bytes]
) -> None:
    """Under another name, compressed, and with lines that came after the import."""
    kept, path, packed = Kept(), tmp_path / "visits", tmp_path / "visits.1"
    text = KINDS[kind][0] + lines(kind, 0, 5)
    path.write_text(text)
    imported(kept, path, kind)
    packed.write_bytes(pack((text + lines(kind, 5, 8)).encode()))
    done = imported(kept, packed, kind)
    assert (done.accepted, done.duplicates) == (3, 5)
    packed.rename(tmp_path / "visits.2")
    assert imported(kept, tmp_path / "visits.2", kind).accepted == 0


@pytest.mark.parametrize("kind", ["jsonl", "mapped.jsonl", "log"])
def test_a_line_that_was_half_written_comes_in_whole(tmp_path: Path, kind: str) -> None:
    """Its half is no row, the line itself is one once it is there; those before stay known."""
    kept, path = Kept(), tmp_path / "visits"
    text = lines(kind, 0, 6)
    path.write_text(text[:-9])
    imported(kept, path, kind)
    path.write_text(text + lines(kind, 6, 7))
    imported(kept, path, kind)
    assert [user for user in kept.users if user != "refused"] == [f"u{i}" for i in range(7)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_last_line_without_a_break_is_in_once(tmp_path: Path, kind: str) -> None:
    """It is whole when nothing but a break follows it."""
    kept, path = Kept(), tmp_path / "visits"
    text = KINDS[kind][0] + lines(kind, 0, 6)
    path.write_text(text[:-1])
    imported(kept, path, kind)
    assert imported(kept, path, kind).accepted == 0
    path.write_text(text + lines(kind, 6, 7))
    imported(kept, path, kind)
    assert kept.users == [f"u{i}" for i in range(7)]


def test_rejects_name_the_lines_of_the_whole_file(tmp_path: Path) -> None:
    """Those of what is new, and those of what was there."""
    kept, path = Kept(), tmp_path / "visits.csv"
    head, row, _ = KINDS["csv"]
    path.write_text(head + "u0,never,7\n" + row % "u1" + "\n")
    imported(kept, path, "csv")
    path.write_text(path.read_text() + row % "u2" + "\nu3,never,7\n")
    done = imported(kept, path, "csv")
    assert (done.accepted, done.duplicates, done.rejected) == (1, 1, 2)
    told = (tmp_path / "visits.csv.rejects.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(each)["line"] for each in told] == [2, 5]


def test_a_columns_type_is_that_of_the_whole_file(tmp_path: Path) -> None:
    """Codes that were texts before stay texts, even if what is new could be numbers."""
    kept, path = Kept(), tmp_path / "visits.csv"
    path.write_text("user,time,code\nu0,2026-03-01,A7\n")
    imported(kept, path, "csv")
    path.write_text(path.read_text() + "u1,2026-03-01,7\n")
    imported(kept, path, "csv")
    assert kept.codes == [pa.string(), pa.string()]


def test_another_beginning_is_another_file(tmp_path: Path) -> None:
    """A log that was begun anew under the same name is new."""
    kept, path = Kept(), tmp_path / "visits"
    path.write_text(lines("log", 0, 3))
    imported(kept, path, "log")
    path.write_text(lines("log", 3, 9))
    assert imported(kept, path, "log").accepted == 6


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(list(KINDS)),
    runs=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60), st.integers(1, 9)), min_size=1),
    broken=st.sets(st.integers(0, 300)),
)
def test_killed_and_grown_every_row_is_in_once(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    runs: list[tuple[int, int, int]],
    broken: set[int],
) -> None:
    """However often an import is killed, and grows before it goes on; broken lines do not count."""
    path = tmp_path_factory.mktemp("grown") / "visits"
    kept, there, text = Kept(), 0, KINDS[kind][0]
    for more, lived, rows in [*runs, (1, 1 << 40, 7)]:
        for i in range(there, there + more):
            text += "broken\n" if i in broken and kind != "jsonl" and i else lines(kind, i, i + 1)
        there += more
        path.write_text(text)
        kept.rows, kept.most = rows, len(kept.users) + lived
        try:
            if text:
                imported(kept, path, kind)
        except InterruptedError:
            continue
    good = [i for i in range(there) if not (i in broken and kind != "jsonl" and i)]
    assert kept.users == [f"u{i}" for i in good]
