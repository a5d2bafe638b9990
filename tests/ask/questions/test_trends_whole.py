"""Trends with every field: against an oracle that goes from event to event in plain Python."""

import statistics
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.calendar import calendar
from ethogram.ask.questions.split import Split
from ethogram.ask.questions.trends_spec import Between, Formula, Series, Trends
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Snapshot, State
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY, SECOND, iso

NOW = 99 * DAY
EVENT = st.tuples(
    st.integers(1, 4), st.integers(0, 29), st.sampled_from("AB"), st.sampled_from("xyz"),
    st.one_of(st.none(), st.integers(-3, 3)),
)  # fmt: skip
EVENTS = st.lists(EVENT, min_size=1, max_size=18, unique_by=lambda event: event[:2])
MEASURES = [
    Series("A"), Series("A", "people"), Series("A", "sum", "v"), Series("A", "p75", "v"),
    Series("A", "distinct", "v"), Series("A", "people", trailing="3d"),
    Series("A", "per_person"), Series("A", "per_person", statistic="p90"),
    Series("A", "per_person", "v", statistic="max"),
]  # fmt: skip
CUMULATIVE = [Series("A"), Series("A", "people"), Series("A", "sum", "v"),
              Series("A", "distinct", "v")]  # fmt: skip


def typed(events):
    """Two parts as an index holds them: the property g narrow, v with its nulls as numbers."""
    events = [(99, 0, "A", "x", 0), (98, 0, "B", "x", 0), *events]
    dealt = [[event for event in events if event[0] % 2 == odd] for odd in (0, 1)]
    return events, Snapshot(tuple(whole(build(_table(own))) for own in dealt), State(0))


