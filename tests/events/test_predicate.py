"""The language of filters: what is written in Python is what is written in JSON."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.errors import Invalid
from ethogram.events.predicate import OPS, Predicate, check, prop

names = st.text(max_size=12) | st.lists(st.text(max_size=6), min_size=1, max_size=3).map(tuple)
scalars = st.text(max_size=8) | st.integers(-(2**53), 2**53) | st.booleans()
comparisons = st.one_of(
    st.builds(Predicate, property=names, op=st.sampled_from(["=", "!=", "<", ">"]), value=scalars),
    st.builds(
        Predicate,
        property=names,
        op=st.sampled_from(["in", "not_in"]),
        value=st.lists(scalars, max_size=3).map(tuple),
    ),
    st.builds(Predicate, property=names, op=st.just("contains"), value=st.text(max_size=8)),
    st.builds(Predicate, property=names, op=st.sampled_from(["exists", "is_null"])),
)
predicates = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=8,
)


@given(predicates)
def test_a_predicate_survives_json(predicate: Predicate) -> None:
    """Written to JSON and read again, it is the same and is accepted."""
    again = msgspec.json.decode(msgspec.json.encode(predicate), type=Predicate)
    check(again)
    assert again == predicate


def test_python_and_json_say_the_same() -> None:
    """Each operator of Python makes the predicate that JSON spells."""
    price, text = prop("price"), prop("device", "os")
    said = [
        (price == 1, b'{"property":"price","value":1}'),
        (price != 1, b'{"property":"price","op":"!=","value":1}'),
        (price > 1, b'{"property":"price","op":">","value":1}'),
        (price >= 1, b'{"property":"price","op":">=","value":1}'),
        (price < 1, b'{"property":"price","op":"<","value":1}'),
        (price <= 1, b'{"property":"price","op":"<=","value":1}'),
        (price.is_in(1, 2), b'{"property":"price","op":"in","value":[1,2]}'),
        (price.not_in(1), b'{"property":"price","op":"not_in","value":[1]}'),
        (text.contains("iOS"), b'{"property":["device","os"],"op":"contains","value":"iOS"}'),
        (text.matches("^i"), b'{"property":["device","os"],"op":"matches","value":"^i"}'),
        (price.is_null(), b'{"property":"price","op":"is_null"}'),
        (~text.exists(), b'{"not":{"property":["device","os"],"op":"exists"}}'),
    ]
    assert [msgspec.json.encode(predicate) for predicate, _ in said] == [json for _, json in said]
    assert {predicate.op for predicate, _ in said} | {"exists"} == set(OPS)


def test_joined_predicates_nest() -> None:
    """& is all, | is any."""
    both, either = (prop("a") == 1) & (prop("b") == 2), (prop("a") == 1) | (prop("b") == 2)
    assert both.all == either.any == (prop("a") == 1, prop("b") == 2)


@pytest.mark.parametrize(
    ("predicate", "code", "at"),
    [
        (Predicate(), "bad_predicate", "$.where"),
        (Predicate(property="a", all=()), "bad_predicate", "$.where"),
        (Predicate(all=(), op=">"), "bad_predicate", "$.where"),
        (Predicate(not_=prop("a").exists(), value=1), "bad_predicate", "$.where"),
        (Predicate(property=(), value=1), "bad_predicate", "$.where.property"),
        (Predicate(property="a"), "bad_predicate", "$.where.value"),
        (Predicate(property="a", value=(1,)), "bad_predicate", "$.where.value"),
        (Predicate(property="a", op="in", value=1), "bad_predicate", "$.where.value"),
        (Predicate(property="a", op="contains", value=1), "bad_predicate", "$.where.value"),
        (Predicate(property="a", op="exists", value=1), "bad_predicate", "$.where.value"),
        (Predicate(property="a", op="is_null", value=1), "bad_predicate", "$.where.value"),
        (Predicate(property="a", op="~"), "unknown_op", "$.where.op"),  # type: ignore[arg-type]
        (Predicate(all=(prop("a") == 1, Predicate())), "bad_predicate", "$.where.all[1]"),
        (~Predicate(any=(Predicate(),)), "bad_predicate", "$.where.not.any[0]"),
    ],
)
def test_nonsense_is_refused_where_it_stands(predicate: Predicate, code: str, at: str) -> None:
    """Two forms at once, no form, and values that an op cannot take are found by their place."""
    with pytest.raises(Invalid) as caught:
        check(predicate)
    assert (caught.value.code, caught.value.at) == (code, at)


def test_a_misspelt_field_is_refused() -> None:
    """A predicate is never weakened by a key that nobody reads."""
    with pytest.raises(msgspec.ValidationError, match="valu"):
        msgspec.json.decode(b'{"property":"a","valu":1}', type=Predicate)
