"""Tables, answers and SQL go out, whole and once, and nobody's name with them unasked."""

import fcntl
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.csv
import pyarrow.parquet
import pytest
from deltalake import DeltaTable
from dlt.pipeline.pipeline import Pipeline

import ethogram as eg
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.stored import Local
from ethogram.events.errors import Busy, EthogramError, Invalid, NotFound
from ethogram.run.importing import import_file
from ethogram.run.opening import Opened
from ethogram.show.exports.sent import exports, remember

DAY = {"question": "trends", "series": [{"event": "cart"}], "interval": "day"}


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """A workspace with three events of two people, one of whom gave her address."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    with eg.open(tmp_path / "workspace") as opened:
        opened.append([
            eg.Event("catalog", user_id="ann", timestamp="2026-03-01T10:00:00Z",
                     properties={"email": "ann@example.org", "UnitPrice": 3}),
            eg.Event("cart", user_id="ann", timestamp="2026-03-01T11:00:00Z"),
            eg.Event("cart", user_id="ben", timestamp="2026-03-02T10:00:00Z"),
        ])  # fmt: skip
        yield opened


def found(sql: str, file: str = "out.duckdb") -> list[Any]:
    with duckdb.connect(file, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_events_go_into_a_database(mine: Opened) -> None:
    """With plain columns; persons are internal ids, and what is sealed is not there."""
    sent = mine.export("out.duckdb", table="events")
    assert (sent.rows, sent.table, sent.dataset) == (3, "events", "ethogram")
    rows = found("SELECT event, timestamp, unit_price FROM ethogram.events ORDER BY position")
    assert (rows[0][0], rows[0][2]) == ("catalog", 3.0)
    assert rows[0][1] == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert len(found("SELECT DISTINCT person FROM ethogram.events")) == 2
    everything = (
        Path("out.duckdb").read_bytes() + repr(found("SELECT * FROM ethogram.events")).encode()
    )
    assert not [word for word in (b"ann", b"sealed") if word in everything]


def test_the_owner_may_ask_for_names(mine: Opened) -> None:
    """Then the product's own ids and what was sealed stand in columns of their own."""
    mine.export("out.duckdb", table="events", with_names=True)
    rows = found('SELECT "user", personal FROM ethogram.events ORDER BY position')
    assert [row[0] for row in rows] == ["ann", "ann", "ben"]
    assert json.loads(rows[0][1]) == {"properties": {"email": "ann@example.org"}}
    mine.export("out.duckdb", table="people", with_names=True)
    assert sorted(found('SELECT "user", events FROM ethogram.people')) == [("ann", 2), ("ben", 1)]
    with pytest.raises(Invalid, match="have persons"):
        mine.export("out.duckdb", sql="SELECT 1", with_names=True)


def written_out(word: bytes) -> list[Path]:
    """The files of the workspace in which ``word`` can be read."""
    files = [path for path in Path("workspace").rglob("*") if path.is_file()]
    return [path for path in files if word in path.read_bytes()]


def test_of_names_nothing_stays_where_an_export_fails(
    mine: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the workspace and its backups; the next one sends them once."""
    asked: dict[str, Any] = {"table": "events", "since_last": True, "with_names": True}
    with monkeypatch.context() as patched:
        patched.setattr(Pipeline, "load", lambda *_, **__: 1 / 0)
        with pytest.raises(EthogramError, match="ZeroDivisionError"):
            mine.export("out.duckdb", **asked)
        assert written_out(b"ann@example.org") == []
    for rows in (3, 0):
        assert mine.export("out.duckdb", **asked).rows == rows
    assert found('SELECT count(*), count(DISTINCT "user") FROM ethogram.events') == [(3, 2)]
    assert written_out(b"ann@example.org") == []


def test_what_a_killed_export_left_goes_with_the_next(mine: Opened) -> None:
    """And two never run at once: one would take the other's rows."""
    folder = Path("workspace/projects/default/exports")
    (folder / "once-killed").mkdir(parents=True)
    (folder / "once-killed" / "rows").write_text("ann@example.org")
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="under way"):
            mine.export("out.duckdb", table="people")
    mine.export("out.duckdb", table="people")
    assert written_out(b"ann@example.org") == []