def _table(events):
    people, thirds, names, groups, values = zip(*events, strict=True)
    return pa.table(
        {
            "position": np.arange(len(events)),
            "event": pa.array(names, pa.string()),
            "timestamp": pa.array([t * DAY // 3 for t in thirds], pa.timestamp("us", "UTC")),
            "person": pa.array(people, pa.int64()),
            "p_g_text": pa.array(groups, pa.string()),
            "p_v_number": pa.array(values, pa.float64()),
        }
    )


def counted(series, events, span):
    """The value of a series over the events of (person, third of a day, name, group, value)."""
    low, high = span
    own = [event for event in events if low <= event[1] < high and event[2] == series.event]
    numbers = [value for *_, value in own if value is not None]
    match series.measure:
        case "total":
            return len(own)
        case "people":
            return len({event[0] for event in own})
        case "sum":
            return sum(numbers)
        case "distinct":
            return len(set(numbers))
        case "p75":
            return float(np.percentile(numbers, 75)) if numbers else None
    sums = {}
    for person, *_, value in own:
        if series.property is None or value is not None:
            sums[person] = sums.get(person, 0) + (1 if series.property is None else value)
    if not sums:
        return None
    if series.statistic == "p90":
        return float(np.percentile([*sums.values()], 90))
    return max(sums.values()) if series.statistic else statistics.fmean(sums.values())


@settings(max_examples=125, deadline=None)
@example(
    events=[(1, 0, "A", "x", None), (1, 1, "A", "z", None), (1, 6, "A", "y", None)],
    series=MEASURES[5], by=True, most=2, assign="first", first=2, length=1, compare=True,
)  # fmt: skip
@given(
    events=EVENTS,
    series=st.sampled_from(MEASURES),
    by=st.booleans(),
    most=st.integers(1, 3),
    assign=st.sampled_from(["every", "first", "last"]),
    first=st.integers(0, 9),
    length=st.integers(1, 5),
    compare=st.booleans(),
)
def test_every_measure_by_group_and_compared(
    events, series, by, most, assign, first, length, compare
):
    """Groups beyond the most are one, of the same people; each point has its people."""
    events, snapshot = typed(events)
    spec = Trends(
        [series], by=["g"] if by else [], most_groups=most, assign=assign if by else "every",
        from_=iso(first * DAY), to=iso((first + length) * DAY),
        compare="previous" if compare and first >= length else None,
    )  # fmt: skip
    found = answer(spec, snapshot, NOW)
    back = 3 * 2 if series.trailing else 0
    spans = [3 * first, 3 * (first - length)][: 2 if spec.compare else 1]
    chosen, group_of = groups(spec, series, events, spans, back, 3 * length)
    wanted = {}
    for s, start in enumerate(spans):
        for day in range(length):
            low = start + 3 * day - back
            for group in {*group_of[s].values()}:
                own = [e for e in events if group_of[s].get(e[:3]) == group]
                wanted[s, day, group] = counted(series, own, (low, start + 3 * day + 3))
    lines = {line["by"]["g"] if by else None: line for line in found.results["series"]}
    assert [g for g, line in lines.items() if "others" in line] == (
        ["other"] if "other" in {*group_of[0].values()} | {*group_of[-1].values()} else []
    )
    nothing = 0 if series.measure in ("total", "people", "sum", "distinct") else None
    for group, line in lines.items():
        for s, points in enumerate([line["points"], line["compared"]] if spec.compare else
                                   [line["points"]]):  # fmt: skip
            for day, (at, value) in enumerate(points):
                assert at == iso((spans[s] // 3 + day) * DAY)
                assert value == pytest.approx(wanted.get((s, day, group), nothing)), (s, day, group)
                if series.measure == "people":
                    cell = {"period": at, "compared": s == 1}
                    if group is not None:
                        cell |= {"others": True} if group == "other" else {"by": {"g": group}}
                    assert len(found.people(**cell)) == value
    assert chosen is None or {*lines} - {"other"} <= {*chosen}


def groups(spec, series, events, spans, back, length):
    """The groups with a line of their own, and of each event, by its span, the group."""
    of = []
    for start in spans:
        own = sorted(e for e in events if start - back <= e[1] < start + length and e[2] == "A")
        if spec.assign == "every":
            of.append({e[:3]: e[3] for e in own})
        else:
            one = {e[0]: e[3] for e in (own if spec.assign == "last" else own[::-1])}
            of.append({e[:3]: one[e[0]] for e in own})
    if not spec.by:
        return None, [dict.fromkeys(each) for each in of]
    totals = [g for each in of for g in each.values()]
    ranked = sorted({*totals}, key=lambda g: (-totals.count(g), g))
    chosen = ranked[: spec.most_groups]
    return chosen, [{e: g if g in chosen else "other" for e, g in each.items()} for each in of]


@settings(max_examples=50, deadline=None)
@given(events=EVENTS, series=st.sampled_from(CUMULATIVE), by=st.booleans(), parts=st.integers(1, 3))
def test_cumulative_is_all_from_the_beginning(row, snapshot, events, series, by, parts):
    """People count once, from their first event on, however often they come."""
    events, _ = typed(events)
    rows = [row(p, t * DAY // 3, n, {"g": g, "v": v}) for p, t, n, g, v in events]
    spec = Trends([series], cumulative=True, by=["g"] if by else [])
    found = answer(spec, snapshot(rows, parts=parts), NOW)
    for line in found.results["series"]:
        own = [e for e in events if not by or e[3] == line["by"]["g"]]
        values = [value for _, value in line["points"]]
        assert values == [counted(series, own, (0, 3 * day + 3)) for day in range(len(values))]
        if series.measure == "people":
            at = line["points"][-1][0]
            assert len(found.people(period=at, by=line.get("by"))) == values[-1]


def trend(row, snapshot, per_day, **fields):
    """The points of events A, so many on each day."""
    rows = [row(1, day * DAY + i, "A") for day, n in enumerate(per_day) for i in range(n)]
    rows.append(row(2, 0, "B"))
    found = answer(Trends(fields.pop("series", ["A"]), **fields), snapshot(rows), NOW)
    return [[value for _, value in line["points"]] for line in found.results["series"]]


def test_a_moving_average_begins_where_it_is_whole(row, snapshot):
    """The mean of three points stands at the third."""
    assert trend(row, snapshot, [3, 0, 6, 3], moving_average=3) == [[None, None, 3.0, 3.0]]


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("A / B * 100", [200.0, None, None]),
        ("A - -B", [3.0, 0.0, 1.0]),
        ("(A + 1) * 0.5 / 2", [0.75, 0.25, 0.5]),
        ("1e300 * 1e300 * A", [None, None, None]),
    ],
)
def test_a_formula_is_computed_point_by_point(row, snapshot, formula, wanted):
    """Division by zero, and what is beyond numbers, is null."""
    formulas = [Formula(formula, "f")]
    found = trend(row, snapshot, [2, 0, 1], series=["A", "B"], formulas=formulas)
    assert found[2] == wanted


@pytest.mark.parametrize(
    "formula",
    ["", "A +", "C", "AB", "a", "A ** 2", "A if B else 1", "f(A)", "A.b", "'x'", "True", "A; B",
     "A[0]", "A // B", "A % B", "[A]", "A\0", "9" * 400, "(" * 300 + "A", "A" + "+A" * 400,
     "lambda: A", "A := B", "1j", "A < B", "…"],
)  # fmt: skip
def test_what_is_no_formula_is_refused_where_it_stands(row, snapshot, formula):
    """Only numbers, the series' letters and + - * / ( ); nothing is ever run."""
    with pytest.raises(Invalid) as refused:
        trend(row, snapshot, [1], series=["A", "B"], formulas=[Formula("A"), Formula(formula)])
    assert (refused.value.code, refused.value.at) == ("bad_formula", "$.formulas[1].formula")


@pytest.mark.parametrize(
    ("series", "fields", "at"),
    [
        (Series("A", "p101", "v"), {}, "$.series[0].measure"),
        (Series("A", "suM", "v"), {}, "$.series[0].measure"),
        (Series("A", "per_person", statistic="sum"), {}, "$.series[0].statistic"),
        (Series("A", "total", statistic="mean"), {}, "$.series[0].statistic"),
        (Series("A", "total", trailing="7d"), {}, "$.series[0].trailing"),
        (Series("A", "people", trailing="7 moons"), {}, "$.series[0].trailing"),
        (Series("A", "people", trailing="0d"), {}, "$.series[0].trailing"),
        (Series("A", "people", trailing="2000d"), {}, "$.series[0].trailing"),
        (Series("A", "mean", "v"), {"cumulative": True}, "$.series[0].measure"),
        (Series("A"), {"compare": "previous"}, "$.compare"),
        (Series("A"), {"by": [Split("v", bins=(3, 1))]}, "$.by[0].bins"),
        (Series("A"), {"by": [Split("v", bins=())]}, "$.by[0].bins"),
        (Series("A"), {"moving_average": 1}, "$.moving_average"),
        (Series("A"), {"from_": "1970-01-02", "compare": Between("1970-01-05", "1970-01-04")},
         "$.compare.to"),
        (Series("A"), {"from_": "1970-01-02", "to": "1970-02-02", "compare": "previous"},
         "$.compare"),
    ],
)  # fmt: skip
def test_fields_that_do_not_fit_are_refused_where_they_stand(row, snapshot, series, fields, at):
    """Each with its place."""
    events = snapshot([row(1, 0, "A", {"v": 1})])
    with pytest.raises(Invalid) as refused:
        answer(Trends([series], **fields), events, NOW)
    assert refused.value.at == at


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ({"series": 2}, "no series 2"),
        ({"period": "1970-01-09"}, "no point of that time"),
        ({"compared": True}, "compared with nothing"),
        ({"others": True}, "line of its own"),
    ],
)
def test_a_point_that_is_not_there_has_no_people(row, snapshot, cell, message):
    """The answer says what is wrong with the cell."""
    found = answer(Trends(["A"], by=["v"]), snapshot([row(1, 0, "A", {"v": 1})]), NOW)
    with pytest.raises(Invalid, match=message):
        found.people(**cell)
    assert found.people(by={"v": 1}).tolist() == [1]
    assert found.people(by={"v": True}).tolist() == []


SAMOA, BERLIN, NEW_YORK, APRIL = "Pacific/Apia", "Europe/Berlin", "America/New_York", "2026-04"


@pytest.mark.parametrize(
    ("zone", "from_", "to", "hours"),
    [
        (BERLIN, "2026-03-28", "2026-03-31", [24, 23, 24]),
        (BERLIN, "2026-10-24", "2026-10-27", [24, 25, 24]),
        (NEW_YORK, "2026-03-07", "2026-03-09", [24, 23]),
        ("Asia/Kolkata", "2026-03-28", "2026-03-30", [24, 24]),
        ("Australia/Lord_Howe", "2026-04-04", "2026-04-07", [24, 24.5, 24]),
        ("America/Sao_Paulo", "2018-11-03", "2018-11-06", [24, 23, 24]),
        (SAMOA, "2011-12-28", "2012-01-01", [24, 24, 24]),
        ("Pacific/Kwajalein", "1993-08-19", "1993-08-23", [24, 24, 24]),
    ],
)
def test_days_are_as_long_as_they_are_in_their_zone(row, snapshot, zone, from_, to, hours):
    """An event every half hour: twice as many a day as it has hours; Samoa had no 30 December."""
    start = int(datetime.fromisoformat(from_).replace(tzinfo=ZoneInfo(zone)).timestamp())
    rows = [row(1, (start + 1800 * i) * SECOND, "A") for i in range(int(2 * sum(hours)))]
    spec = Trends(["A", Series("A", "per_person")], timezone=zone, from_=from_, to=to)
    found = answer(spec, snapshot(rows), 10**16).results["series"]
    assert [value for _, value in found[0]["points"]] == [2 * n for n in hours]
    assert [value for _, value in found[1]["points"]] == [2 * n for n in hours]


def test_hours_are_those_of_the_wall_clock():
    """Half-hour zones strike at half past in UTC; a change by half an hour cuts one short."""
    for zone, day, labels in (
        ("Asia/Kolkata", "2026-03-01", ["00:00:00+05:30", "01:00:00+05:30", "02:00:00+05:30"]),
        ("Australia/Lord_Howe", "2026-04-05",
         ["00:00:00+11:00", "01:00:00+11:00", "01:30:00+10:30", "02:00:00+10:30"]),
        (BERLIN, "2026-10-25", ["00:00:00+02:00", "01:00:00+02:00", "02:00:00+02:00",
                                "02:00:00+01:00", "03:00:00+01:00"]),
    ):  # fmt: skip
        first = int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp())
        found = calendar("hour", ZoneInfo(zone), first * SECOND, (first + 5 * 3600) * SECOND)
        assert [found.label(p) for p in range(len(labels))] == [f"{day}T{at}" for at in labels]


@settings(max_examples=40, deadline=None)
@given(
    unit=st.sampled_from(["minute", "hour", "quarter", "year", "week"]),
    zone=st.sampled_from([BERLIN, "Australia/Lord_Howe", "Asia/Kathmandu", SAMOA,
                          "America/St_Johns"]),
    start=st.integers(600_000_000, 1_900_000_000),
    seconds=st.integers(0, 2 * 86_400),
)  # fmt: skip
def test_the_wall_clock_tells_the_period(unit, zone, start, seconds):
    """All seconds of a period show the same year, quarter, week from Sunday, hour or minute."""
    where = ZoneInfo(zone)
    found = calendar(unit, where, start * SECOND, (start + seconds) * SECOND, week_starts="sunday")

    def shown(second):
        local = datetime.fromtimestamp(second, where)
        day = local.date()
        return {
            "minute": (day, local.hour, local.minute), "hour": (day, local.hour),
            "week": day - timedelta(days=(day.weekday() + 1) % 7), "year": day.year,
            "quarter": (day.year, (day.month - 1) // 3),
        }[unit]  # fmt: skip

    for p in range(min(len(found), 40)):
        low, high = int(found.starts[p]), int(found.starts[p + 1])
        assert low < high
        if zone != "America/St_Johns" or unit in ("minute", "hour"):
            assert shown(low) == shown((low + high) // 2) == shown(high - 1)


@pytest.mark.parametrize(
    ("interval", "from_", "to", "compare", "first", "points"),
    [
        ("day", "2026-03-10", "2026-03-13", "previous", "2026-03-07", 3),
        ("month", "2026-01-01", "2026-04-01", "previous", "2025-10-01", 3),
        ("month", "2026-03-01", "2026-03-31", "previous", "2026-02-01", 1),
        ("day", "2024-02-29", "2024-03-02", "year_before", "2023-02-28", 2),
        ("week", "2026-03-02", "2026-03-16", "year_before", "2025-03-03", 2),
        ("day", "2026-03-10", "2026-03-12", Between("2026-01-01", "2026-01-10"), "2026-01-01", 2),
        ("quarter", "2026-04-01", "2026-07-01", "year_before", "2025-04-01", 1),
    ],
)
def test_the_time_compared_with_is_aligned(
    row, snapshot, interval, from_, to, compare, first, points
):
    """As many points at most, from the same weekday or date on."""
    at = int(datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp()) * SECOND
    later = int(datetime.fromisoformat(from_).replace(tzinfo=UTC).timestamp()) * SECOND
    rows = [row(1, at, "A"), row(2, later, "A"), row(3, later, "A")]
    spec = Trends(["A"], interval=interval, from_=from_, to=to, compare=compare)
    found = answer(spec, snapshot(rows), 10**16)
    (line,) = found.results["series"]
    assert line["compared"][0] == [f"{first}T00:00:00Z", 1]
    assert (len(line["points"]), len(line["compared"]), line["points"][0][1]) == (points, points, 2)
    assert found.rows[0]["compared"] == 1
    assert found.people(period=first, compared=True).tolist() == [1]


def test_a_trailing_time_looks_back_beyond_the_range(row, snapshot):
    """The week before the first day counts; whole days are days of the calendar."""
    start = int(datetime(2026, 3, 29, tzinfo=ZoneInfo(BERLIN)).timestamp()) * SECOND
    rows = [row(p, start + at * 3600 * SECOND, "A") for p, at in ((1, -24), (2, -1), (3, 30))]
    series = [Series("A", "people", trailing=length) for length in ("2d", "48h", "1h")]
    spec = Trends(series, from_="2026-03-29", to="2026-03-31", timezone=BERLIN)
    found = answer(spec, snapshot(rows), 10**16).results["series"]
    assert [[value for _, value in line["points"]] for line in found] == [[2, 1], [2, 1], [0, 0]]
