"""Every field of a retention against a slow and obvious oracle; and the people behind cells."""

import itertools
from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.question import Scope
from ethogram.ask.questions.retention import RETENTION, Retention
from ethogram.ask.questions.step import Step
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import DAY, iso

HOUR = DAY // 24
LENGTH = 9
TIMES = st.builds(
    lambda day, minute, rest: day * DAY + minute * 60_000_000 + rest,
    st.integers(0, LENGTH - 1),
    st.sampled_from([0, 30, 59, 60, 700, 1439]),
    st.sampled_from([0, 0, 1, 59_999_999]),
)
EVENT = st.tuples(
    TIMES, st.sampled_from("AABC"), st.sampled_from(["x", "y", None]), st.integers(0, 1)
)
CROWD = st.lists(st.lists(EVENT, max_size=9), min_size=1, max_size=4)
SPECS = st.builds(
    Retention,
    st.sampled_from([Step("A"), Step("A", prop("n") > 0), Step()]),
    st.sampled_from(["A", "B", Step(), Step("A", prop("n") > 0)]),
    periods=st.just(3),
    brackets=st.sampled_from([(), (), (1, 2), (2, 1)]),
    mode=st.sampled_from(["on", "on_or_after", "on_or_before", "streak"]),
    at_least=st.sampled_from([1, 1, 2]),
    start_mode=st.sampled_from(["first_ever", "first_event_ever", "first_in_range", "recurring"]),
    clock=st.sampled_from(["calendar", "rolling"]),
    floored=st.booleans(),
    by=st.sampled_from([(), ("v",)]),
    by_must_match=st.booleans(),
    period_zero=st.sampled_from(["returned", "everyone"]),
    from_=st.sampled_from([None, "1970-01-03"]),
    where=st.sampled_from([None, None, prop("v").exists()]),
).map(
    lambda spec: replace(
        spec,
        floored=spec.floored and spec.clock == "rolling",
        by_must_match=spec.by_must_match and bool(spec.by),
    )
)
NOWS = st.integers(1, 24 * 14).map(lambda hour: hour * HOUR)


def snapshot_of(row, snapshot, crowd, **options):
    """The crowd's events, in whatever order."""
    rows = [
        row(person, t, name, {"n": n} | ({} if v is None else {"v": v}))
        for person, stream in enumerate(crowd, 1)
        for t, name, v, n in stream
    ]
    return snapshot(rows, **options)


def ask(spec, here, now, cut=0):
    """The question over a snapshot, its parts cut after ``cut`` units."""
    asked = RETENTION.ask(spec, Scope(frozenset(), frozenset(), 0, LENGTH * DAY - 1, now))
    total = asked.nothing
    for part in here.parts:
        n = len(part.run.units)
        for low, high in itertools.pairwise(sorted({0, min(cut, n), n})):
            total = asked.merge(asked.over(part)(low, high), total)
    return asked.finish(total).results


def fits(pick, event):
    """Whether an event is the spec's ``pick``."""
    _, name, _, n = event
    return pick.event in (None, name) and (pick.where is None or n > 0)


