"""A KPI is its definition's arithmetic over the answers of questions, whatever is put on top."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines.embedded import answer
from ethogram.ask.kpis.asking import asked, asking_of
from ethogram.ask.kpis.definition import KINDS, definition
from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.formulas import formula, named
from ethogram.ask.questions.saved import Saved
from ethogram.events.errors import EthogramError, Invalid

DAY = 86_400_000_000
START = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * 1_000_000
DAYS = [datetime.fromtimestamp((START + day * DAY) / 1e6, UTC).isoformat().replace("+00:00", "Z")
        for day in range(7)]  # fmt: skip
NOW = START + 6 * DAY + 1
Event = tuple[int, int, str, float, str, str]
"""Person, hours from the start, name, price, order, country."""

hours = st.integers(0, 6 * 24 - 1)
streams = st.lists(
    st.tuples(st.integers(1, 4), hours, st.sampled_from("abc"),
              st.sampled_from([1.0, 2.5, 10.0]), st.sampled_from("xy"), st.sampled_from("DF")),
    max_size=25,
)  # fmt: skip
FIXED: list[Event] = [(9, 0, name, 0.0, "z", "E") for name in "abc"] + [
    (9, 143, "c", 0.0, "z", "E")
]
"""So that every event, every day and every property exist."""


def mean(values: list[Any]) -> Any:
    return sum(values) / len(values) if values else None


def ratio(a: float | None, b: float | None) -> float | None:
    return None if a is None or not b else a / b


def rate(events: list[Event], first: str, last: str, within: int) -> float | None:
    """Of those who did ``first``, the share who did ``last`` afterwards, within hours."""
    started = {p for p, _, name, *_ in events if name == first}
    reached = {
        p for i, (p, hour, name, *_) in enumerate(events) if name == first
        for j, (q, later, other, *_) in enumerate(events)
        if q == p and other == last and (later, j) != (hour, i) and 0 <= later - hour <= within
    }  # fmt: skip
    return ratio(len(reached), len(started))


def of(events: list[Event], name: str) -> list[Event]:
    return [each for each in events if each[2] == name]


def people(events: list[Event]) -> set[int]:
    return {each[0] for each in events}


def on(events: list[Event], day: int) -> list[Event]:
    return [each for each in events if each[1] // 24 == day]


def value(events: list[Event]) -> float:
    return sum(each[3] for each in events)


SIMPLE: dict[str, tuple[dict[str, Any], Callable[[list[Event]], Any]]] = {
    "click_through": (
        {"kind": "click_through", "shown": "a", "clicked": "b"},
        lambda events: ratio(len(of(events, "b")), len(of(events, "a"))),
    ),
    "conversion": (
        {"kind": "conversion", "steps": ["a", "b"], "within": "10h"},
        lambda events: rate(events, "a", "b", 10),
    ),
    "activation": (
        {"kind": "activation", "start": "a", "reached": "c", "within": "1d"},
        lambda events: rate(events, "a", "c", 24),
    ),
    "average_order_value": (
        {"kind": "average_order_value", "event": "c", "value": "price", "order": "order"},
        lambda events: ratio(value(of(events, "c")), len({each[4] for each in of(events, "c")})),
    ),
    "revenue_per_person": (
        {"kind": "revenue_per_person", "event": "c", "value": "price"},
        lambda events: ratio(value(of(events, "c")), len(people(of(events, "c")))),
    ),
    "formula": (
        {"formula": "100 * (A - B) / B", "of": {
            "A": {"question": "trends", "series": ["a"]},
            "B": {"question": "trends", "series": [{"event": "b", "measure": "people"}]}}},
        lambda events: ratio(100 * (len(of(events, "a")) - len(people(of(events, "b")))),
                             len(people(of(events, "b")))),
    ),
}  # fmt: skip


@pytest.fixture(scope="session")
def ask(row: Any, snapshot: Any) -> Callable[..., dict[str, Any]]:
    """Asks a KPI of events."""

    def ask(said: dict[str, Any], events: list[Event], **asking: Any) -> dict[str, Any]:
        rows = [row(p, START + hour * 3_600_000_000, name,
                    {"price": price, "order": order, "country": country})
                for p, hour, name, price, order, country in events]  # fmt: skip
        held = snapshot(rows, parts=2)
        lookup = {"early": Saved(Cohort(did="a", to="2026-03-03"), 3)}.__getitem__
        each = partial(answer, snapshot=held, now=NOW, threads=1)
        return asked(definition(said), asking_of({"interval": "day", **asking}), lookup, each)

    return ask


@pytest.mark.parametrize("kind", SIMPLE)
@settings(max_examples=15, deadline=None)
@given(stream=streams)
def test_a_kpi_is_what_a_plain_look_at_the_events_says(ask: Any, kind: str, stream: Any) -> None:
    """Over the range, on each day, and for each country."""
    said, plain = SIMPLE[kind]
    events = FIXED + stream
    found = ask(said, events)
    assert found["value"] == plain(events)
    assert dict(map(tuple, found["points"])) == {
        label: plain(on(events, day)) for day, label in enumerate(DAYS[:6])
    }
    if kind in ("conversion", "activation"):
        return  # by a step's country, which the funnel's own tests say
    split = {each["by"]["country"]: each["value"] for each in
             ask(said, events, by=["country"])["groups"]}  # fmt: skip
    assert split == {country: plain([each for each in events if each[5] == country])
                     for country in split}  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(stream=streams)
def test_lifetime_value_is_all_until_then(ask: Any, stream: Any) -> None:
    """Whatever the range begins with, all they ever paid by all who ever paid."""
    events = FIXED + stream
    said = {"kind": "lifetime_value", "event": "c", "value": "price"}
    found = ask(said, events, **{"from": "2026-03-05"})
    expected = [
        ratio(value(bought), len(people(bought)))
        for day in range(6)
        for bought in [[each for each in of(events, "c") if each[1] // 24 <= day]]
    ]
    assert [point[1] for point in found["points"]] == expected
    assert found["value"] == expected[-1]


@settings(max_examples=15, deadline=None)
@given(stream=streams)
def test_active_people_are_counted_by_the_day_and_their_mean(ask: Any, stream: Any) -> None:
    """By any event; the days without anybody count."""
    events = FIXED + stream
    found = ask({"kind": "active_people", "period": "day"}, events)
    counts = [len(people(on(events, day))) for day in range(6)]
    assert [point[1] for point in found["points"]] == counts
    assert found["value"] == mean(counts)


@settings(max_examples=15, deadline=None)
@given(stream=streams)
def test_churn_is_who_is_not_there_in_the_next_period(ask: Any, stream: Any) -> None:
    """A day whose next one is not over has no number; the value is over all that have."""
    events = FIXED + stream
    found = ask({"kind": "churn", "period": "day"}, events)
    there = [people(on(events, day)) for day in range(6)]
    left = [len(a - b) for a, b in pairwise(there)]
    expected = [1 - (len(a) - gone) / len(a) if a else None
                for a, gone in zip(there, left, strict=False)]  # fmt: skip
    assert [point[1] for point in found["points"]] == [*expected, None]
    assert found["value"] == pytest.approx(sum(left) / sum(map(len, there[:-1])))


def test_refinements_are_put_on_top(ask: Any) -> None:
    """Where, people and range narrow what the definition looks at; a saved cohort is shown."""
    said = {"kind": "revenue_per_person", "event": {"event": "c", "where": {
        "property": "price", "op": ">", "value": 1}}, "value": "price"}  # fmt: skip
    events = [*FIXED, (1, 1, "a", 1.0, "x", "D"), (1, 2, "c", 1.0, "x", "D"),
              (1, 3, "c", 2.5, "x", "D"), (1, 4, "c", 10.0, "x", "F"),
              (2, 30, "c", 2.5, "y", "D")]  # fmt: skip
    where = {"property": "country", "op": "=", "value": "D"}
    assert ask(said, events)["value"] == 7.5
    assert ask(said, events, where=where)["value"] == 2.5
    early = ask(said, events, people={"saved": "early"})
    assert early["value"] == 12.5
    assert early["definition"]["saved"] == {"early": 3}
    assert early["definition"]["asked"]["people"]["people"]["did"] == {"event": "a"}
    assert ask(said, events, **{"from": "2026-03-03"})["value"] == 2.5


def test_a_saved_cohort_splits(ask: Any) -> None:
    """Those in it and those not; the definition shows what it was."""
    events = [*FIXED, *[(2, 30 + i, name, 0.0, "x", "D") for i, name in enumerate("abb")]]
    by = [{"cohort": {"saved": "early"}, "name": "early"}, "country"]
    found = ask(SIMPLE["click_through"][0], events, by=by)
    assert {(each["by"]["early"], each["by"]["country"]): each["value"]
            for each in found["groups"]} == {(True, "E"): 1.0, (False, "D"): 2.0}  # fmt: skip
    assert found["definition"]["saved"] == {"early": 3}
    assert found["definition"]["asked"]["shown"]["by"][0]["cohort"]["did"] == {"event": "a"}


PAID = {"kind": "revenue_per_person", "event": "c", "value": "price"}
FIRST = {"from": "2026-03-02", "to": "2026-03-03"}


@pytest.mark.parametrize(
    ("said", "asking", "value"),
    [
        (PAID, FIRST, 6.0),
        (PAID, {"unit": "session", **FIRST}, 4.0),
        (PAID, {"unit": "session", "session_gap": "6h", **FIRST}, 6.0),
        ({"kind": "conversion", "steps": ["a", "b"]}, {}, 1.0),
        ({"kind": "conversion", "steps": ["a", "b"]}, {"semantics": "amplitude"}, 0.5),
        ({"kind": "churn", "period": "day"}, {}, 3 / 4),
        ({"kind": "churn", "period": "day"}, {"now": "2026-03-04T01:00:00Z"}, 2 / 3),
    ],
)
def test_every_term_is_of_the_same_unit_and_instant(
    ask: Any, said: Any, asking: Any, value: float
) -> None:
    """And of the same session gap and semantics; what is not said is as the KPI has it."""
    events: list[Event] = [
        (9, 0, "b", 0.0, "x", "D"), (1, 1, "a", 0.0, "x", "D"), (1, 1, "c", 4.0, "x", "D"),
        (1, 6, "c", 8.0, "x", "D"), (2, 2, "a", 0.0, "x", "D"), (2, 2, "c", 0.0, "x", "D"),
        (1, 30, "b", 0.0, "x", "D"), (2, 3, "b", 0.0, "x", "D"), (9, 143, "c", 0.0, "x", "D"),
    ]  # fmt: skip
    found = ask(said, events, **asking)
    assert found["value"] == pytest.approx(value)


def test_a_sample_is_of_the_same_people_in_every_term(ask: Any) -> None:
    """Counts are enlarged; distinct values cannot be, so they are refused."""
    events = FIXED + [(i, 1, "c", 2.0, "x", "D") for i in range(20, 420) for _ in range(3)]
    found = ask(PAID, events, sample=0.25)
    assert found["value"] == pytest.approx(6.0, rel=0.05)
    assert 250 < found["parts"]["people"] < 550
    assert found["parts"]["people"] != 401
    with pytest.raises(Invalid) as failed:
        ask(SIMPLE["average_order_value"][0], events, sample=0.25)
    assert (failed.value.code, failed.value.at) == ("no_sample", "$.sample")


def test_the_people_behind_are_asked_of_a_term(row: Any, snapshot: Any) -> None:
    """Each term stands in the definition as a question, with all that was put on top."""
    rows = [row(p, START + day * DAY, "c", {"price": 2.0, "country": country})
            for p, day, country in [(1, 0, "D"), (2, 1, "D"), (3, 1, "F"), (4, 1, "D")]
    ]  # fmt: skip
    held = snapshot(rows, parts=2)
    asking = {"from": "2026-03-03", "where": {"property": "country", "op": "=", "value": "D"},
              "by": ["country"], "people": {"saved": "second"}}  # fmt: skip
    lookup = {"second": Saved(Cohort(did="c", from_="2026-03-03"), 1)}.__getitem__
    found = asked(definition(PAID), asking_of(asking), lookup,
                  partial(answer, snapshot=held, now=NOW))  # fmt: skip
    term = parse(found["definition"]["asked"]["people"])
    behind = answer(term, held, NOW).people(series=1, by={"country": "D"})
    assert behind.tolist() == [2, 4]
    assert found["groups"][0]["parts"]["people"] == 2


def test_what_divides_by_nothing_has_no_number(ask: Any) -> None:
    """Neither zero nor infinity, nor an error."""
    said = SIMPLE["click_through"][0]
    found = ask(said, FIXED, **{"from": "2026-03-04", "to": "2026-03-05"})
    assert (found["value"], found["points"]) == (None, [["2026-03-04T00:00:00Z", None]])


@pytest.mark.parametrize(
    ("said", "code", "at"),
    [
        ({"kind": "churm"}, "unknown_kind", "$.kind"),
        ({"kind": "click_through", "shown": "a"}, "missing_field", "$"),
        ({"kind": "click_through", "shown": "a", "cliked": "b"}, "unknown_field", "$.cliked"),
        ({"kind": "churn", "period": "yearly"}, "bad_spec", "$.period"),
        ({"formula": "A / C", "of": {"A": {"question": "funnel", "steps": ["a"]}}},
         "bad_formula", "$.formula"),
        ({"formula": "__import__('os')", "of": {}}, "bad_formula", "$.formula"),
        ({"formula": "A ** A", "of": {}}, "bad_formula", "$.formula"),
        ({"formula": "(" * 400, "of": {}}, "bad_formula", "$.formula"),
        ({"formula": "A", "of": {"A": {"question": "trend"}}}, "unknown_question",
         "$.of.A.question"),
        ({"formula": "A", "of": {"A": {"question": "trends", "series": ["a", "b"]}}}, "bad_term",
         "$.of.A.series"),
        ({"formula": "A", "of": {"A": {"question": "trends", "series": ["a"], "by": ["c"]}}},
         "bad_term", "$.of.A.by"),
        ({"formula": "A", "of": {"A": {"question": "trends", "series": ["a"],
                                       "formulas": [{"formula": "A * 2"}]}}},
         "bad_term", "$.of.A.formulas"),
        ({"formula": "A", "of": {"A": {"question": "funnel", "steps": ["a"], "unit": "devices"}}},
         "unknown_unit", "$.of.A.unit"),
        ([], "bad_kpi", "$"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_where_it_stands(said: Any, code: str, at: str) -> None:
    """Before it is saved."""
    with pytest.raises(Invalid) as failed:
        definition(said)
    assert (failed.value.code, failed.value.at) == (code, at)


def test_an_unknown_event_is_said_when_it_is_asked(ask: Any) -> None:
    """A KPI may be defined before its events come; an interval it does not have is refused."""
    with pytest.raises(EthogramError, match="There is no event 'nope'"):
        ask({"kind": "active_people", "period": "day", "event": "nope"}, FIXED)
    with pytest.raises(Invalid, match="goes by the day"):
        ask({"kind": "active_people", "period": "day"}, FIXED, interval="month")


def test_formulas_follow_the_rules_of_arithmetic() -> None:
    """Precedence, parentheses, signs; what is missing, or beyond numbers, makes it missing."""
    terms = {"A": 6, "B": 4.0, "none": None}
    for text, expected in {
        "A - B / 2": 4.0,
        "-(A - B) * +2": -4.0,
        "A / 0": None,
        "A + none": None,
        "1e300 * 1e300 * A": None,
    }.items():
        assert named(text, terms, "$")[0](terms) == expected, text


@pytest.mark.parametrize("text", ["C", "A +", "A ** 2", "9" * 400, "A" + "+A" * 400, "(" * 300])
def test_kpis_and_trends_have_the_same_formulas(text: str) -> None:
    """What is none is refused with the same words."""
    with pytest.raises(Invalid) as kpi:
        definition({"formula": text, "of": {"A": {"question": "trends", "series": ["a"]}}})
    with pytest.raises(Invalid) as trend:
        formula(text, 1, "$.formula")
    assert kpi.value.as_dict() == trend.value.as_dict()


def test_every_kind_has_its_oracle() -> None:
    """A kind that is added is looked at here too."""
    assert {*SIMPLE, "lifetime_value", "active_people", "churn"} == set(KINDS)


COUNTRIES = [(f"c{i:02}", 40 - i, 1 + i) for i in range(40)]
"""Of each country how often something was shown, and how often it was clicked."""
MANY: list[Event] = FIXED + [
    (20 + i, 24 * (k % 2), name, 1.0, "x", country)
    for i, (country, shown, clicked) in enumerate(COUNTRIES)
    for name, times in (("a", shown), ("b", clicked)) for k in range(times)
]  # fmt: skip


def by_country(found: dict[str, Any]) -> dict[tuple[Any, bool], Any]:
    """The KPI by country, and by whether it is the countries without lines of their own."""
    groups = found["groups"]
    assert len(groups) == len({str(each["by"]) + str(each.get("others")) for each in groups})
    return {(each["by"]["country"], each.get("others", False)): each for each in groups}


def test_all_terms_have_the_same_groups(ask: Any) -> None:
    """25 of the most events of all terms, and the others as one: numbers of the same events."""
    found = by_country(ask(SIMPLE["click_through"][0], MANY, by=["country"]))
    named = {country: clicked / shown for country, shown, clicked in COUNTRIES[:25]}
    rest = COUNTRIES[25:]
    others = (sum(each[2] for each in rest) + 1) / (sum(each[1] for each in rest) + 1)
    assert {group: line["value"] for group, line in found.items()} == {
        **{(country, False): value for country, value in named.items()}, ("other", True): others
    }  # fmt: skip
    where = {"property": "country", "op": "=", "value": "c03"}
    alone = ask(SIMPLE["click_through"][0], MANY, where=where)["points"]
    assert found["c03", False]["points"] == alone


def test_a_value_called_other_is_not_the_others(ask: Any) -> None:
    """Both are there, each with its own number."""
    events = [*MANY, *[(70, 1, "a", 1.0, "x", "other")] * 99, (70, 1, "b", 1.0, "x", "other")]
    found = by_country(ask(SIMPLE["click_through"][0], events, by=["country"]))
    assert found["other", False]["value"] == 1 / 99
    assert found["other", True]["parts"]["shown"] > 1
    assert len(found) == 26


def test_terms_that_are_several_questions_have_every_group(ask: Any) -> None:
    """A funnel beside trends, a trailing time: none is left out, and too many are refused."""
    said = {"formula": "rate * A / B", "of": {
        "rate": {"question": "funnel", "steps": ["a"]},
        "A": {"question": "trends", "series": ["b"]},
        "B": {"question": "trends", "series": ["a"], "most_groups": 3}}}  # fmt: skip
    found = by_country(ask(said, MANY, by=["country"]))
    assert {group: line["value"] for group, line in found.items()} == {
        **{(country, False): clicked / shown for country, shown, clicked in COUNTRIES},
        ("E", False): 1.0,
    }
    trailing = {"event": "a", "measure": "people", "trailing": "3d"}
    people = {"formula": "A", "of": {"A": {"question": "trends", "series": [trailing]}}}
    assert by_country(ask(people, MANY, by=["country"])).keys() == found.keys()
    events = FIXED + [(1, 0, name, 1.0, "x", f"c{i}") for i in range(1000) for name in "ab"]
    with pytest.raises(Invalid) as failed:
        ask(said, events, by=["country"])
    assert (failed.value.code, failed.value.at) == ("too_many_groups", "$.by")


def test_lifetime_value_of_each_group_is_that_of_the_same_group_until_then(ask: Any) -> None:
    """A group that has a line of its own in the end has it from the beginning."""
    first = [(200 + i, 0, "c", 5.0, "x", f"early{i:02}") for i in range(30) for _ in range(2)]
    late = [(1, 140, "c", 2.0, "x", "late")] * 9 + [(2, 1, "c", 10.0, "x", "late")]
    said = {"kind": "lifetime_value", "event": "c", "value": "price"}
    found = by_country(ask(said, [*FIXED, *first, *late], by=["country"]))
    assert [value for _, value in found["late", False]["points"]] == [10.0] * 5 + [14.0]
    assert found["late", False]["value"] == 14.0
