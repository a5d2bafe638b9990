"""The simulated shop is what it says, and its truth is the truth about its events."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from ethogram.events.times import DAY, parse
from ethogram.run.demo import shop, truth
from ethogram.run.demo.sessions import draw
from ethogram.run.demo.simulate import claims, simulate

UNTIL = parse("2026-11-22T15:30:00Z")


@pytest.fixture(scope="module")
def small():
    """The sessions and the events of 600 people in 30 days."""
    rng = np.random.default_rng(7)
    sessions = draw(600, 9_000, 30, UNTIL, rng)
    return sessions, pa.concat_tables(claims(sessions, rng, "sim")).to_pylist()


def test_the_demo_has_the_size_that_it_promises():
    """10,000 people, about 200,000 events, 60 days, in the order of time."""
    table = pa.concat_tables(simulate(UNTIL))
    assert 190_000 < table.num_rows < 210_000
    assert len(table["user_id"].unique()) == 10_000
    assert len(table["event_id"].unique()) == table.num_rows
    times = table["timestamp"].cast(pa.int64()).to_numpy()
    assert (np.diff(times) >= 0).all()
    assert times[0] >= UNTIL - 60 * DAY
    assert times[-1] < UNTIL


def test_the_same_arguments_give_the_same_events():
    """A seed is a shop: the same again, and another one for another seed."""
    one, again, other = (
        pa.concat_tables(simulate(UNTIL, people=50, events=500, days=14, seed=seed))
        for seed in (1, 1, 2)
    )
    assert one.equals(again)
    assert not one.equals(other)


def test_the_funnels_truth_is_what_people_did(small):
    """Walking each person's events, step after step, reaches the counts of the draws."""
    sessions, rows = small
    reached = defaultdict(int)
    country = {}
    for row in rows:
        step = reached[row["user_id"]]
        if step < len(shop.STEPS) and row["event"] == shop.STEPS[step]:
            reached[row["user_id"]] += 1
        country[row["user_id"]] = row["p_country_text"]
    steps = range(1, len(shop.STEPS) + 1)
    assert truth.funnel(sessions) == [sum(d >= s for d in reached.values()) for s in steps]
    assert truth.funnel_by_country(sessions) == {
        name: [sum(d >= s for p, d in reached.items() if country[p] == name) for s in steps]
        for name in shop.COUNTRIES
    }


def test_retentions_truth_is_what_people_did(small):
    """Calendar weeks counted from the events are the cohorts of the draws."""
    sessions, rows = small
    weeks = defaultdict(set)
    for row in rows:
        if row["event"] == "catalog":
            day = row["timestamp"].date()
            weeks[row["user_id"]].add(day - timedelta(days=day.weekday()))
    today = datetime.fromtimestamp(UNTIL / 1e6, UTC).date()
    for cohort in truth.retention(sessions, 4):
        start = datetime.fromisoformat(str(cohort["from"])).date()
        members = [seen for seen in weeks.values() if min(seen) == start]
        assert cohort["size"] == len(members)
        periods = [start + timedelta(weeks=k) for k in range(5)]
        assert cohort["returned"] == [
            sum(p in seen for seen in members) if p + timedelta(weeks=1) <= today else None
            for p in periods
        ]


def test_people_a_day_are_those_who_came(small):
    """The daily counts of the draws are those of the events."""
    sessions, rows = small
    days = defaultdict(set)
    for row in rows:
        if row["event"] == "catalog":
            days[row["timestamp"].strftime("%Y-%m-%dT00:00:00Z")].add(row["user_id"])
    assert truth.people_a_day(sessions) == {day: len(people) for day, people in days.items()}


def test_steps_are_as_likely_as_the_shop_says():
    """On a computer without a campaign, sessions go on at the known rates (4 sigma)."""
    sessions = draw(4_000, 80_000, 60, UNTIL, np.random.default_rng(3))
    plain = (sessions.device == list(shop.DEVICES).index("computer")) & (sessions.campaign == 0)
    depth = sessions.depth[plain]
    for step, chance in enumerate(shop.GOES_ON, 1):
        there = (depth >= step).sum()
        sigma = np.sqrt(chance * (1 - chance) / there)
        assert abs((depth > step).sum() / there - chance) < 4 * sigma


def test_a_few_people_do_much():
    """Visits are heavy-tailed: the busiest percent comes ten times as often as the median."""
    sessions = draw(4_000, 80_000, 60, UNTIL, np.random.default_rng(3))
    visits = np.bincount(sessions.person)
    assert np.percentile(visits, 99) > 10 * np.median(visits)


def test_only_payments_bring_revenue_and_it_is_the_carts(small):
    """A payment's revenue is the sum of what its session put into the cart."""
    _, rows = small
    carts = defaultdict(float)
    for row in rows:
        if row["event"] == "cart":
            carts[row["session_id"]] += row["p_price_number"] * row["p_quantity_number"]
    paid = [row for row in rows if row["p_revenue_number"] is not None]
    assert {row["event"] for row in paid} == {"payment_done"}
    assert all(r["p_revenue_number"] == pytest.approx(carts[r["session_id"]]) for r in paid)


@pytest.mark.parametrize("until", ["2026-11-22T00:00:00Z", "2026-03-01T23:59:00Z", "1971-01-01"])
def test_any_moment_can_be_the_end(until):
    """The shop can be simulated up to any instant; everybody came before it."""
    table = pa.concat_tables(simulate(parse(until), people=100, events=400, days=10))
    assert len(table["user_id"].unique()) == 100
    assert table["timestamp"].cast(pa.int64()).to_numpy().max() < parse(until)