def periods_between(spec, t0, t):
    """How many periods after ``t0`` an instant lies."""
    if spec.clock == "calendar":
        return t // DAY - t0 // DAY
    return (t // HOUR - t0 // HOUR) // 24 if spec.floored else (t - t0) // DAY


def end_of(spec, t0, k):
    """The instant at which period ``k`` of a start at ``t0`` ends."""
    if spec.clock == "calendar":
        return (t0 // DAY + k + 1) * DAY
    return (t0 // HOUR * HOUR if spec.floored else t0) + (k + 1) * DAY


def starts(spec, stream, since):
    """The instants and values of a stream's starts."""
    found = sorted((event for event in stream if fits(spec.start, event)), key=lambda e: e[0])
    named = [event[0] for event in stream if spec.start.event in (None, event[1])]
    if spec.start_mode == "first_event_ever":
        found = [event for event in found if event[0] == min(named)]
    if spec.start_mode in ("first_ever", "first_event_ever"):
        found = found[:1]
    found = [event for event in found if event[0] >= since]
    if spec.start_mode != "recurring":
        return found[:1]
    return [next(own) for _, own in itertools.groupby(found, key=lambda e: e[0] // DAY)]


def cells(spec, stream, t0):
    """The cells in which the start at ``t0`` counts as returned, by sets."""
    ends = list(itertools.accumulate(spec.brackets or (1,) * spec.periods, initial=0))
    counts = Counter()
    for event in stream:
        if fits(spec.return_, event) and event[0] >= t0:
            k = periods_between(spec, t0, event[0])
            counts[bisect_left(ends, k) if k <= ends[-1] else 100 + k] += 1
    hits = {cell for cell, n in counts.items() if n >= spec.at_least}
    known = range(len(ends))
    return {
        "on": {k for k in known if k in hits},
        "on_or_after": {k for k in known if any(h >= k for h in hits)},
        "on_or_before": {k for k in known if any(h <= k for h in hits)},
        "streak": (hits & {0}) | {k for k in known if k and hits >= set(range(1, k + 1))},
    }[spec.mode] | ({0} if spec.period_zero == "everyone" else set())


def oracle(spec, crowd, *, grouped):
    """{group: {(cohort, cell or "size"): people}}, straight from the definition."""
    since = 2 * DAY if spec.from_ else 0
    found = defaultdict(lambda: defaultdict(set))
    for person, whole in enumerate(crowd, 1):
        seen = [event for event in whole if spec.where is None or event[2] is not None]
        apart = grouped and spec.by_must_match
        streams = [[e for e in seen if e[2] == v] for v in ("x", "y", None)] if apart else [seen]
        for stream in streams:
            for start in starts(spec, stream, since):
                group = found[start[2] if grouped else "all"]
                stream_ = [e for e in stream if e[0] >= since or "ever" in spec.start_mode]
                for cell in {"size"} | cells(spec, stream_, start[0]):
                    group[start[0] // DAY - since // DAY, cell].add(person)
    return found


def over(spec, cohort, k, now):
    """Whether cell ``k`` is over for the last who can be in the cohort."""
    ends = list(itertools.accumulate(spec.brackets or (1,) * spec.periods, initial=0))
    since = 2 if spec.from_ else 0
    end = end_of(spec, (cohort + since + 1) * DAY - 1, ends[k])
    return end + (spec.clock == "rolling" and not spec.floored) <= now


def numbers(cohorts):
    """{(cohort, cell or "size"): number} without zeros, and the cells that are null."""
    known = {(c, "size"): each["size"] for c, each in enumerate(cohorts)}
    known |= {(c, k): n for c, each in enumerate(cohorts) for k, n in enumerate(each["returned"])}
    nulls = {key for key, n in known.items() if n is None}
    return {key: n for key, n in known.items() if n}, nulls


@settings(max_examples=250, deadline=None)
@given(crowd=CROWD, spec=SPECS, now=NOWS, cut=st.integers(0, 3))
def test_every_cell_is_what_sets_of_people_give(row, snapshot, crowd, spec, now, cut):
    """All fields together, over parts and chunks: sizes, cells, nulls, and each group's."""
    found = ask(spec, snapshot_of(row, snapshot, crowd, parts=2), now, cut)
    everyone = oracle(spec, crowd, grouped=False)["all"]
    tables = [(found["cohorts"], everyone)]
    if spec.by:
        groups = oracle(spec, crowd, grouped=True)
        assert [group["by"]["v"] for group in found["groups"]] == [
            v for v in ("x", "y", None) if v in groups
        ]
        tables += [(group["cohorts"], groups[group["by"]["v"]]) for group in found["groups"]]
    for cohorts, wanted in tables:
        known, nulls = numbers(cohorts)
        assert nulls == {
            (c, k)
            for c, each in enumerate(cohorts)
            for k in range(len(each["returned"]))
            if not over(spec, c, k, now)
        }
        counts = {key: len(who) for key, who in wanted.items() if key not in nulls}
        assert known == counts


@settings(max_examples=50, deadline=None)
@given(crowd=CROWD, spec=SPECS)
def test_rates_are_pooled_and_means_of_cohorts(row, snapshot, crowd, spec):
    """Pooled is a sum over a sum, mean the mean of shares of cohorts that have people."""
    found = ask(spec, snapshot_of(row, snapshot, crowd), 99 * DAY)
    some = [each for each in found["cohorts"] if each["size"]]
    for k, (pooled, mean) in enumerate(zip(found["pooled"], found["mean"], strict=True)):
        if not some:
            assert pooled is mean is None
            continue
        returned, size = sum(c["returned"][k] for c in some), sum(c["size"] for c in some)
        assert pooled == returned / size
        assert mean == pytest.approx(sum(c["returned"][k] / c["size"] for c in some) / len(some))


@settings(max_examples=75, deadline=None)
@given(crowd=CROWD, spec=SPECS, grouped=st.booleans())
def test_the_people_behind_a_number_are_those_it_counts(row, snapshot, crowd, spec, grouped):
    """Returned or not, of everyone or of a group: the ids are those of the oracle's sets."""
    here = snapshot_of(row, snapshot, [*crowd, [(0, "B", "x", 0), (0, "A", "x", 1)]], parts=2)
    found = answer(spec, here, 99 * DAY)
    wanted = oracle(spec, [*crowd, [(0, "B", "x", 0), (0, "A", "x", 1)]],
                    grouped=grouped and bool(spec.by))  # fmt: skip
    for c, each in enumerate(found.results["cohorts"]):
        for v, group in wanted.items():
            by = {"by": {"v": v}} if grouped and spec.by else {}
            size = group[c, "size"]
            assert found.people(cohort=each["from"], **by).tolist() == sorted(size)
            for k in range(len(each["returned"])):
                cell = {"cohort": each["from"], "period": k, **by}
                assert found.people(**cell).tolist() == sorted(group[c, k])
                assert found.people(**cell, returned=False).tolist() == sorted(size - group[c, k])


@pytest.mark.parametrize(
    ("cell", "code", "at"),
    [
        ({"cohort": "1970-01-09"}, "no_such_cohort", "cohort"),
        ({"cohort": iso(0), "period": 4}, "no_such_period", "period"),
        ({"cohort": iso(DAY), "period": 1}, "immature_cell", "period"),
        ({"cohort": iso(0), "by": {"v": 1}}, "no_such_group", "by"),
        ({}, "missing_field", "$"),
    ],
)
def test_a_cell_that_the_answer_does_not_have_is_refused(row, snapshot, cell, code, at):
    """The error says which field of the cell is wrong."""
    here = snapshot([row(1, 0, "A"), row(1, DAY, "A")])
    found = answer(Retention("A", "A", periods=3), here, 2 * DAY)
    with pytest.raises(Invalid) as refused:
        found.people(**cell)
    assert (refused.value.code, refused.value.at) == (code, at)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"periods": 1001}, "$.periods"),
        ({"brackets": (3, 0)}, "$.brackets[1]"),
        ({"brackets": (999, 2)}, "$.brackets"),
        ({"brackets": (3, 2), "periods": 4}, "$.periods"),
        ({"at_least": 0}, "$.at_least"),
        ({"silent": "30d", "start_mode": "recurring"}, "$.silent"),
        ({"silent": "0d"}, "$.silent"),
        ({"floored": True}, "$.floored"),
        ({"floored": True, "clock": "calendar", "semantics": "amplitude"}, "$.floored"),
        ({"by_must_match": True}, "$.by_must_match"),
        ({"silent": "long"}, "$.silent"),
    ],
)
def test_fields_that_do_not_fit_are_refused_where_they_stand(fields, at):
    """Contradictions and numbers out of range name their field."""
    with pytest.raises(Invalid) as refused:
        RETENTION.names(RETENTION.settled(Retention("A", "B", **fields)))
    assert refused.value.at == at


def test_a_given_field_overrides_its_preset():
    """What is said stands; what is not said is the preset's, and both are in the definition."""
    said = Retention("A", "B", semantics="amplitude", mode="on", floored=False)
    spec = RETENTION.settled(said)
    assert (spec.mode, spec.floored, spec.clock, spec.start_mode) == (
        "on", False, "rolling", "recurring",
    )  # fmt: skip


@pytest.mark.parametrize("semantics", ["default", "posthog", "mixpanel", "amplitude"])
@pytest.mark.parametrize("clock", [None, "calendar", "rolling"])
@pytest.mark.parametrize("by", [(), ("v",)])
def test_what_a_preset_says_in_vain_contradicts_nothing(semantics, clock, by):
    """Nor does what it became, asked as it is written out in an answer's definition."""
    spec = RETENTION.settled(Retention("A", "B", semantics=semantics, clock=clock, by=by))
    RETENTION.names(spec)
    assert RETENTION.settled(spec) == spec
    assert spec.floored == (semantics in ("posthog", "amplitude") and spec.clock == "rolling")


@settings(max_examples=75, deadline=None)
@given(
    first=st.integers(0, 60 * 24), passed=st.integers(0, 80 * 24 * 2),
    period=st.sampled_from(["day", "week", "month"]), floored=st.booleans(),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/New_York"]),
)  # fmt: skip
def test_rolling_periods_do_not_know_the_clocks_that_change(
    row, snapshot, first, passed, period, floored, zone
):
    """Hours that pass are counted; only what is floored to a day counts the zone's days."""
    zero = 1_772_323_200_000_000  # 2026-03-01: in all three zones clocks or none change after it
    t0, t = zero + first * HOUR + 17 * 60_000_000, zero + first * HOUR + passed * HOUR // 2
    t = max(t, t0)
    spec = Retention("A", "B", period=period, periods=90, clock="rolling", floored=floored,
                     timezone=zone)  # fmt: skip
    rows = [row(1, t0, "A"), row(1, t, "B")]
    found = answer(spec, snapshot(rows), zero + 9999 * DAY).results["cohorts"]

    def local(instant, form):
        moment = datetime.fromtimestamp(instant // 1_000_000, ZoneInfo(zone))
        return moment.date().toordinal() if form == "day" else moment

    days = {"day": 1, "week": 7, "month": 30}[period]
    if not floored:
        wanted = (t - t0) // (days * DAY)
    elif period == "day":
        offset = int(local(t0, "hour").utcoffset().total_seconds()) * 1_000_000 % HOUR
        wanted = ((t + offset) // HOUR - (t0 + offset) // HOUR) // 24
    else:
        wanted = (local(t, "day") - local(t0, "day")) // days
    assert found[0]["returned"] == [int(k == wanted) for k in range(91)]
