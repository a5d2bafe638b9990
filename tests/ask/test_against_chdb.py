"""The same small event sets through Ethogram and through ClickHouse's engine: equal counts.

`windowFunnel` over microseconds means what a funnel means here, and the rest is plain SQL; so
what both say was written twice, by people who did not know of each other.
"""

import json
from collections import Counter
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from chdb import session
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.step import Step
from ethogram.ask.questions.trends import Series, Trends
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.overlay import append, whole
from ethogram.ask.sequences.run import Snapshot, State
from ethogram.events.predicate import prop
from ethogram.events.times import DAY, iso

ZERO = 1_735_689_600_000_000
NOW = ZERO + 99 * DAY
NAMES = "ABCD"
TIMES = st.builds(
    lambda hour, rest: ZERO + (hour * 3 * 3600 + rest[0]) * 1_000_000 + rest[1],
    st.integers(0, 12), st.sampled_from([(0, 0), (0, 0), (0, 0), (0, 1), (900, 0), (899, 999_999)]),
)  # fmt: skip
EVENT = st.tuples(st.integers(1, 3), TIMES, st.sampled_from(NAMES), st.integers(0, 3))
EVENTS = st.lists(EVENT, min_size=6, max_size=40).map(
    lambda events: [*events, *((9, ZERO, name, 3) for name in NAMES)]
)


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory):
    """Asks SQL of the table ``e`` (person, micros, event, v), filled anew for each question."""
    engine = session.Session(str(tmp_path_factory.mktemp("chdb")))
    engine.query("CREATE DATABASE t")
    engine.query(
        "CREATE TABLE t.e (person Int64, micros Int64, event String, v Int64) ENGINE = Memory"
    )

    def ask(events, sql):
        rows = ", ".join(f"({p}, {at}, '{name}', {v})" for p, at, name, v in events)
        engine.query("TRUNCATE TABLE t.e")
        engine.query(f"INSERT INTO t.e VALUES {rows}")
        return json.loads(str(engine.query(sql, "JSONCompact")))["data"]

    yield ask
    engine.close()


def snapshot(events, cut):
    """The events as an index would hold them: the first ``cut`` in one part, then an overlay."""
    old, fresh = (build(_table(some, at)) for some, at in ((events[:cut], 0), (events[cut:], cut)))
    return Snapshot(append([whole(old)], [], fresh), State(len(events)))


def _table(events, position):
    person, micros, names, values = zip(*events, strict=True) if events else ((), (), (), ())
    return pa.table(
        {
            "position": np.arange(position, position + len(events)),
            "event": pa.array(names, pa.string()),
            "timestamp": pa.array(micros, pa.timestamp("us", "UTC")),
            "person": pa.array(person, pa.int64()),
            "p_v_number": pa.array(values, pa.float64()),
        }
    )


@settings(max_examples=300, deadline=None)
@given(
    events=EVENTS,
    cut=st.integers(0, 60),
    steps=st.permutations(NAMES).flatmap(lambda names: st.sampled_from([names[:2], names[:3]])),
    hours=st.sampled_from([3, 6, 24]),
    filtered=st.booleans(),
    by=st.booleans(),
)
def test_a_funnel_is_window_funnel(clickhouse, events, cut, steps, hours, filtered, by):
    """People per step are those of `windowFunnel` over microseconds; by person they are each's."""
    where = prop("v") > 0 if filtered else None
    spec = Funnel(steps, within=f"{hours}h", where=where, by=["v"] if by else [])
    found = answer(spec, snapshot(events, min(cut, len(events))), NOW).results["steps"]
    conditions = ", ".join(f"event = '{name}'" for name in steps)
    levels = clickhouse(
        events,
        f"SELECT windowFunnel({hours * 3_600_000_000})(toUInt64(micros), {conditions}) AS level "
        f"FROM t.e {'WHERE v > 0' if filtered else ''} GROUP BY person",
    )
    reached = [sum(int(level) > k for (level,) in levels) for k in range(len(steps))]
    assert [step["people"] for step in found] == reached


