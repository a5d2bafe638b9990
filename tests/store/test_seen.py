"""Deduplication in memory agrees with a set, keeps its window and its bound."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.store.log.port import WINDOW
from ethogram.store.log.seen import HOUR, Seen

NOW = 500_000 * HOUR


def key(number: int) -> bytes:
    return hashlib.blake2b(number.to_bytes(8), digest_size=16).digest()


def admit(seen: Seen, numbers: list[int], at: int = NOW) -> list[bool]:
    keys = [key(n) for n in numbers]
    fresh = seen.fresh(keys, at)
    seen.settle([k for k, new in zip(keys, fresh, strict=True) if new], at)
    return fresh


@given(st.lists(st.lists(st.integers(0, 50), max_size=30), max_size=20))
def test_agrees_with_a_set(groups: list[list[int]]) -> None:
    """A key is new exactly once, within a group and over groups."""
    seen, oracle = Seen(), set[int]()
    for group in groups:
        expected: list[bool] = []
        for number in group:
            expected.append(number not in oracle)
            oracle.add(number)
        assert admit(seen, group) == expected


def test_holds_hundreds_of_thousands() -> None:
    """Over several tables' growth every key is known and no stranger is."""
    seen = Seen()
    for start in range(0, 300_000, 10_000):
        assert all(admit(seen, list(range(start, start + 10_000))))
    assert len(seen) == 300_000
    assert not any(admit(seen, list(range(300_000))))
    assert all(admit(seen, list(range(300_000, 310_000))))


def test_a_pending_key_is_a_duplicate_until_released() -> None:
    """Between admission and durability a key counts as seen; a failed append gives it back."""
    seen = Seen()
    assert seen.fresh([key(1)], NOW) == [True]
    assert seen.fresh([key(1)], NOW) == [False]
    seen.release([key(1)])
    assert seen.fresh([key(1)], NOW) == [True]


def test_the_window_ends_at_the_full_hour() -> None:
    """A key is known for seven days after its hour and new in the hour after."""
    seen = Seen()
    admit(seen, [1])
    assert admit(seen, [1], NOW + WINDOW + HOUR - 1) == [False]
    assert admit(seen, [1], NOW + WINDOW + HOUR) == [True]


def test_is_filled_from_what_the_log_kept() -> None:
    """After a restart the kept keys are known."""
    seen = Seen([(NOW, key(1) + key(2))])
    assert admit(seen, [1, 2, 3], NOW) == [False, False, True]


def test_too_many_keys_drop_the_oldest_hours_and_say_so() -> None:
    """Memory is bounded: the oldest half goes, and `since` tells from when keys are known."""
    seen = Seen(most=100_000)
    for hour in range(10):
        admit(seen, list(range(hour * 50_000, (hour + 1) * 50_000)), NOW + hour * HOUR)
    assert len(seen) < 300_000
    assert seen.since > NOW
    assert not any(admit(seen, list(range(450_000, 500_000)), NOW + 9 * HOUR))
    assert all(admit(seen, [1], NOW + 9 * HOUR))


@pytest.mark.parametrize("before", [0, 20_000, 32_768, 32_769])
def test_as_many_keys_as_there_are_come_at_once(before: int) -> None:
    """However full a table is and however many settle together, each has its place."""
    seen = Seen()
    admit(seen, list(range(before)))
    admit(seen, list(range(before, before + 150_000)))
    admit(seen, [-1 % 2**63])
    assert not any(admit(seen, list(range(before + 150_000))))
    assert all(admit(seen, list(range(1_000_000, 1_000_100))))


def test_the_present_hour_is_never_forgotten() -> None:
    """More keys in one hour than are kept otherwise are all known, and older ones went first."""
    seen = Seen(most=20_000)
    admit(seen, list(range(5_000)), NOW - 2 * HOUR)
    for start in range(10_000, 210_000, 10_000):
        admit(seen, list(range(start, start + 10_000)), NOW)
    assert not any(admit(seen, list(range(10_000, 210_000)), NOW))
    assert NOW - 2 * HOUR < seen.since <= NOW
