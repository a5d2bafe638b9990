"""The Delta tables: any property fits, reading is bounded, and what is kept tells nothing more."""

import threading
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from ethogram.events.errors import Broken
from ethogram.events.event import Recorded
from ethogram.store.lake import tables
from ethogram.store.lake.compaction import compact, tidy
from ethogram.store.lake.loader import load, recover
from ethogram.store.lake.shred import Shredder
from ethogram.store.lake.tables import SCAN_ROWS, Lake
from ethogram.store.lake.trimming import trim, trimmable
from ethogram.store.log.entries import pack
from ethogram.store.log.memory import MemoryLog
from ethogram.store.log.port import Batch, Proof

NOW = 1_772_323_200_000_000
DAY = 86_400_000_000
LATER = date(2026, 4, 1)


def append(log: MemoryLog, rows: list[dict[str, Any]], at: int = NOW) -> None:
    """Add an event per object of ``rows`` to the log, received ``at``."""
    events = [
        Recorded("view", "track", "secret-id", at, at, 7, None, None, None, row, {}, {}, None, {})
        for row in rows
    ]
    log.append([Batch("events", pack(events), len(events), at)])


def rows_of(lake: Lake) -> list[tuple[int, str]]:
    """(position, properties) of all rows, sorted: the multiset that must not change."""
    parts = [part.to_pylist() for part in lake.events.scan()]
    return sorted((row["position"], row["properties"]) for part in parts for row in part)


ODD = [
    "a b",
    "A B",
    "utm.source",
    "x,y;{z}(w)=\n\t%",
    "Größe",
    "größe",
    "'quote\"`",
    "/",
    "日本",
    "",
]


def test_any_property_name_reaches_the_lake_and_comes_back(tmp_path: Path) -> None:
    """Names that Delta forbids, differ in case or say nothing keep their own values."""
    log, lake = MemoryLog(), Lake(tmp_path)
    append(log, [{name: float(i)} for i, name in enumerate(ODD)])
    load(log, lake)
    scanned = pa.concat_tables(lake.events.scan()).sort_by("position")
    assert scanned.equals(Shredder().table(log.read(0)).select(scanned.column_names))
    assert lake.properties() == set(ODD)


def test_columns_join_as_properties_appear(tmp_path: Path) -> None:
    """Each load may bring properties and types; older rows have nothing there."""
    log, lake = MemoryLog(), Lake(tmp_path)
    for row in ({"a": 1.5}, {"b": "x"}, {"a": "mixed"}):
        append(log, [row])
        load(log, lake)
    columns = ["position", "p_a_number", "p_a_text", "p_b_text", "p_never_text"]
    table = pa.concat_tables(lake.events.scan(columns=columns)).sort_by("position")
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (1, 1.5, None, None),
        (2, None, None, "x"),
        (3, None, "mixed", None),
    ]


def test_the_limit_of_properties_holds_over_loads(tmp_path: Path) -> None:
    """A name has its columns for good once it has them; what comes too late is in the JSON."""
    log, lake = MemoryLog(), Lake(tmp_path)
    for row in ({"a": 1}, {"b": 1, "c": 1}, {"a": "x", "d": 1}):
        append(log, [row])
        load(log, Lake(tmp_path), properties=2)
    assert lake.properties() == {"a", "b"}
    assert rows_of(lake)[2][1] == '{"a":"x","d":1}'


def test_a_scan_gives_the_positions_asked_for_in_bounded_tables(tmp_path: Path) -> None:
    """After is exclusive, upto inclusive, and no table is larger than the bound."""
    log, lake = MemoryLog(), Lake(tmp_path)
    append(log, [{}] * (SCAN_ROWS + 10))
    append(log, [{}] * 10, NOW + DAY)
    load(log, lake)
    parts = list(lake.events.scan(5, SCAN_ROWS + 15, ["position"]))
    assert all(part.num_rows <= SCAN_ROWS and part.column_names == ["position"] for part in parts)
    found = sorted(position for part in parts for position in part["position"].to_pylist())
    assert found == list(range(6, SCAN_ROWS + 16))


def test_rows_lie_in_the_day_they_were_received(tmp_path: Path) -> None:
    """The partition is the UTC day of receipt, up to its last microsecond."""
    log, lake = MemoryLog(), Lake(tmp_path)
    append(log, [{}], NOW + DAY - 1)
    append(log, [{}], NOW + DAY)
    load(log, lake)
    days = sorted(path.name for path in (tmp_path / "events").glob("day=*"))
    assert days == ["day=2026-03-01", "day=2026-03-02"]


def test_the_tables_log_holds_no_value_that_could_name_a_person(tmp_path: Path) -> None:
    """Statistics are kept of positions and receipt alone, also by compaction and checkpoints."""
    log, lake = MemoryLog(), Lake(tmp_path)
    for _ in range(3):
        append(log, [{"email": "ann@example.com"}])
        load(log, lake)
    compact(lake.events, LATER)
    tidy(lake.events)
    names: set[str] = set()
    for path in (tmp_path / "events/_delta_log").iterdir():
        content = path.read_bytes()
        assert b"ann@" not in content and b"secret-id" not in content
        for line in content.splitlines() if path.suffix == ".json" else []:
            stats = msgspec.json.decode(line).get("add", {}).get("stats")
            names |= set(msgspec.json.decode(stats)["minValues"]) if stats else set()
    assert names == {"position", "received_at"}


