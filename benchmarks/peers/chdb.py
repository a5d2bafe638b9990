"""ClickHouse's engine in this process: a MergeTree by (person, time), and Parquet files.

`windowFunnel` compares times in the unit of its first argument. Over DateTime it is fastest but
takes events of one second as simultaneous; over microseconds it means what Ethogram means:
ties in step order, the window inclusive, a later first step may restart, the furthest wins. Its
modes strict_order, strict_increase and strict_deduplication mean something else and stay off.
"""

import json
import shutil
from typing import Any

from chdb import session

from benchmarks.generate import NAMES, START, EventSet
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
    names_of,
    reached,
)

ORIGIN = int(START.timestamp())
SETTINGS = f"SETTINGS max_threads = {THREADS}, max_memory_usage = 3000000000"


class ChDB:
    """One way to ask chDB: ``events`` is a table or `file(...)`, ``time`` its column or term."""

    exact = True

    def __init__(self, name: str, engine: session.Session, events: str, time: str) -> None:
        self.name, self.events, self.time = name, events, time
        self.engine = engine
        self.codes = not events.startswith("file(")
        self.exact = not time.startswith("second")
        self.version = str(self._rows("SELECT version()")[0][0])

    def ask(self, question: Question) -> Counts:
        """The counts of ``question``."""
        match question:
            case Funnel(by_country=True):
                return self._funnel_by_country(question)
            case Funnel():
                levels = self._rows(
                    f"SELECT level, count() FROM (SELECT {self._level(question)}) GROUP BY level"
                )
                counts = reached({int(a): int(b) for a, b in levels}, len(question.steps))
                return {(step,): n for step, n in enumerate(counts)}
            case Retention():
                return self._retention(question)
            case Correlation():
                return self._correlation(question)
            case PeopleADay():
                rows = self._rows(
                    f"SELECT {self._since(86_400)} AS day, uniqExact(person) FROM {self.events} "
                    f"WHERE event = {self._event(question.event)} GROUP BY day"
                )
                return {(int(day),): int(n) for day, n in rows}
            case TotalsADay():
                return self._totals(question)
            case Paths():
                return self._paths(question)

    def close(self) -> None:
        """Nothing: the session is shared by all ways and lives as long as the process."""

    def _level(self, question: Funnel) -> str:
        second = 1 if not self.exact else 1_000_000
        conditions = ", ".join(f"event = {self._event(step)}" for step in question.steps)
        among = ", ".join(self._event(step) for step in question.steps)
        over = "" if question.over is None else f" AND price > {question.over}"
        return (
            f"windowFunnel({question.days * 86_400 * second})({self.time}, {conditions}) AS level "
            f"FROM {self.events} WHERE event IN ({among}){over} GROUP BY person"
        )

    def _funnel_by_country(self, question: Funnel) -> Counts:
        rows = self._rows(
            f"SELECT country, level, count() FROM (SELECT any(country) AS country, "
            f"{self._level(question)}) GROUP BY country, level"
        )
        found: dict[str, dict[int, int]] = {}
        for country, level, n in rows:
            found.setdefault(country, {})[int(level)] = int(n)
        return {
            (country, step): n
            for country, levels in found.items()
            for step, n in enumerate(reached(levels, len(question.steps)))
            if n
        }

    def _retention(self, question: Retention) -> Counts:
        week, start = self._since(7 * 86_400), f"event = {self._event(question.start)}"
        rows = self._rows(
            f"SELECT first, arrayJoin(arrayFilter(w -> bitTest(weeks, w), range(first, 9))) - first"
            f" AS since, count() FROM (SELECT minIf({week}, {start}) AS first, "
            f"groupBitOr(bitShiftLeft(toUInt16(1), {week})) AS weeks FROM {self.events} "
            f"GROUP BY person HAVING countIf({start}) > 0) GROUP BY first, since"
        )
        return {(int(first), int(since)): int(n) for first, since, n in rows}

    def _correlation(self, question: Correlation) -> Counts:
        first, last = map(self._event, question.steps)
        window = question.days * 86_400 * (1_000_000 if self.exact else 1)
        a, b = (f"(SELECT person, {self.time} AS t FROM {self.events} WHERE event = {event})"
                for event in (first, last))  # fmt: skip
        done = (
            f"SELECT b.person AS person, min(b.t) AS end, argMin(a.t, b.t) AS start FROM {b} AS b "
            f"ASOF JOIN {a} AS a ON b.person = a.person AND b.t >= a.t "
            f"WHERE b.t - a.t <= {window} GROUP BY person"
        )
        who = (
            "SELECT began.person AS person, coalesce(done.person, 0) != 0 AS converted, "
            "if(converted, done.start, began.t) AS start, "
            f"if(converted, done.end, began.t + {window + 1}) AS end "
            f"FROM (SELECT person, min(t) AS t FROM {a} GROUP BY person) AS began "
            f"LEFT JOIN ({done}) AS done ON began.person = done.person"
        )
        rows = self._rows(
            "SELECT event, converted, uniqExact(person) FROM "
            f"(SELECT person, event, {self.time} AS t FROM {self.events}) AS e "
            f"JOIN ({who}) AS who ON e.person = who.person WHERE "
            f"(t > start AND t < end AND event NOT IN ({first}, {last})) "
            f"OR (t = start AND event = {first}) GROUP BY event, converted"
        )
        codes = {str(name): code for code, name in enumerate(NAMES)}
        return met(question, [(codes.get(event, event), c, n) for event, c, n in rows])

    def _totals(self, question: TotalsADay) -> Counts:
        among = ", ".join(self._event(event) for event in question.events)
        rows = self._rows(
            f"SELECT event, {self._since(86_400)} AS day, count() FROM {self.events} "
            f"WHERE event IN ({among}) GROUP BY event, day"
        )
        codes = dict(zip(names_of(question.events), question.events, strict=True))
        return {(codes.get(event, event), int(day)): int(n) for event, day, n in rows}

    def _paths(self, question: Paths) -> Counts:
        """The sessions of each person as arrays; their times are in micros in every way."""
        time, event = "micros", "event"
        if not self.codes:
            time, event = "assumeNotNull(toUnixTimestamp64Micro(ts))", "assumeNotNull(event)"
        events = f"arraySort(groupArray(({time}, {event})))"
        sessions = "[own.2]"
        if question.gap is not None:
            sessions = (
                f"arraySplit((e, d) -> d >= {question.gap}000000, own.2, arrayDifference(own.1))"
            )
        begin = "session"
        if question.start is not None:
            code = self._event(question.start)
            begin = f"if(has(session, {code}), arraySlice(session, indexOf(session, {code})), [])"
        rows = self._rows(
            f"SELECT edge.1, edge.2, edge.3, count(), uniqExact(person) FROM (SELECT person, "
            f"arraySlice(arrayCompact({begin}), 1, {question.depth}) AS path, "
            "arrayJoin(arrayZip(arrayEnumerate(arrayPopBack(path)), arrayPopBack(path), "
            "arrayPopFront(path))) AS edge FROM (SELECT person, arrayJoin("
            f"{sessions}) AS session FROM (SELECT person, {events} AS own FROM {self.events} "
            "GROUP BY person))) GROUP BY edge.1, edge.2, edge.3"
        )
        codes = dict(zip(NAMES, range(len(NAMES)), strict=True))
        return {
            (int(step), codes.get(a, a), codes.get(b, b), which): int(number)
            for step, a, b, *numbers in rows
            for which, number in enumerate(numbers)
        }

    def _event(self, code: int) -> str:
        return str(code) if self.codes else f"'{names_of((code,))[0]}'"

    def _since(self, seconds: int) -> str:
        column = "second" if self.codes else "ts"
        return f"toUInt8(intDiv(toUnixTimestamp({column}) - {ORIGIN}, {seconds}))"

    def _rows(self, sql: str) -> list[list[Any]]:
        answer = self.engine.query(f"{sql} {SETTINGS}", "JSONCompact")
        return json.loads(str(answer))["data"]


