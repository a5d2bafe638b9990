"""The tracking plan: what departs from it is found, named and placed; the rest passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.errors import Invalid
from ethogram.events.event import Event
from ethogram.events.plan import (
    PlannedEvent,
    PlannedProperty,
    PropertyType,
    check,
    mode,
    personal,
    read,
)

SHOP = read("""
mode = "warn"
closed = true

[events.cart]
description = "Something was put into the cart."
mode = "reject"
properties.price = { type = "number", required = true }
properties.currency = { type = "text", values = ["EUR", "USD"] }
properties.email = { type = "text", personal = true }
properties.gift = { type = "flag" }
properties.until = { type = "time" }
properties.items = { type = "json" }

[events.ping]
mode = "off"
properties.n = { type = "number", required = true }
""")
GOOD = {
    "price": 2.5,
    "currency": "EUR",
    "gift": False,
    "until": "2026-03-01",
    "items": [],
    "unnamed": 1,
}
TYPES: dict[PropertyType, st.SearchStrategy[object]] = {
    "text": st.text(),
    "number": st.integers() | st.floats(),
    "flag": st.booleans(),
    "json": st.lists(st.integers()) | st.dictionaries(st.text(), st.integers()),
}


def codes(event: Event) -> list[tuple[str, str]]:
    """What `check` finds, short."""
    return [(finding.code, finding.at) for finding in check(event, SHOP)]


def test_an_event_as_planned_has_no_findings() -> None:
    """All types in their place, a property that is not named, and null where nothing is asked."""
    assert codes(Event("cart", properties=GOOD)) == []
    assert codes(Event("cart", properties={"price": 1, "currency": None})) == []


@pytest.mark.parametrize(
    ("properties", "code", "at"),
    [
        ({"price": None}, "missing_property", "$.properties.price"),
        ({"price": "2.50"}, "wrong_type", "$.properties.price"),
        ({"price": True}, "wrong_type", "$.properties.price"),
        ({"currency": "eur"}, "value_not_allowed", "$.properties.currency"),
        ({"currency": ["EUR"]}, "wrong_type", "$.properties.currency"),
        ({"gift": 1}, "wrong_type", "$.properties.gift"),
        ({"until": "soon"}, "wrong_type", "$.properties.until"),
        ({"until": "9999-01-01"}, "wrong_type", "$.properties.until"),
        ({"items": "[]"}, "wrong_type", "$.properties.items"),
    ],
)
def test_each_departure_is_found(properties: dict[str, object], code: str, at: str) -> None:
    """A missing property, a wrong type and a value not allowed have a code, a place, a hint."""
    event = Event("cart", properties=GOOD | properties)
    assert codes(event) == [(code, at)]
    assert all(finding.hint for finding in check(event, SHOP))


def test_all_departures_are_found_at_once() -> None:
    """One round of mending is enough."""
    assert len(codes(Event("cart", properties={"price": "1", "currency": "x", "gift": "no"}))) == 3


def test_a_closed_plan_refuses_other_events() -> None:
    """An event that is not planned is a finding only where the plan is closed."""
    [finding] = check(Event("crat"), SHOP)
    assert (finding.code, finding.at) == ("unplanned_event", "$.event")
    assert 'Did you mean "cart"?' in finding.hint
    assert check(Event("crat"), read("[events.cart]")) == []


@pytest.mark.parametrize("name", ["login ann@example.org", "+49 30 123456", "Ann Smith"])
def test_a_finding_names_no_strange_event(name: str) -> None:
    """The name of an event that is not planned is repeated only where it is an identifier."""
    [finding] = check(Event(name), SHOP)
    assert name not in repr(finding)
    [finding] = check(Event("crat"), SHOP)
    assert "'crat'" in finding.message


def test_modes_are_the_plans_and_an_events_own() -> None:
    """An event's mode goes before the plan's; off means that nothing is looked at."""
    assert [mode(SHOP, name) for name in ("cart", "ping", "other")] == ["reject", "off", "warn"]
    assert codes(Event("ping")) == []
    assert check(Event("other"), read('mode = "off"\nclosed = true')) == []


def test_personal_properties_are_known_in_every_mode() -> None:
    """What names a person is sealed also where the plan is not enforced."""
    off = read('mode = "off"\nevents.a.properties.email = { type = "text", personal = true }')
    assert personal(SHOP, "cart") == personal(off, "a") == {"email"}
    assert personal(SHOP, "other") == frozenset()


@given(st.text(min_size=4, alphabet="αβγδ"))
def test_a_finding_never_shows_a_value(secret: str) -> None:
    """A value may be personal, and findings are kept in the open."""
    shown = [
        repr(check(Event("cart", properties=GOOD | {name: wrong}), SHOP))
        for name, wrong in (("price", secret), ("currency", secret), ("email", [secret]))
    ]
    assert not any(secret in finding for finding in shown)
    assert all("code" in finding for finding in shown)


@given(st.data(), st.sampled_from(list(TYPES)), st.sampled_from(list(TYPES)))
def test_a_type_takes_its_own_values_only(
    data: st.DataObject, planned: PropertyType, sent: PropertyType
) -> None:
    """Text, numbers, flags and JSON are kept apart, whatever the value."""
    plan = read(f'events.a.properties.x.type = "{planned}"')
    found = check(Event("a", properties={"x": data.draw(TYPES[sent])}), plan)
    assert [finding.code for finding in found] == ([] if planned == sent else ["wrong_type"])


def test_json_and_toml_are_one_plan() -> None:
    """The same plan written in either is equal, and fields left out have their defaults."""
    toml = read('events.a.properties.x = { type = "flag", required = true }')
    json = read('{"events":{"a":{"properties":{"x":{"type":"flag","required":true}}}}}', "json")
    assert toml == json
    assert toml.events["a"] == PlannedEvent(
        properties={"x": PlannedProperty("flag", required=True)}
    )


@pytest.mark.parametrize(
    ("source", "at"),
    [
        ("mode = 'strict'", "$.mode"),
        ("evnts = {}", "$"),
        ("events = []", "$.events"),
        ("events.cart = 1", "$.events[...]"),
        ("events.cart.mode = 1", "$.events.cart.mode"),
        ("events.cart.properties = []", "$.events.cart.properties"),
        ("events.cart.properties.price = {}", "$.events.cart.properties.price"),
        ("events.cart.properties.price = 'number'", "$.events.cart.properties.price"),
        ("events.cart.properties.price.type = 'money'", "$.events.cart.properties.price.type"),
        (
            "events.a.properties.x = { type = 'flag', values = [1] }",
            "$.events.a.properties.x.values",
        ),
        ("mode = ", "$"),
    ],
)
def test_a_bad_plan_is_refused_where_it_is_wrong(source: str, at: str) -> None:
    """A misspelt field, an unknown type and values of another type are found by their place."""
    with pytest.raises(Invalid) as caught:
        read(source)
    assert (caught.value.code, caught.value.at) == ("bad_plan", at)


@pytest.mark.parametrize(
    ("slip", "at", "meant"),
    [
        ('mode = "rejcet"', "$.mode", "reject"),
        ('events.cart.mode = "of"', "$.events.cart.mode", "off"),
        (
            'events.cart.properties.price = { type = "nubmer" }',
            "$.events.cart.properties.price.type",
            "number",
        ),
        ('modes = "warn"', "$", "mode"),
    ],
)
def test_a_slip_in_a_plan_is_named_with_what_was_meant(slip: str, at: str, meant: str) -> None:
    """The hint has the nearest word, and all others that may stand there."""
    with pytest.raises(Invalid) as caught:
        read(slip)
    assert caught.value.at == at
    assert f'Did you mean "{meant}"?' in caught.value.hint
