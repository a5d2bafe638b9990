"""Column names: every property has one of its own, Delta accepts it, and it reads back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.store.lake.schema import EVENTS, TAGS, column_name, property_of

NAMES = st.text(max_size=12) | st.sampled_from(["ß", "ẞ", "ſ", "s", "ς", "σ", "Σ", "İ", "ı", "K"])


@given(NAMES, st.sampled_from(TAGS))
def test_a_column_name_reads_back_as_its_property(name: str, tag: str) -> None:
    """Escaping loses nothing, whatever a client calls its property."""
    assert property_of(column_name(name, tag)) == (name, tag)


@given(NAMES, NAMES)
def test_properties_never_collide_where_case_is_ignored(one: str, other: str) -> None:
    """Spark compares by upper, then lower case; distinct properties stay distinct there."""
    a, b = column_name(one, "text"), column_name(other, "text")
    for fold in (str.lower, lambda name: "".join(_java_upper(c) for c in name).lower()):
        assert (fold(a) == fold(b)) == (one == other)


def _java_upper(char: str) -> str:
    upper = char.upper()
    return upper if len(upper) == 1 else char


@given(NAMES)
def test_no_column_has_a_character_that_delta_forbids(name: str) -> None:
    """Space , ; { } ( ) newline tab and = are never in a column's name."""
    assert not set(column_name(name, "json")) & set(" ,;{}()\n\t=")


@pytest.mark.parametrize("name", ["price", "product_id", "$browser", "utm.source", "größe", "日本"])
def test_ordinary_names_stay_readable(name: str) -> None:
    """A name without capitals or forbidden characters is not touched."""
    assert column_name(name, "text") == f"p_{name}_text"


def test_canonical_columns_are_not_properties() -> None:
    """No column that every event has is taken for a property's."""
    assert [property_of(name) for name in [*EVENTS.names, "day", "p_x", "p_x_blob"]] == [
        None for _ in [*EVENTS.names, "day", "p_x", "p_x_blob"]
    ]