def load(events: EventSet) -> list[ChDB]:
    """The ways to ask chDB: the table in seconds and in microseconds, and the Parquet files."""
    folder = events.folder / "chdb"
    ready = folder.with_suffix(".ready")
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
    engine = session.Session(str(folder))
    engine.query("CREATE DATABASE IF NOT EXISTS bench")
    files = f"file('{events.folder}/*.parquet', Parquet)"
    if not ready.exists():
        _fill(engine, files)
        ready.touch()
    return [
        ChDB("chdb", engine, "bench.events", "second"),
        ChDB("chdb-micros", engine, "bench.events", "micros"),
        ChDB("chdb-parquet", engine, files, "toUInt64(toUnixTimestamp64Micro(ts))"),
    ]


def _fill(engine: session.Session, files: str) -> None:
    engine.query(
        "CREATE TABLE bench.events (person UInt64, second DateTime('UTC'), micros UInt64, "
        "event UInt8, price Float64, country LowCardinality(String), item LowCardinality(String), "
        "member Bool) ENGINE = MergeTree ORDER BY (person, second)"
    )
    engine.query(
        "INSERT INTO bench.events SELECT person, toDateTime(ts, 'UTC'), "
        "toUnixTimestamp64Micro(ts), toUInt8(substring(event, 7)), price, country, item, member "
        f"FROM {files} SETTINGS max_insert_threads = 1, max_threads = {THREADS}, "
        "max_memory_usage = 3000000000"
    )
    engine.query("OPTIMIZE TABLE bench.events FINAL")
