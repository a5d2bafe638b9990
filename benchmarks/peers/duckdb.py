"""DuckDB: a table in the order of (person, time), asked in the SQL that proved fastest.

An ordered funnel is a chain of window functions: after sorting by (person, time, step), the
latest attempt that reached step k is the greatest start so far among events of step k within
the window of it. A chain of ASOF joins says the same and was slower.
"""

import duckdb

from benchmarks.generate import START, EventSet, bench_folder
from benchmarks.peers import THREADS
from benchmarks.questions import (
    Counts,
    Funnel,
    PeopleADay,
    Question,
    Retention,
    TotalsADay,
)

ORIGIN = int(START.timestamp())


class DuckDB:
    """One connection to the table ``events``, with codes for names and integers for times."""

    name, exact = "duckdb", True
    version = duckdb.__version__

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def ask(self, question: Question) -> Counts | None:
        """The counts of ``question``."""
        match question:
            case Funnel(by_country=True):
                rows = self._rows(_funnel(question, "any_value(country)"))
                return {
                    (country, step): n
                    for country, *reached in rows
                    for step, n in enumerate(reached)
                    if n
                }
            case Funnel():
                ((_, *reached),) = self._rows(_funnel(question, "0"))
                return {(step,): n for step, n in enumerate(reached)}
            case Retention():
                rows = self._rows(_retention(question))
                return {(first, since): n for first, since, n in rows}
            case PeopleADay():
                return dict(_keyed(self._rows(_people_a_day(question))))
            case TotalsADay():
                return dict(_keyed(self._rows(_totals_a_day(question))))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _rows(self, sql: str) -> list[tuple[int, ...]]:
        return self.connection.execute(sql).fetchall()


def load(events: EventSet) -> list[DuckDB]:
    """The table, filled from the Parquet files where it is not there yet."""
    path = bench_folder() / f"duckdb-{events.folder.name}.db"
    connection = duckdb.connect(str(path))
    connection.execute(f"SET threads = {THREADS}; SET memory_limit = '5GB'; SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS events AS SELECT person, epoch_us(ts) AS micros, "
        "CAST(substr(event, 7) AS UTINYINT) AS event, price, country, item, member "
        f"FROM read_parquet('{events.folder}/*.parquet')"
    )
    return [DuckDB(connection)]


def _keyed(rows: list[tuple[int, ...]]) -> list[tuple[tuple[int, ...], int]]:
    return [(tuple(keys), n) for *keys, n in rows]


def _funnel(question: Funnel, group: str) -> str:
    among = ", ".join(map(str, question.steps))
    over = "" if question.over is None else f"AND price > {question.over}"
    step = " ".join(f"WHEN {code} THEN {k}" for k, code in enumerate(question.steps))
    window = question.days * 86_400_000_000
    chain = [
        f"c0 AS (SELECT person, country, micros, CASE event {step} END AS step, "
        f"CASE WHEN event = {question.steps[0]} THEN micros END AS a0 "
        f"FROM events WHERE event IN ({among}) {over})"
    ]
    for k in range(1, len(question.steps)):
        kept = "".join(f", a{j}" for j in range(k))
        chain.append(
            f"c{k} AS (SELECT person, country, micros, step{kept}, CASE WHEN step = {k} "
            f"AND micros - max(a{k - 1}) OVER w <= {window} "
            f"THEN max(a{k - 1}) OVER w END AS a{k} FROM c{k - 1} "
            "WINDOW w AS (PARTITION BY person ORDER BY micros, step "
            "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))"
        )
    last = len(question.steps) - 1
    far = ", ".join(f"count(a{k}) > 0 AS r{k}" for k in range(last + 1))
    sums = ", ".join(f"CAST(count(*) FILTER (r{k}) AS BIGINT)" for k in range(last + 1))
    return (
        f"WITH {', '.join(chain)}, people AS (SELECT {group} AS kind, {far} FROM c{last} "
        f"GROUP BY person) SELECT kind, {sums} FROM people GROUP BY kind"
    )


def _since(seconds: int) -> str:
    return f"(micros - {ORIGIN}000000) // {seconds}000000"


def _retention(question: Retention) -> str:
    week = _since(7 * 86_400)
    return (
        "WITH people AS (SELECT bit_or(CAST(1 AS USMALLINT) << CAST("
        f"{week} AS USMALLINT)) AS weeks, min({week}) FILTER (event = {question.start}) AS first "
        "FROM events GROUP BY person HAVING first IS NOT NULL) "
        "SELECT first, w - first AS since, count(*) FROM people, range(9) AS r(w) "
        "WHERE w >= first AND weeks & (CAST(1 AS USMALLINT) << CAST(w AS USMALLINT)) > 0 "
        "GROUP BY ALL"
    )


def _people_a_day(question: PeopleADay) -> str:
    return (
        f"SELECT {_since(86_400)} AS day, count(DISTINCT person) FROM events "
        f"WHERE event = {question.event} GROUP BY day"
    )


def _totals_a_day(question: TotalsADay) -> str:
    among = ", ".join(map(str, question.events))
    return (
        f"SELECT event, {_since(86_400)} AS day, count(*) FROM events "
        f"WHERE event IN ({among}) GROUP BY event, day"
    )
