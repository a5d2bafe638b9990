"""A profile is a function of the set of changes: order, repetition and lateness play no part."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.profile import Change, Op, changes_of, elements
from ethogram.people.profiles import NOTHING, applied, fold, history, in_order

NAMES = ("plan", "spent", "tags")
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from([0.1, 0.2, 1.5, -0.3]),
    st.sampled_from(["free", "pro", ""]),
)  # fmt: skip
values = scalars | st.lists(scalars, max_size=3)


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    """Some changes, with ties of time and of event."""
    keys = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3), st.integers(1, 3)),
                         unique=True, max_size=12))  # fmt: skip
    made: list[Change] = []
    for at, turn, place in keys:
        op = draw(st.sampled_from(Op))
        name, value = ("", None) if op is Op.CLEAR else (draw(st.sampled_from(NAMES)), draw(values))
        made.append(Change(at, turn, op, place, name, value))
    return made


def oracle(said: list[Change], at: int) -> dict[str, Any]:
    """Property by property, the last thing that was set, and all that came after it."""
    order = sorted({(c.at, c.turn, c.op, c.place): c for c in said}.items(),
                   key=lambda each: each[0])  # fmt: skip
    found: dict[str, Any] = {}
    for name in NAMES:
        own = [c for _, c in order if c.at <= at and c.name in (name, "")]
        starts = [i for i, c in enumerate(own) if c.op in (Op.SET, Op.UNSET, Op.CLEAR)]
        there, value = False, None
        if starts:
            there, value = own[starts[-1]].op is Op.SET, own[starts[-1]].value
        for c in own[starts[-1] + 1 if starts else 0 :]:
            there, value = _more(there, value, c)
        if there:
            found[name] = value
    return found


def _more(there: bool, value: Any, c: Change) -> tuple[bool, Any]:
    empty = not there or value is None
    if c.op is Op.SET_ONCE:
        return (True, c.value) if empty else (there, value)
    if c.op is Op.ADD:
        if _number(c.value) and (empty or _number(value)):
            total = Decimal(repr(c.value)) + (0 if empty else Decimal(repr(value)))
            return True, int(total) if total == total.to_integral() else float(total)
        return there, value
    if c.op is Op.REMOVE:
        if there and isinstance(value, list):
            return True, [each for each in value if not _among(each, elements(c.value))]
        return there, value
    held, more = [] if empty else list(elements(value)), elements(c.value)
    if c.op in (Op.UNION, Op.INSERT):
        fresh: list[Any] = []
        for each in more:
            if not _among(each, held + fresh):
                fresh.append(each)
        more = fresh
    return True, more + held if c.op in (Op.PREPEND, Op.INSERT) else held + more


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _among(value: Any, those: list[Any]) -> bool:
    return any(isinstance(each, bool) == isinstance(value, bool) and each == value
               for each in those)  # fmt: skip


@given(changes(), st.integers(-1, 7))
def test_a_profile_is_what_was_set_last_and_what_came_after(said: list[Change], at: int) -> None:
    """The fold is the oracle's, as of every instant."""
    found, wanted = fold(said, at), oracle(said, at)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        if isinstance(value, float):
            assert found[name] == pytest.approx(value, abs=1e-12)
        else:
            assert repr(found[name]) == repr(value) or found[name] == value


@given(changes(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(said: list[Change], chance: random.Random) -> None:
    """Shuffled and said twice, changes make the same profile and the same history."""
    again = said + [each for each in said if chance.random() < 0.5]
    chance.shuffle(again)
    assert repr(fold(again)) == repr(fold(said))
    assert repr([history(again, name) for name in NAMES]) == repr(
        [history(said, name) for name in NAMES]
    )


@given(changes(), st.integers(-1, 7))
def test_a_profile_as_of_a_time_knows_nothing_later(said: list[Change], at: int) -> None:
    """As of an instant it is the fold over what had happened by then."""
    assert repr(fold(said, at)) == repr(fold([each for each in said if each.at <= at]))


@given(changes())
def test_the_history_of_a_property_ends_with_its_value(said: list[Change]) -> None:
    """Its last moment holds what the profile does; each change of it is one moment."""
    profile = fold(said)
    for name in NAMES:
        moments = history(said, name)
        assert len(moments) == len([c for c in in_order(said) if c.name in (name, "")])
        held = moments[-1].held if moments else NOTHING
        assert repr(held) == repr(profile.get(name, NOTHING))


def test_adding_is_exact_as_people_write_numbers() -> None:
    """Ten times 0.1 is 1, and large numbers do not swallow small ones."""
    tenths = [Change(i, 0, Op.ADD, 1, "spent", 0.1) for i in range(10)]
    assert fold(tenths) == {"spent": 1}
    large = [Change(i, 0, Op.ADD, 1, "n", n) for i, n in enumerate([10**20, 0.5, -(10**20)])]
    assert fold(large) == {"n": 0.5}


def test_the_words_of_clients_become_operations() -> None:
    """Each word of each dialect does its own; an unknown one, or another's profile, nothing."""
    said = [
        {"op": "set", "values": {"plan": "pro"}, "target": "person"},
        {"op": "post_insert", "values": {"tags": ["a"]}, "target": "person"},
        {"op": "polish", "values": {"plan": "?"}, "target": "person"},
        {"op": "set", "values": {"size": 9}, "target": "group"},
    ]
    assert fold(changes_of(1, "e", said)) == {"plan": "pro", "tags": ["a"]}
    assert fold(changes_of(1, "e", said, "group")) == {"size": 9}
    gone = [{"op": "delete", "values": {}, "target": "person"}]
    assert fold([*changes_of(1, "e", said), *changes_of(2, "f", gone)]) == {}


def test_what_cannot_be_done_changes_nothing() -> None:
    """A text takes no sum, and nothing is removed from what is no list."""
    assert applied("pro", Op.ADD, 1) == "pro"
    assert applied("pro", Op.REMOVE, "pro") == "pro"
    assert applied(True, Op.ADD, 1) is True
    assert applied(3, Op.APPEND, "x") == [3, "x"]
