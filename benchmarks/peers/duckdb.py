"""DuckDB: a table in the order of (person, time), asked in the SQL that proved fastest.

An ordered funnel is a chain of ASOF joins: each event of step k takes the latest attempt of
its person that reached step k - 1 no later than it, where that began within the window. A
chain of window functions says the same and took three times as long.
"""

import duckdb

from benchmarks.generate import START, EventSet
from benchmarks.peers import THREADS
from benchmarks.questions import (
    Correlation,
    Counts,
    Funnel,
    Paths,
    PeopleADay,
    Question,
    Retention,
    TotalsADay,
    met,
)

ORIGIN = int(START.timestamp())


class DuckDB:
    """One connection to the table ``events``, with codes for names and integers for times."""

    name, exact = "duckdb", True
    version = duckdb.__version__

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def ask(self, question: Question) -> Counts:
        """The counts of ``question``."""
        match question:
            case Funnel():
                return {tuple(key): n for *key, n in self._rows(_funnel(question)) if n}
            case Retention():
                rows = self._rows(_retention(question))
                return {(first, since): n for first, since, n in rows}
            case Correlation():
                return met(question, self._rows(_correlation(question)))
            case PeopleADay():
                return dict(_keyed(self._rows(_people_a_day(question))))
            case TotalsADay():
                return dict(_keyed(self._rows(_totals_a_day(question))))
            case Paths():
                rows = self._rows(_paths(question))
                return {(*key, which): n for *key, a, b in rows for which, n in enumerate((a, b))}

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _rows(self, sql: str) -> list[tuple[int, ...]]:
        return self.connection.execute(sql).fetchall()


def load(events: EventSet) -> list[DuckDB]:
    """The table, filled from the Parquet files where it is not there yet."""
    path = events.folder / "duckdb.db"
    connection = duckdb.connect(str(path))
    connection.execute(f"SET threads = {THREADS}; SET memory_limit = '3GB'; SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS events AS SELECT person, epoch_us(ts) AS micros, "
        "CAST(substr(event, 7) AS UTINYINT) AS event, price, country, item, member "
        f"FROM read_parquet('{events.folder}/*.parquet')"
    )
    return [DuckDB(connection)]


def _keyed(rows: list[tuple[int, ...]]) -> list[tuple[tuple[int, ...], int]]:
    return [(tuple(keys), n) for *keys, n in rows]


def _funnel(question: Funnel) -> str:
    """Rows (country or nothing, step, people)."""
    among = ", ".join(map(str, question.steps))
    over = "" if question.over is None else f"AND price > {question.over}"
    events = f"SELECT person, country, micros, event FROM events WHERE event IN ({among}) {over}"
    start = f"event = {question.steps[0]}"
    steps = [
        f"e AS ({events})",
        f"r0 AS (SELECT person, country, micros, micros AS first FROM e WHERE {start})",
    ]
    steps += [_next_step(k, code, question.days) for k, code in enumerate(question.steps) if k]
    key, group = ("country,", "GROUP BY country") if question.by_country else ("", "")
    counts = (
        f"SELECT {key} {k}, count(DISTINCT person) FROM r{k} {group}"
        for k in range(len(question.steps))
    )
    return f"WITH {', '.join(steps)} {' UNION ALL '.join(counts)}"


def _next_step(k: int, code: int, days: int) -> str:
    return (
        f"r{k} AS (SELECT this.person, this.country, this.micros, before.first "
        f"FROM (SELECT * FROM e WHERE event = {code}) AS this ASOF JOIN r{k - 1} AS before "
        "ON this.person = before.person AND this.micros >= before.micros "
        f"WHERE this.micros - before.first <= {days * 86_400_000_000})"
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


def _correlation(question: Correlation) -> str:
    """Rows (event, whether they converted, people)."""
    first, last = question.steps
    window = question.days * 86_400_000_000
    return (
        f"WITH a AS (SELECT person, micros FROM events WHERE event = {first}), "
        f"b AS (SELECT person, micros FROM events WHERE event = {last}), "
        "done AS (SELECT b.person, min(b.micros) AS done, arg_min(a.micros, b.micros) AS start "
        "FROM b ASOF JOIN a ON b.person = a.person AND b.micros >= a.micros "
        f"WHERE b.micros - a.micros <= {window} GROUP BY b.person), "
        "began AS (SELECT person, min(micros) AS began FROM a GROUP BY person), "
        "who AS (SELECT person, done IS NOT NULL AS converted, coalesce(start, began) AS start, "
        f"coalesce(done, began + {window + 1}) AS done FROM began LEFT JOIN done USING (person)), "
        "pairs AS (SELECT DISTINCT person, event, converted FROM events JOIN who USING (person) "
        f"WHERE (micros > start AND micros < done AND event NOT IN ({first}, {last})) "
        f"OR (micros = start AND event = {first})) "
        "SELECT event, converted, count(*) FROM pairs GROUP BY ALL"
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


def _paths(question: Paths) -> str:
    """Rows (step, from, to, count, people); the table's order is that of (person, time).

    ``step`` counts the events that are not like the one before since the session's first, or
    since its first start.
    """
    other = "person IS DISTINCT FROM lag(person) OVER ()"
    if question.gap is not None:
        other += f" OR micros - lag(micros) OVER () >= {question.gap}000000"
    start = "TRUE" if question.start is None else f"event = {question.start}"
    upto = "ROWS UNBOUNDED PRECEDING"
    return (
        f"WITH e AS (SELECT person, event, lag(event) OVER () AS before, {other} AS first "
        "FROM events), "
        f"s AS (SELECT *, sum(first::INT) OVER ({upto}) AS session, "
        f"sum((first OR before <> event)::INT) OVER ({upto}) AS place FROM e), "
        f"p AS (SELECT session, min(place) AS begins FROM s WHERE {start} GROUP BY session) "
        "SELECT place - begins AS step, before, event, count(*), count(DISTINCT person) "
        f"FROM s JOIN p USING (session) WHERE place - begins BETWEEN 1 AND {question.depth - 1} "
        "AND NOT first AND before <> event GROUP BY ALL"
    )
