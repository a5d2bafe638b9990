"""What the plan's report counts is what checking every event by itself would find."""

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.plans.learn import learn
from ethogram.ask.plans.report import PlanReport, report
from ethogram.ask.plans.seen import MOST_PERIODS, look
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Part, Snapshot, State
from ethogram.events.event import Event, Recorded
from ethogram.events.plan import Plan, PlannedEvent, PlannedProperty, check, read
from ethogram.events.plan_text import written
from ethogram.events.times import DAY, parse
from ethogram.store.lake.shred import Shredder
from ethogram.store.log.entries import pack
from ethogram.store.log.port import Record

NOW = parse("2026-03-31T12:00:00Z")
Said = tuple[str, int, dict[str, Any]]
"""An event's name, how many days ago it was, its properties."""

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.floats(0, 1e18), st.just(2**60),
    st.sampled_from(["EUR", "USD", "", "2026-03-01", "2026-03-01T10:00:00Z", "1850-01-01", "x"]),
    st.just([1]), st.just({"a": 1}),
)  # fmt: skip
PROPERTIES = st.dictionaries(st.sampled_from(["price", "currency", "at"]), VALUES, max_size=3)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["cart", "pay", "view"]), st.integers(0, 40), PROPERTIES),
    min_size=1, max_size=30,
)  # fmt: skip
WANTED = st.one_of(
    st.builds(PlannedProperty, st.sampled_from(["text", "number", "flag", "time", "json"]),
              required=st.booleans()),
    st.builds(PlannedProperty, st.just("text"), required=st.booleans(),
              values=st.just(("EUR", "USD"))),
    st.builds(PlannedProperty, st.just("number"), required=st.booleans(), values=st.just((1, 2.0))),
)  # fmt: skip
PLANS = st.builds(
    Plan,
    mode=st.sampled_from(["off", "warn", "reject"]),
    closed=st.booleans(),
    events=st.dictionaries(
        st.sampled_from(["cart", "pay", "never"]),
        st.builds(PlannedEvent, mode=st.sampled_from([None, "off", "warn"]),
                  properties=st.dictionaries(st.sampled_from(["price", "currency", "at"]), WANTED)),
    ),
)  # fmt: skip


def snapshot(*runs: list[Said]) -> Snapshot:
    """The events, each list in a run of its own; every event is another person's."""
    parts: list[Part] = []
    for number, events in enumerate(runs):
        recorded = [
            Recorded(name, "track", f"{number}-{i}", NOW - ago * DAY, NOW, 1000 * number + i + 1,
                     None, None, None, properties, {}, {}, None, {})
            for i, (name, ago, properties) in enumerate(events)
        ]  # fmt: skip
        record = Record(1, "events", len(recorded), NOW, pack(recorded))
        parts.append(whole(build(Shredder().table([record]))))
    return Snapshot(tuple(parts), State(9))


def reported(plan: Plan, *runs: list[Said]) -> PlanReport:
    """The plan beside ``runs``."""
    held = snapshot(*runs)
    return report(plan, look(held, plan, NOW), held.state.position)


@settings(max_examples=150, deadline=None)
@given(first=EVENTS, second=EVENTS, plan=PLANS)
def test_the_report_counts_what_checking_each_event_finds(
    first: list[Said], second: list[Said], plan: Plan
) -> None:
    """Events, departing events, and every departure by code and property."""
    found = reported(plan, first, second)
    every = [*first, *second]
    seen = {each.name: each.seen for each in found.events if each.seen}
    assert seen == Counter(name for name, _, _ in every)
    departing: Counter[str] = Counter()
    wrong: Counter[tuple[str, str, str]] = Counter()
    for name, _, properties in every:
        findings = check(Event(name, properties=properties), plan)
        departing[name] += bool(findings)
        for one in findings:
            wrong[name, one.code, one.at.removeprefix("$.properties.").removeprefix("$.event")] += 1
    assert {each.name: sum(each.departing) for each in found.events if each.seen} == departing
    told: Counter[tuple[str, str, str]] = Counter()
    for each in found.events:
        for one in each.departures:
            told[each.name, one.code, one.property] += one.count
    assert told == wrong


@given(events=EVENTS)
@settings(max_examples=50, deadline=None)
def test_what_is_learnt_is_departed_from_by_the_fewest(events: list[Said]) -> None:
    """Written and read again, a learnt plan has every event and property, and none is missing."""
    held = snapshot(events)
    plan = learn(look(held, Plan(), NOW), held)
    assert read(written(plan)) == plan
    assert plan.events.keys() == {name for name, _, _ in events}
    found = report(plan, look(held, plan, NOW), 9)
    assert not [one for each in found.events for one in each.departures
                if one.code != "wrong_type"]  # fmt: skip


