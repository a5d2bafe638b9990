"""A profile is a function of the set of changes: order, repetition and lateness play no part."""

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.profile import Change, Op, changes_of, elements
from ethogram.people import holding, profiles
from ethogram.people.holding import MOST_LISTED, NOTHING, Holding
from ethogram.people.profiles import MOST_STEPS, History, fold, histories, in_order

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
    most = holding.MOST_LISTED
    if c.op is Op.REMOVE:
        if there and isinstance(value, list):
            return True, [each for each in value[:most] if not _among(each, elements(c.value))]
        return there, value
    held, more = [] if empty else list(elements(value))[:most], elements(c.value)
    if c.op in (Op.UNION, Op.INSERT):
        fresh: list[Any] = []
        for each in more:
            if not _among(each, held + fresh):
                fresh.append(each)
        more = fresh
    front = c.op in (Op.PREPEND, Op.INSERT)
    for each in reversed(more) if front else more:
        if len(held) < most:
            held.insert(0 if front else len(held), each)
    return True, held


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _among(value: Any, those: list[Any]) -> bool:
    return any(isinstance(each, bool) == isinstance(value, bool) and each == value
               for each in those)  # fmt: skip


@given(changes(), st.integers(-1, 7), st.sampled_from([0, 1, 2, 3, 1000]))
def test_a_profile_is_what_was_set_last_and_what_came_after(
    said: list[Change], at: int, most: int
) -> None:
    """The fold is the oracle's, as of every instant, however many elements a list may have."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(holding, "MOST_LISTED", most)
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
    assert repr(histories(again)) == repr(histories(said))


@given(changes(), st.integers(-1, 7))
def test_a_profile_as_of_a_time_knows_nothing_later(said: list[Change], at: int) -> None:
    """As of an instant it is the fold over what had happened by then."""
    assert repr(fold(said, at)) == repr(fold([each for each in said if each.at <= at]))


@given(changes(), st.integers(-1, 7), st.integers(0, 12))
def test_a_history_says_what_each_change_did(said: list[Change], at: int, most: int) -> None:
    """Its last steps with whether they changed anything, and since when it is what it is."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(profiles, "MOST_STEPS", most)
        found = histories(said, at)
    once = in_order(said)
    for name in NAMES:
        steps, since, before = list[tuple[Change, bool]](), None, (False, None)
        for i, each in enumerate(once):
            after = _of(oracle(once[: i + 1], 7), name)
            changed = not _same(before, after)
            if each.name == name or (each.op is Op.CLEAR and changed):
                steps.append((each, changed))
                since = each.at if changed and each.at <= at else since
            before = after
        own = found.get(name, History())
        assert [moment[:2] for moment in own.moments] == steps[len(steps) - min(most, len(steps)) :]
        assert (own.steps, own.since) == (len(steps), since)


def _of(profile: dict[str, Any], name: str) -> tuple[bool, Any]:
    return name in profile, profile.get(name)


def _same(a: tuple[bool, Any], b: tuple[bool, Any]) -> bool:
    return a[0] == b[0] and msgspec.json.encode(a[1]) == msgspec.json.encode(b[1])


def test_a_history_tells_sums_and_no_lists() -> None:
    """What a number was after each step; a list would make a long history far longer."""
    said = [Change(i, 0, Op.ADD, 1, "n", 0.1) for i in range(3)]
    said += [Change(i, 1, Op.UNION, 1, "tags", [i, 1]) for i in range(3)]
    found = histories(said)
    assert [each.held for each in found["n"].moments] == [0.1, 0.2, 0.3]
    assert [each.held for each in found["tags"].moments] == [NOTHING] * 3
    assert [each.changed for each in found["tags"].moments] == [True, False, True]


def test_what_is_cleared_is_a_step_of_what_was_held() -> None:
    """And of nothing else: not of what came later, nor of what was gone before."""
    said = [Change(0, 0, Op.SET, 1, "a", 1), Change(1, 0, Op.CLEAR, 1, "", None),
            Change(2, 0, Op.CLEAR, 1, "", None), Change(3, 0, Op.SET, 1, "b", 1)]  # fmt: skip
    found = histories(said)
    assert {name: own.steps for name, own in found.items()} == {"a": 2, "b": 1}
    assert (found["a"].since, fold(said)) == (1, {"b": 1})


def test_a_long_list_takes_no_more_than_its_changes() -> None:
    """Forty thousand changes of one list: so many elements, so many steps told, soon made."""
    said = [Change(i, 0, Op.UNION, 1, "tags", f"v{i}") for i in range(40_000)]
    assert fold(said) == {"tags": [f"v{i}" for i in range(MOST_LISTED)]}
    own = histories(said)["tags"]
    assert (len(own.moments), own.steps, own.since) == (MOST_STEPS, 40_000, MOST_LISTED - 1)
    said += [Change(40_000 + i, 0, Op.REMOVE, 1, "tags", f"v{i}") for i in range(MOST_LISTED - 1)]
    assert fold(said) == {"tags": [f"v{MOST_LISTED - 1}"]}


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
    for held, op, value, wanted in (
        ("pro", Op.ADD, 1, "pro"),
        ("pro", Op.REMOVE, "pro", "pro"),
        (True, Op.ADD, 1, True),
        (3, Op.APPEND, "x", [3, "x"]),
    ):
        own = Holding(held)
        assert own.change(op, value) == (wanted != held)
        assert own.held == wanted
        assert type(own.held) is type(wanted)