def test_compaction_keeps_every_row_and_leaves_few_files(tmp_path: Path) -> None:
    """One file a day is left, the rows and the position are the same, and loading goes on."""
    log, lake = MemoryLog(), Lake(tmp_path)
    for i in range(8):
        append(log, [{"n": i, f"p{i}": "x"}] * 5, NOW + (i % 2) * DAY)
        load(log, lake)
    before, files = rows_of(lake), len(_live_files(lake))
    assert compact(lake.events, LATER) == 2
    assert (files, len(_live_files(lake))) == (8, 2)
    assert compact(lake.events, LATER) == 0
    tidy(lake.events)
    assert rows_of(lake) == before
    assert lake.position == log.end
    append(log, [{"n": 9}])
    load(log, lake)
    assert len(rows_of(lake)) == len(before) + 1


def _live_files(lake: Lake) -> list[str]:
    delta = lake.events.delta()
    return delta.file_uris() if delta else []


def test_only_days_before_the_given_one_are_compacted(tmp_path: Path) -> None:
    """Today's files are left to the loader."""
    log, lake = MemoryLog(), Lake(tmp_path)
    for i in range(4):
        append(log, [{}], NOW + i % 2 * DAY)
        load(log, lake)
    assert compact(lake.events, date(2026, 3, 2)) == 1
    assert len(_live_files(lake)) == 3


def test_files_that_compaction_replaced_are_not_missed(tmp_path: Path) -> None:
    """Once vacuumed they are gone for good reason, and nothing is dropped or loaded again."""
    log, lake = MemoryLog(), Lake(tmp_path)
    for i in range(4):
        append(log, [{"n": i}])
        load(log, lake)
    compact(lake.events, LATER)
    live = {Path(uri).name for uri in _live_files(lake)}
    for path in (tmp_path / "events").rglob("*.parquet"):
        if "day=" in path.parent.name and path.name not in live:
            path.unlink()
    assert lake.events.repair() == 0
    assert recover(log, lake) == log.end
    assert len(rows_of(lake)) == 4


def test_a_compaction_that_lost_its_file_is_undone(tmp_path: Path) -> None:
    """The files that it replaced are still there, so no row is lost."""
    log, lake = MemoryLog(), Lake(tmp_path)
    for i in range(4):
        append(log, [{"n": i}])
        load(log, lake)
    compact(lake.events, LATER)
    Path(_live_files(lake)[0]).unlink()
    assert recover(log, lake) == log.end
    assert [position for position, _ in rows_of(lake)] == [1, 2, 3, 4]


def test_readers_and_loads_are_right_while_compaction_runs(tmp_path: Path) -> None:
    """Every scan sees a whole state, each row once, while a day is loaded and rewritten."""
    log, lake = MemoryLog(), Lake(tmp_path)
    append(log, [{"n": 0}] * 100)
    load(log, lake)
    stop, compacted, failures = threading.Event(), [0], list[BaseException]()

    def rewrite() -> None:
        try:
            while not stop.is_set():
                compacted[0] += compact(Lake(tmp_path).events, LATER)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=rewrite)
    thread.start()
    for i in range(1, 25):
        append(log, [{"n": i, f"new{i}": i}] * 100)
        load(log, lake)
        parts = list(Lake(tmp_path).events.scan(columns=["position"]))
        found = sorted(p for part in parts for p in part["position"].to_pylist())
        assert found == list(range(1, log.end + 1))
    stop.set()
    thread.join()
    assert not failures
    assert compacted[0] > 0
    assert len(rows_of(lake)) == log.end


def test_a_scan_whose_files_are_gone_says_so(tmp_path: Path) -> None:
    """A reader that is slower than the vacuum gets a clear error, never fewer rows."""
    log, lake = MemoryLog(), Lake(tmp_path)
    append(log, [{}])
    load(log, lake)
    for uri in _live_files(lake):
        Path(uri).unlink()
    with pytest.raises(Broken, match="gone"):
        list(lake.events.scan())


def test_checkpoints_come_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long bulk load does not slow down by reading ever more commits; positions survive."""
    monkeypatch.setattr(tables, "CHECKPOINT_EVERY", 3)
    log, lake = MemoryLog(), Lake(tmp_path)
    for i in range(7):
        append(log, [{"n": i}])
        load(log, lake)
    assert len(list((tmp_path / "events/_delta_log").glob("*.checkpoint.parquet"))) == 2
    assert recover(log, Lake(tmp_path)) == 7
    assert len(rows_of(lake)) == 7


def proofs(*records: tuple[int, int, int]) -> list[Proof]:
    """Proofs of (position, count, received_at)."""
    return [Proof(p, "events", count, at, b"", b"", b"") for p, count, at in records]


def test_the_log_keeps_what_a_consumer_needs_and_what_is_young() -> None:
    """Only whole records that every cursor has passed, and that are a day old, may go."""
    chain = proofs((1, 5, 0), (6, 5, 0), (11, 5, DAY))
    assert trimmable({"lake": 15, "rules": 12}, chain, DAY + 1) == 10
    assert trimmable({"lake": 15, "rules": 9}, chain, DAY + 1) == 5
    assert trimmable({"lake": 15}, chain, DAY) == 0
    assert trimmable({}, chain, 9 * DAY) == 0
    assert trimmable({"rules": 15}, chain, 9 * DAY) == 0


def test_a_trimmed_log_still_feeds_the_lake(tmp_path: Path) -> None:
    """Trimming follows the lake's cursor, so the next load finds what it needs."""
    log, lake = MemoryLog(), Lake(tmp_path)
    append(log, [{}] * 3)
    assert trim(log, NOW + 2 * DAY) == 0
    load(log, lake)
    append(log, [{}] * 2)
    assert trim(log, NOW + 2 * DAY) == log.start == 3
    assert load(log, lake) == 5
