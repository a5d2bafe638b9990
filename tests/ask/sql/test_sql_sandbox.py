"""SQL can read the views and nothing else, and stops at its limits."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest

from ethogram.ask.sql import child, sandbox
from ethogram.ask.sql.answer import SqlAnswer, SqlState, stated
from ethogram.ask.sql.fence import checked
from ethogram.ask.sql.job import Job, Limits
from ethogram.ask.sql.views import VIEWS
from ethogram.events.errors import Busy, EthogramError, Invalid
from ethogram.store.lake.schema import EVENTS
from ethogram.store.lake.tables import Lake

SECRET = b"sealed words"
ROWS = 20_000


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Events in two commits, the second with one more property; its folder's name is hostile."""
    made = Lake(tmp_path_factory.mktemp("o'hara lake"))
    made.events.append(table(1, ROWS // 2, p_price_number=pa.array([1.5] * (ROWS // 2))), ROWS // 2)
    more = {"p_plan_text": pa.array(["pro"] * (ROWS // 2))}
    made.events.append(table(ROWS // 2 + 1, ROWS, **more), ROWS)
    return made


def table(first: int, last: int, **properties: pa.Array) -> pa.Table:
    """Events of the positions ``first`` to ``last``, a minute and a person apart."""
    positions = range(first, last + 1)
    at = pa.array([1_770_000_000_000_000 + n * 60_000_000 for n in positions]).cast(
        EVENTS.field("timestamp").type
    )
    values: dict[str, Any] = {
        "position": positions, "event": ["cart"] * len(at), "kind": ["track"] * len(at),
        "event_id": list(map(str, positions)), "timestamp": at, "received_at": at,
        "person": [n % 100 for n in positions], "properties": ["{}"] * len(at),
        "sealed": [SECRET] * len(at),
    }  # fmt: skip
    columns = {
        field.name: pa.array(values[field.name], field.type)
        if field.name in values
        else pa.nulls(len(at), field.type)
        for field in EVENTS
    }
    return pa.table({**columns, **properties})


def job(lake: Lake, sql: str, **limits: float) -> Job:
    files = lake.events.files()
    return Job(sql, files.paths, files.columns, Limits(**{"threads": 2, **limits}))


def run(lake: Lake, sql: str, **limits: float) -> SqlAnswer:
    return stated(sandbox.run(job(lake, sql, **limits)), SqlState(ROWS, ROWS))


@pytest.fixture(scope="module")
def fenced(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database of the child process, in this one."""
    with child.opened(job(lake, "")) as connection:
        yield connection


def test_the_views_can_be_read_from_the_process(lake: Lake) -> None:
    """Columns that joined later are there, null before; no result has what is sealed."""
    found = run(lake, "SELECT count(*), count(price), count(plan) FROM events").to_rows()
    assert found.rows == [[ROWS, ROWS // 2, ROWS // 2]]
    everything = run(lake, "SELECT * FROM events")
    assert "sealed" not in everything.table.column_names


def outside(lake: Lake, tmp: str) -> list[str]:
    """Statements that reach for what is none of theirs."""
    own = lake.events.files().paths[0].replace("'", "''")
    vault = lake.events.folder.parent / "vault.sqlite"
    return [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM '/etc/passwd'",
        "FROM glob('/etc/*')",
        f"SELECT * FROM read_blob('{str(vault).replace(chr(39), chr(39) * 2)}')",
        f"SELECT sealed FROM read_parquet('{own}')",
        f"SELECT sealed FROM '{own}'",
        f'WITH "{own}" AS (SELECT 1) SELECT * FROM "{own}"',
        f"SELECT (SELECT count(*) FROM read_parquet('{own}')) FROM events",
        "SELECT sealed FROM lake",
        "SELECT * FROM main.lake",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('lake')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM 'https://example.org/x.parquet'",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        f"COPY events TO '{tmp}/out.csv'",
        f"COPY (SELECT 1) TO '{tmp}/out.parquet'",
        f"EXPORT DATABASE '{tmp}/out'",
        f"ATTACH '{tmp}/other.db'",
        f"ATTACH '{vault}' (TYPE sqlite)".replace("o'hara", "o''hara"),
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "RESET lock_configuration",
        "PRAGMA database_list",
        "PRAGMA memory_limit='64GB'",
        "CREATE SECRET (TYPE s3)",
        "CREATE TABLE mine AS SELECT 1",
        "DROP VIEW events",
        "CALL pragma_version()",
        "SHOW DATABASES",
        "DESCRIBE lake",
        "EXPLAIN SELECT 1",
        "SELECT 1; SELECT 2",
        "",
    ]


def test_the_fence_lets_nothing_else_through(
    lake: Lake, fenced: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Every statement that reaches out is refused before it runs, with a code and what to do."""
    for sql in outside(lake, str(tmp_path)):
        with pytest.raises(Invalid) as refused:
            checked(fenced, sql, VIEWS)
        assert refused.value.code in ("sql_refused", "unknown_table", "unknown_function", "bad_sql")
        assert refused.value.at.startswith("$.sql"), sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM 'https://example.org/x.parquet'",
        "COPY (SELECT 1) TO '/tmp/ethogram-out.csv'",
        "ATTACH '/tmp/ethogram-other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "RESET lock_configuration",
        "SET allowed_paths = ['/etc/passwd']",
    ],
)
def test_behind_the_fence_duckdb_refuses_too(fenced: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Without the look at the statement, neither file nor network nor setting is reached."""
    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)) as refused:
        fenced.execute(sql)
    assert "disabled" in str(refused.value) or "locked" in str(refused.value)


def test_the_system_lets_the_process_write_no_file(tmp_path: Path) -> None:
    """Not a byte, whoever it is in the process that tries."""
    probe = (
        "import os\nfrom ethogram.ask.sql.child import confine\n"
        "from ethogram.ask.sql.job import Limits\nconfine(Limits())\n"
        f"into = os.open({str(tmp_path / 'out')!r}, os.O_CREAT | os.O_WRONLY)\n"
        "try: os.write(into, b'x')\nexcept OSError as error: print(error.strerror)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n"
    assert (tmp_path / "out").read_bytes() == b""


def test_the_key_in_the_environment_is_not_handed_on(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process has no variable of this one but where Python finds its modules."""
    monkeypatch.setenv("ETHOGRAM_MASTER_KEY", "00" * 32)
    seen: list[dict[str, str]] = []
    real = subprocess.Popen

    def spy(*words: Any, **options: Any) -> Any:
        seen.append(options["env"])
        return real(*words, **options)

    monkeypatch.setattr(subprocess, "Popen", spy)
    assert run(lake, "SELECT 1").to_rows().rows == [[1]]
    assert [set(each) for each in seen] == [{"PYTHONPATH"}]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("WITH a AS (SELECT 1 AS x) SELECT x FROM a", [[1]]),
        ("SELECT count(*) FROM range(3), unnest([1, 2])", [[6]]),
        ("VALUES (1), (2)", [[1], [2]]),
        ("SELECT 1 -- the end", [[1]]),
        ("SELECT x.value FROM json_each('[7]') x;", [["7"]]),
        ("FROM Sessions SELECT count(*) > 0", [[True]]),
        ("SELECT column_name FROM (DESCRIBE people) LIMIT 1", [["person"]]),
        ("SELECT 9007199254740993, 1.5::DECIMAL(4, 2), NULL", [["9007199254740993", 1.5, None]]),
        ("SELECT INTERVAL 90 MINUTE", [["PT5400S"]]),
        ("SELECT INTERVAL 1 MONTH", [["1 months 0 days 0 µs"]]),
        ("SELECT TIMESTAMPTZ '2026-03-01 12:00:00+02'", [["2026-03-01T10:00:00Z"]]),
    ],
)
def test_what_reads_nothing_else_is_let_through(lake: Lake, sql: str, rows: list[Any]) -> None:
    """Ways to write a SELECT, and table functions that need no file; values are plain JSON."""
    assert msgspec.json.decode(msgspec.json.encode(run(lake, sql).to_rows()))["rows"] == rows


@pytest.mark.parametrize(
    ("sql", "code", "at", "hint"),
    [
        ("SELECT\n  'ü', evnt FROM events", "unknown_column", "$.sql:2:8", '"event"'),
        ("SELECT e.evnt FROM events e", "sql_failed", "$.sql:1:8", ""),
        ("SELECT * FROM evnts", "unknown_table", "$.sql:1:15", '"events"'),
        ("SELECT * FROM rang(3)", "unknown_function", "$.sql:1:15", '"range"'),
        ("SELCT 1", "bad_sql", "$.sql:1:1", ""),
        ("SELECT floar(1)", "sql_failed", "$.sql:1:8", "floor"),
        ("SELECT 'a'::INTEGER", "sql_failed", "$.sql:1:11", ""),
        ("SELECT sum(event) FROM events", "sql_failed", "$.sql:1:8", "DECIMAL"),
    ],
)
def test_errors_say_where_and_what_there_is(
    lake: Lake, sql: str, code: str, at: str, hint: str
) -> None:
    """The code, DuckDB's place in the statement as line and column, the nearest name."""
    with pytest.raises(Invalid) as failed:
        run(lake, sql)
    assert (failed.value.code, failed.value.at) == (code, at)
    assert hint in failed.value.hint


def test_rows_beyond_the_limit_are_cut_off_and_it_is_said(lake: Lake) -> None:
    """As many as may be, in the order asked for."""
    some = run(lake, "SELECT position FROM events ORDER BY position DESC", rows=3)
    assert (some.to_rows().rows, some.more) == ([[ROWS], [ROWS - 1], [ROWS - 2]], True)
    assert not run(lake, "SELECT 1 LIMIT 3", rows=3).more


def test_a_limit_beyond_the_setting_is_refused() -> None:
    """As is one of no rows."""
    assert Limits(rows=10).at_most(3).rows == 3
    for rows in (0, 11):
        with pytest.raises(Invalid, match="10"):
            Limits(rows=10).at_most(rows)


EXPLODES = {
    "a cross join": "SELECT list(a.position + b.position) FROM events a, events b",
    "a huge sort": "SELECT x FROM (SELECT a.position * b.position AS x, a.properties || b.position "
    "AS y FROM events a, events b) WINDOW w AS (ORDER BY y, x) QUALIFY row_number() OVER w > 5",
    "a long text": "SELECT string_agg(a.event_id || b.event_id) FROM events a, events b",
    "a long list": "SELECT range(1000000000)",
    "a repeated text": "SELECT repeat('x', 2000000000), repeat('y', 2000000000)",
}


@pytest.mark.parametrize("what", EXPLODES)
def test_a_statement_that_takes_too_much_memory_stops(lake: Lake, what: str) -> None:
    """It ends with an error and its process is gone, so what it took is free again."""
    before = len(children())
    with pytest.raises(EthogramError) as stopped:
        run(lake, EXPLODES[what], memory=200 << 20)
    assert stopped.value.code == "sql_memory", stopped.value
    assert len(children()) == before


ENDLESS = """
    SELECT sum(sqrt(a.position * b.position * c.position)) FROM events a, events b, events c
"""


def test_a_statement_ends_when_nobody_waits_for_it(lake: Lake) -> None:
    """Long before its time is over, and its process with it."""
    left = Event()
    left.set()
    before = len(children())
    with pytest.raises(Busy) as ended:
        sandbox.run(job(lake, ENDLESS, seconds=60), left)
    assert ended.value.code == "nobody_waits"
    assert len(children()) == before


def test_a_statement_that_takes_too_long_stops(lake: Lake) -> None:
    """Whatever it is at; nothing of it goes on."""
    before, began = len(children()), time.monotonic()
    with pytest.raises(Invalid, match="2 seconds") as stopped:
        run(lake, ENDLESS, seconds=2)
    assert stopped.value.code == "sql_time"
    assert (len(children()), time.monotonic() - began < 20) == (before, True)


def test_a_result_larger_than_may_be_sent_is_refused(lake: Lake) -> None:
    """Few rows can be large too."""
    with pytest.raises(Invalid) as stopped:
        run(lake, "SELECT repeat('x', 1000000) FROM range(100)")
    assert stopped.value.code == "sql_too_large"


def test_deep_statements_are_an_error_like_others(lake: Lake) -> None:
    """However deeply they are nested."""
    with pytest.raises(EthogramError) as failed:
        run(lake, "SELECT " + "(" * 5000 + "1" + ")" * 5000)
    assert failed.value.code in ("bad_sql", "too_deep", "sql_failed")


def children() -> list[str]:
    """The processes that this one has."""
    tasks = Path(f"/proc/{os.getpid()}/task")
    return [pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