def test_since_last_only_what_is_new_goes(mine: Opened) -> None:
    """By the position in the log; nothing of what was sent stays in the workspace."""
    for rows in (3, 0):
        assert mine.export("out.duckdb", table="events", since_last=True).rows == rows
    mine.append([eg.Event("cart", user_id="eve", timestamp="2026-03-03T10:00:00Z")])
    assert mine.export("out.duckdb", table="events", since_last=True).rows == 1
    assert found("SELECT count(*), count(DISTINCT position) FROM ethogram.events") == [(4, 4)]
    assert mine.export("other.duckdb", table="events", since_last=True).rows == 4
    kept = [path for path in Path("workspace/projects/default/exports").rglob("*")
            if path.is_file()]  # fmt: skip
    assert kept
    assert {path.suffix for path in kept if path.name != "sent.jsonl"} <= {".json", ".version", ""}
    with pytest.raises(Invalid, match="positions"):
        mine.export("out.duckdb", table="people", since_last=True)


def test_a_replaced_table_is_as_it_is_now(mine: Opened) -> None:
    """And an appended one has it twice."""
    for write, rows in (("replace", 2), ("replace", 2), ("append", 4)):
        mine.export("out.duckdb", table="people", write=write)
        assert found("SELECT count(*) FROM ethogram.people") == [(rows,)]


def test_merged_rows_keep_one_of_each_key(mine: Opened) -> None:
    """In a database; a folder of Parquet cannot."""
    for _ in range(2):
        mine.export("out.duckdb", table="events", write="merge", key=("position",))
    assert found("SELECT count(*) FROM ethogram.events") == [(3,)]
    with pytest.raises(Invalid, match="merged by a key"):
        mine.export("out", table="events", write="merge", key=("position",))


def test_an_answer_goes_out(mine: Opened) -> None:
    """Its main list, under the question's name or another."""
    mine.export("out.duckdb", question=DAY)
    mine.export("out.duckdb", question=json.dumps(DAY), name="daily", dataset="reports")
    rows = [("2026-03-01T00:00:00Z", 1), ("2026-03-02T00:00:00Z", 1)]
    assert sorted(found("SELECT time, value FROM ethogram.trends")) == rows
    assert sorted(found("SELECT time, value FROM reports.daily")) == rows


