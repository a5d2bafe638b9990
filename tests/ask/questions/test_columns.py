"""The predicate language over columns against the definition, event by event."""

import operator
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.questions.columns import holds
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate, prop

WORDS = ["", "a", "ab", "b.a", "ünï"]
SCALAR = st.one_of(st.booleans(), st.integers(-2, 2), st.sampled_from([0.5, 1.0]),
                   st.sampled_from(WORDS))  # fmt: skip
VALUE = st.one_of(st.none(), SCALAR, st.just({"os": "ios", "n": 1}), st.just([1]))
PROPERTIES = st.fixed_dictionaries({}, optional={"p": VALUE, "q": VALUE})
NAME = st.sampled_from(["p", "q", "never"])
COMPARE = {"=": operator.eq, ">": operator.gt, ">=": operator.ge,
           "<": operator.lt, "<=": operator.le}  # fmt: skip
OPPOSITE = {"!=": "=", "not_in": "in"}
ONE_VALUE = st.sampled_from([*COMPARE, "!="])
SIMPLE = st.one_of(
    st.builds(lambda n, op, v: Predicate(n, op, v), NAME, ONE_VALUE, SCALAR),
    st.builds(
        lambda n, op, v: Predicate(n, op, tuple(v)),
        NAME, st.sampled_from(["in", "not_in"]), st.lists(SCALAR, max_size=3),
    ),
    st.builds(
        lambda n, op, v: Predicate(n, op, v),
        NAME, st.sampled_from(["contains", "matches"]), st.sampled_from(["a", "b", "ï"]),
    ),
    st.builds(Predicate, NAME, st.sampled_from(["exists", "is_null"])),
)  # fmt: skip
PREDICATE = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: Predicate(all=tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Predicate(any=tuple(parts))),
        inner.map(operator.invert),
    ),
    max_leaves=4,
)


def kind(value):
    """Flags and numbers are different types, integers and fractions are one."""
    return bool if isinstance(value, bool) else float if isinstance(value, int | float) else str


def true_of(predicate, properties):
    """The definition, for one event."""
    if predicate.all is not None:
        return all(true_of(part, properties) for part in predicate.all)
    if predicate.any is not None:
        return any(true_of(part, properties) for part in predicate.any)
    if predicate.not_ is not None:
        return not true_of(predicate.not_, properties)
    value, op, wanted = properties.get(predicate.property), predicate.op, predicate.value
    if op == "is_null":
        return value is None and predicate.property in properties
    if value is None:
        return False
    if op == "exists":
        return True
    if op in ("!=", "not_in"):
        return not true_of(Predicate(predicate.property, OPPOSITE[op], wanted), properties)
    if isinstance(value, dict | list):
        return False
    if op in ("contains", "matches"):
        return isinstance(value, str) and re.search(wanted, value) is not None
    if op == "in":
        return any(kind(w) is kind(value) and w == value for w in wanted)
    return kind(wanted) is kind(value) and COMPARE[op](value, wanted)


@settings(max_examples=400, deadline=None)
@given(events=st.lists(PROPERTIES, min_size=1, max_size=8), predicate=PREDICATE)
def test_columns_agree_with_the_definition(row, snapshot, events, predicate):
    """Tags keep types apart; missing and null values are not compared; joins are plain logic."""
    run = snapshot([row(1, t, "A", properties) for t, properties in enumerate(events)]).parts[0].run
    found = holds(predicate, run)(0, len(events)).tolist()
    assert found == [true_of(predicate, properties) for properties in events]
    assert holds(predicate, run)(1, len(events)).tolist() == found[1:]


def test_another_type_is_another_value(row, snapshot):
    """!= and not_in hold for a value of whatever type that is not equal, and for no missing one."""
    values = [20, 30, "free", "20", True, {"amount": 20}, None]
    events = [row(1, t, "A", {"price": value}) for t, value in enumerate(values)]
    run = snapshot([*events, row(1, len(values), "A")]).parts[0].run

    def found(predicate):
        return [i for i, yes in enumerate(holds(predicate, run)(0, len(values) + 1)) if yes]

    assert found(prop("price") != 20) == [1, 2, 3, 4, 5]
    assert found(prop("price").not_in(20, "free")) == [1, 3, 4, 5]
    assert found(prop("price").not_in()) == found(prop("price").exists()) == [0, 1, 2, 3, 4, 5]
    assert found(~(prop("price") == 20)) == [1, 2, 3, 4, 5, 6, 7]


def test_a_path_looks_into_json(row, snapshot):
    """A path finds typed values within objects; what has no such place is missing."""
    values = [{"os": "ios", "n": {"v": 2}}, {"os": 7}, "text", None, {"os": None}, {"n": {"v": 1}}]
    run = snapshot([row(1, t, "A", {"d": value}) for t, value in enumerate(values)]).parts[0].run

    def found(predicate):
        return [i for i, yes in enumerate(holds(predicate, run)(0, len(values))) if yes]

    assert found(prop("d", "os") == "ios") == [0]
    assert found(prop("d", "os") == 7) == [1]
    assert found(prop("d", "os").exists()) == [0, 1]
    assert found(prop("d", "os").is_null()) == [4]
    assert found(prop("d", "n", "v") >= 1) == [0, 5]


def test_a_pattern_is_re2(row, snapshot):
    """What RE2 does not know, such as look-ahead, is refused with the place."""
    run = snapshot([row(1, 0, "A", {"p": "x"})]).parts[0].run
    with pytest.raises(Invalid, match="not an RE2 pattern"):
        holds(prop("p").matches("(?=x)"), run)