def test_a_learnt_plan_knows_types_times_and_what_is_always_there() -> None:
    """What most values are is the type; what is always there is required."""
    cart = [("cart", day, {"price": day, "note": "x"}) for day in range(9)]
    odd = ("cart", 1, {"price": "1", "at": "2026-03-01T10:00:00Z"})
    plan = learn(look(held := snapshot([*cart, odd]), Plan(), NOW), held)
    assert plan.events["cart"].properties == {
        "at": PlannedProperty("time"),
        "note": PlannedProperty("text"),
        "price": PlannedProperty("number", required=True),
    }


def test_departures_say_since_when_they_are() -> None:
    """The day on which the first of them happened, not when the event was first seen."""
    plan = read('events.cart.properties.price = { type = "number" }')
    events = [("cart", day, {"price": 1}) for day in range(20)] + [("cart", 3, {"price": "1"})]
    (cart,) = reported(plan, events).events
    assert [(one.code, one.count, one.since) for one in cart.departures] == [
        ("wrong_type", 1, "2026-03-28T00:00:00Z")
    ]
    assert cart.departing[-4:] == [1, 0, 0, 0]


def test_drift_tells_what_appeared_and_what_fell_silent() -> None:
    """Events, properties and types; not what was there from the first day to the last."""
    steady = [("view", day, {"page": "a"}) for day in range(20)]
    late = [("cart", day, {"price": 1}) for day in range(5)]
    gone = [("old", day, {}) for day in range(9, 20)]
    typed = [("view", 2, {"page": 7, "new": True})]
    found = reported(Plan(), [*steady, *late, *gone, *typed])
    told = {(one.change, one.event, one.property, one.type, one.at[5:10]) for one in found.drift}
    assert told == {
        ("new", "cart", "", "", "03-27"),
        ("vanished", "old", "", "", "03-22"),
        ("new", "view", "page", "number", "03-29"),
        ("vanished", "view", "page", "number", "03-29"),
        ("new", "view", "new", "", "03-29"),
        ("vanished", "view", "new", "", "03-29"),
    }


def test_what_is_sealed_is_not_called_missing() -> None:
    """Personal values are not in the index, so that nothing is said of them."""
    plan = read("""[events.cart]
properties.email = { type = "text", required = true }
properties.tax_id = { type = "text", required = true, personal = true }
""")
    (cart,) = reported(plan, [("cart", 1, {})]).events
    assert cart.departures == []
    assert [each.sealed for each in cart.properties] == [True, True]


def test_a_clock_that_errs_does_not_stretch_the_report() -> None:
    """An event of 1970 counts to the first period, one of the future to the newest."""
    events = [("view", day % 30, {}) for day in range(3000)]
    found = reported(Plan(), [*events, ("view", 20_000, {}), ("view", -5000, {})])
    assert (found.days, len(found.starts), found.events[0].seen) == (1, 30, 3002)


def test_long_histories_have_few_periods() -> None:
    """Weeks and longer begin on Mondays, and there are at most so many."""
    for years in (1, 4, 20, 45):
        events = [("view", day, {}) for day in range(0, years * 365, 5)]
        found = reported(Plan(), events)
        assert len(found.starts) <= MOST_PERIODS + 1
        assert parse(found.starts[0]) // DAY % 7 == 4
        assert sum(found.events[0].counts) == len(events)


def test_the_dead_are_not_counted() -> None:
    """A person whom a newer part holds, or who was erased, is passed over."""
    held = snapshot([("view", 1, {"page": "a"}), ("view", 1, {"page": "a"})])
    (part,) = held.parts
    dead = np.array([1, 0], np.uint8)
    seen = look(Snapshot((Part(part.run, dead),), held.state), Plan(), NOW)
    assert seen.events["view"].sum() == 1
    assert seen.tags["view", "page"].sum() == 1


def test_an_empty_workspace_has_a_report() -> None:
    """A plan beside nothing: all of it is planned and not seen."""
    plan = read('events.cart.properties.price = { type = "number", required = true }')
    found = report(plan, look(Snapshot((), State(0)), plan, NOW), 0)
    assert [(each.name, each.seen, each.departures) for each in found.events] == [("cart", 0, [])]