def test_what_sql_finds_goes_out_whole(mine: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the rows that an answer may have."""
    mine.export("out", sql="SELECT i, i * 0.5 AS half FROM range(20000) t(i)", name="numbers")
    (file,) = Path("out/ethogram/numbers").glob("*.parquet")
    assert pyarrow.parquet.read_table(file).num_rows == 20_000


def test_a_folder_of_commas_has_no_formula(mine: Opened) -> None:
    """As in a single file: what a spreadsheet would run is text."""
    mine.export("out", sql="SELECT '=1+1' AS said, -5 AS n", name="rows", format="csv")
    (csv,) = Path("out/ethogram/rows").glob("*.csv")
    row = pyarrow.csv.read_csv(csv).to_pylist()[0]
    assert (row["said"], row["n"]) == ("'=1+1", -5)


@pytest.mark.parametrize(
    ("to", "kept"),
    [
        ("postgresql://ann:s3cret@db.example:5432/shop", "postgresql://db.example:5432/shop"),
        ("postgresql://db/shop?user=ann&password=s3cret", "postgresql://db/shop"),
        ("https://store.example/bucket?sig=s3cret", "https://store.example/bucket"),
        ("snowflake://acme/shop;pwd=s3cret", "snowflake://acme/shop"),
        ("snowflake://me:s3/cret@acme/shop", "snowflake://acme/shop"),
        ("out/events.csv", "out/events.csv"),
        ("/home/me@work/out.csv", "/home/me@work/out.csv"),
    ],
)
def test_an_address_is_kept_without_secrets(tmp_path: Path, to: str, kept: str) -> None:
    """Neither a login nor what follows the place; receipts of erasures name it for good."""
    remember(tmp_path, "events", to)
    assert [each.to for each in exports(tmp_path)] == [kept]
    assert b"s3cret" not in (tmp_path / "exports" / "sent.jsonl").read_bytes()


def test_a_folder_has_files_of_the_format(mine: Opened) -> None:
    """CSV, JSON lines, Parquet or a Delta table."""
    for form in ("csv", "jsonl", "parquet"):
        mine.export(form, table="events", format=form)
    (csv,) = Path("csv/ethogram/events").glob("*.csv")
    assert pyarrow.csv.read_csv(csv)["event"].to_pylist() == ["catalog", "cart", "cart"]
    (lines,) = Path("jsonl/ethogram/events").glob("*.jsonl")
    assert json.loads(lines.read_text().splitlines()[0])["event"] == "catalog"
    (parquet,) = Path("parquet/ethogram/events").glob("*.parquet")
    assert pyarrow.parquet.read_table(parquet)["unit_price"].to_pylist() == [3.0, None, None]
    for _ in range(2):
        mine.export("delta", table="events", format="delta", write="merge", key=("position",))
    assert DeltaTable("delta/ethogram/events").count() == 3


def test_what_comes_back_is_what_went_out(mine: Opened, tmp_path: Path) -> None:
    """Exported events are a source of another workspace, and give the same answer there."""
    mine.export("out", table="events", format="parquet", with_names=True)
    (file,) = Path("out/ethogram/events").glob("*.parquet")
    columns = {"user": "user", "time": "timestamp", "event": "event", "id": "event_id"}
    with eg.open(tmp_path / "second") as second:
        with second.importing() as target:
            import_file(target, Local(file), Mapping(**columns), lambda *_: None)
        funnel = eg.Funnel(["catalog", "cart"])
        assert second.ask(funnel).rows == mine.ask(funnel).rows


@pytest.mark.parametrize(
    ("to", "asked", "code"),
    [
        ("out", {"table": "evnts"}, "unknown_table"),
        ("out", {"table": "events", "sql": "SELECT 1"}, "bad_export"),
        ("out", {"table": "events", "format": "xlsx"}, "bad_format"),
        ("out", {"table": "events", "write": "insert"}, "bad_write"),
        ("mongodb://x/y", {"table": "events"}, "unknown_destination"),
        ("out", {"sql": "DROP TABLE events"}, "sql_refused"),
    ],
)
def test_what_cannot_be_is_told(mine: Opened, to: str, asked: dict[str, Any], code: str) -> None:
    """With what exists instead."""
    with pytest.raises((Invalid, NotFound)) as refused:
        mine.export(to, **asked)
    assert refused.value.code == code


def test_what_a_destination_fails_with_is_said(mine: Opened) -> None:
    """In its own words; the password of its address is not among them."""
    with pytest.raises(EthogramError) as failed:
        mine.export("postgresql://me:hush-hush@127.0.0.1:9/x", table="events")
    assert failed.value.code == "export_failed"
    assert "hush-hush" not in str(failed.value)


READERS: dict[str, Any] = {
    "parquet": lambda path: pyarrow.parquet.read_table(path).to_pylist(),
    "csv": lambda path: pyarrow.csv.read_csv(path).to_pylist(),
    "jsonl": lambda path: [json.loads(line) for line in path.read_bytes().splitlines()],
}


@pytest.mark.parametrize("form", READERS)
def test_a_files_name_is_a_files_name(mine: Opened, form: str) -> None:
    """The rows are in the file of that name, which is written anew by the next."""
    path = Path(f"new/out.{form}")
    for _ in range(2):
        sent = mine.export(str(path), table="events")
        assert (sent.rows, sent.to, path.is_file()) == (3, str(path), True)
    rows = READERS[form](path)
    assert [row["event"] for row in rows] == ["catalog", "cart", "cart"]
    assert [row["UnitPrice"] for row in rows] == [3, None, None]
    assert {path.name for path in Path("new").iterdir()} == {f"out.{form}"}


@pytest.mark.parametrize("form", READERS)
def test_a_file_holds_whatever_sql_finds(mine: Opened, form: str) -> None:
    """Nested values and large sums too, and nothing where nothing is found."""
    nested = "SELECT [1, 2] AS a, {'b': 1} AS c, sum(UnitPrice)::HUGEINT AS d FROM events"
    assert mine.export(f"out.{form}", sql=nested).rows == 1
    (row,) = READERS[form](Path(f"out.{form}"))
    assert row["d"] == 3
    assert (json.loads(row["a"]) if form == "csv" else row["a"]) == [1, 2]
    assert mine.export(f"out.{form}", sql="SELECT 1 AS a WHERE false").rows == 0
    assert READERS[form](Path(f"out.{form}")) == []


@pytest.mark.parametrize(
    ("to", "asked", "code"),
    [
        ("out.csv", {"table": "events", "sql": "SELECT 1"}, "bad_export"),
        ("out.csv", {"table": "events", "write": "append"}, "file_is_whole"),
        ("out.csv", {"table": "events", "since_last": True}, "file_is_whole"),
        ("out.csv", {"table": "events", "format": "jsonl"}, "bad_format"),
        ("s3://bucket/out.csv", {"table": "events"}, "file_in_bucket"),
        ("folder.csv", {"table": "events"}, "is_folder"),
    ],
)
def test_what_a_file_cannot_be_is_told(
    mine: Opened, to: str, asked: dict[str, Any], code: str
) -> None:
    """With what to do instead; nothing is written."""
    Path("folder.csv").mkdir()
    with pytest.raises(Invalid) as caught:
        mine.export(to, **asked)
    assert (caught.value.code, bool(caught.value.hint)) == (code, True)
    assert not Path("out.csv").exists()
