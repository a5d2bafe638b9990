"""Detectors find what names a person and leave a shop's own words alone."""

from collections.abc import Callable
from typing import Any

import pytest

from ethogram.events.errors import Invalid
from ethogram.protect import detectors
from ethogram.protect.detectors import personal, personal_names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "x"),
        ("E-Mail", "x"),
        ("$email", "x"),
        ("first_name", "Ann"),
        ("ip", "10.0.0.1"),
        ("latitude", 52.5),
        ("client.address", "10.0.0.1"),
        ("idfa", "x"),
        ("advertisingId", "x"),
        ("google_ad_id", "x"),
        ("note", "write to ann@example.org please"),
        ("url", "https://shop.example/?e=ann%40example.org"),
        ("who", "+49 (30) 123-456"),
        ("message", "call +49 30 1234567 now"),
        ("message", "at work @ +4930123456"),
        ("traits", {"contact": {"mail": "x"}}),
        ("people", [{"phone": "1"}]),
        ("address", {"line": "5 Main St"}),
        ("seen_by", {"ann@example.org": 3}),
        ("ann@example.org", 1),
        ("to", "x@y.example and z"),
    ],
)
def test_finds_what_names_a_person(name: str, value: object) -> None:
    """Field names and values that name a person are found, however deep."""
    assert personal(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "Blue shirt"),
        ("price", 20),
        ("email", None),
        ("handle", "@work"),
        ("share", "100%40 off"),
        ("list", [{"a": ["b", None, 5, True]}]),
        ("", ""),
        ("rating", "+5"),
        ("sum", "20+1234567"),
        ("when", "2026-03-01T00:00:00.000+01:00"),
        ("serial", "+12345678901234567890"),
        ("url", "https://shop.example/catalog?page=2"),
        ("description", "WHITE HANGING HEART T-LIGHT HOLDER"),
    ],
)
def test_leaves_other_words_alone(name: str, value: object) -> None:
    """What names nobody stays in the open."""
    assert not personal(name, value)


def test_names_are_found_by_tag_and_by_detector() -> None:
    """Tagged and detected properties are named, the others are not."""
    assert personal_names({"a": 1, "b": "x", "email": "y"}, frozenset({"b"})) == ["b", "email"]


def test_a_tag_holds_at_any_depth() -> None:
    """A name that the plan calls personal is found wherever it stands, unless it is null."""
    values = {"note": 5, "more": [{"note": False}], "none": {"note": None}, "other": "x"}
    assert personal_names(values, frozenset({"note"})) == ["note", "more"]


@pytest.mark.parametrize("wrap", [lambda value: {"x": value}, lambda value: [value]])
@pytest.mark.parametrize("name", ["plain", "email"])
def test_nothing_too_deep_gets_by(name: str, wrap: Callable[[Any], Any]) -> None:
    """As many levels as allowed are looked at, one more is refused, whatever was found before."""
    value: Any = "ann@example.org"
    for _ in range(3):
        value = wrap(value)
    assert personal_names({name: value}, levels=4) == [name]
    with pytest.raises(Invalid) as refused:
        personal_names({name: ["ann@example.org", value]}, levels=4)
    assert refused.value.code == "too_deep"


def test_strange_names_are_not_hoarded() -> None:
    """However many and however long names are seen, little is remembered of them."""
    for i in range(20_000):
        assert not personal(f"property {i}" + "x" * (i % 100), 5)
    assert personal("email", 5)
    assert len(detectors._names) <= 8192
    assert max(map(len, detectors._names)) <= 64
