"""Detectors find what names a person and leave a shop's own words alone."""

import pytest

from ethogram.protect.detectors import personal, split


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "x"),
        ("E-Mail", "x"),
        ("$email", "x"),
        ("first_name", "Ann"),
        ("ip", "10.0.0.1"),
        ("latitude", 52.5),
        ("note", "write to ann@example.org please"),
        ("url", "https://shop.example/?e=ann%40example.org"),
        ("who", "+49 (30) 123-456"),
        ("traits", {"contact": {"mail": "x"}}),
        ("people", [{"phone": "1"}]),
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
        ("rating", "+5"),
        ("url", "https://shop.example/catalog?page=2"),
        ("description", "WHITE HANGING HEART T-LIGHT HOLDER"),
    ],
)
def test_leaves_other_words_alone(name: str, value: object) -> None:
    """What names nobody stays in the open."""
    assert not personal(name, value)


def test_splits_by_tag_and_by_detector() -> None:
    """Tagged and detected properties are sealed, the others stay."""
    opened, sealed = split({"a": 1, "b": "x", "email": "y"}, frozenset({"b"}))
    assert opened == {"a": 1}
    assert sealed == {"b": "x", "email": "y"}