@settings(max_examples=80, deadline=None)
@given(
    events=EVENTS,
    cut=st.integers(0, 60),
    interval=st.sampled_from(["hour", "day"]),
    zone=st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]),
    first=st.one_of(st.none(), TIMES),
    filtered=st.booleans(),
)
def test_trends_are_plain_sql(clickhouse, events, cut, interval, zone, first, filtered):
    """Events and people per hour and local day are what counting and `uniqExact` give."""
    zone = "UTC" if interval == "hour" else zone
    series = [Series("A"), Series("A", "people"), Series(), Series(None, "people")]
    spec = Trends(series, interval=interval, timezone=zone, from_=first and iso(first),
                  where=prop("v") > 0 if filtered else None)  # fmt: skip
    found = answer(spec, snapshot(events, min(cut, len(events))), NOW).results["series"]
    start = "toStartOfHour" if interval == "hour" else "toStartOfDay"
    rows = clickhouse(
        events,
        f"SELECT toUnixTimestamp({start}(fromUnixTimestamp64Micro(micros, '{zone}'), '{zone}')) "
        "AS at, countIf(event = 'A'), uniqExactIf(person, event = 'A'), count(), uniqExact(person) "
        f"FROM t.e WHERE micros >= {first or 0} {'AND v > 0' if filtered else ''} GROUP BY at",
    )
    for j, line in enumerate(found, 1):
        wanted = {int(row[0]): int(row[j]) for row in rows if int(row[j])}
        assert {
            datetime.fromisoformat(at).timestamp(): n for at, n in line["points"] if n
        } == wanted


@settings(max_examples=80, deadline=None)
@given(events=EVENTS, cut=st.integers(0, 60), back=st.sampled_from(["B", None]))
def test_retention_is_plain_sql(clickhouse, events, cut, back):
    """Cohorts by the day of the first start, and who of them returned on which day after it."""
    spec = Retention("A", Step(back), periods=7)
    found = answer(spec, snapshot(events, min(cut, len(events))), NOW).results["cohorts"]
    day, again = f"intDiv(micros - {ZERO}, {DAY})", f"event = '{back}'" if back else "1"
    rows = clickhouse(
        events,
        f"SELECT intDiv(first - {ZERO}, {DAY}) AS cohort, {day} - cohort AS since, "
        "uniqExact(person) FROM t.e INNER JOIN (SELECT person, min(micros) AS first FROM t.e "
        "WHERE event = 'A' GROUP BY person) AS s USING (person) "
        f"WHERE {again} AND micros >= first GROUP BY cohort, since",
    )
    wanted = Counter({(int(cohort), int(since)): int(n) for cohort, since, n in rows})
    assert {
        (cohort, since): n
        for cohort, each in enumerate(found)
        for since, n in enumerate(each["returned"])
        if n
    } == wanted


@settings(max_examples=60, deadline=None)
@given(events=EVENTS, cut=st.integers(0, 60), own=st.booleans())
def test_recurring_retention_is_clickhouses_own(clickhouse, events, cut, own):
    """Who did A on a day, and who of them B a day later: what its `retention` finds."""
    back = "A" if own else "B"
    spec = Retention("A", back, periods=1, start_mode="recurring")
    found = answer(spec, snapshot(events, min(cut, len(events))), NOW).results["cohorts"]
    day = f"intDiv(micros - {ZERO}, {DAY})"
    for cohort, each in enumerate(found):
        ((size, returned),) = clickhouse(
            events,
            "SELECT sum(r[1]), sum(r[2]) FROM (SELECT person, retention("
            f"event = 'A' AND {day} = {cohort}, event = '{back}' AND {day} = {cohort + 1}) AS r "
            "FROM t.e GROUP BY person)",
        )
        assert (each["size"], each["returned"][1]) == (int(size), int(returned))


@settings(max_examples=150, deadline=None)
@given(events=EVENTS, cut=st.integers(0, 60), steps=st.permutations(NAMES))
def test_attempts_are_the_chains_of_sequence_count(clickhouse, events, cut, steps):
    """Without a window, the attempts that get to the end are `sequenceCount`'s chains."""
    alone = list({(person, at): (person, at, name, v) for person, at, name, v in events}.values())
    alone += [(99, ZERO + i, name, 0) for i, name in enumerate(NAMES)]
    spec = Funnel(steps[:3], count="attempts")
    found = answer(spec, snapshot(alone, min(cut, len(alone))), NOW).results["steps"]
    conditions = ", ".join(f"event = '{name}'" for name in steps[:3])
    chains = clickhouse(
        alone,
        "SELECT sequenceCount('(?1).*(?2).*(?3)')(toUInt64(micros), "
        f"{conditions}) FROM t.e GROUP BY person",
    )
    assert found[-1]["attempts"] == sum(int(count) for (count,) in chains)
