"""A project's allowance: so many events a second, no more for long, and no fewer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.errors import Throttled
from ethogram.protect.access.allowance import Allowance


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def taken(allowance: Allowance, events: int) -> bool:
    """Whether a request of so many events is let in."""
    try:
        allowance.check()
    except Throttled:
        return False
    allowance.take(events)
    return True


@given(
    rate=st.integers(1, 1_000),
    requests=st.lists(st.tuples(st.floats(0, 2), st.integers(1, 500)), max_size=60),
)
def test_no_more_than_the_rate_and_one_burst(rate: int, requests: list[tuple[float, int]]) -> None:
    """Over any time at most a second's worth more is let in, but for the last request's own."""
    clock = Clock()
    allowance = Allowance(rate, clock)
    events = last = 0
    for wait, size in requests:
        clock.now += wait
        if taken(allowance, size):
            events, last = events + size, size
    assert events - last <= rate * (clock.now - 100.0) + rate + 1e-6


@given(rate=st.integers(1, 1_000), size=st.integers(1, 5_000))
def test_who_waits_as_told_is_let_in(rate: int, size: int) -> None:
    """After the seconds that were said the next request passes, and a second before it does not."""
    clock = Clock()
    allowance = Allowance(rate, clock)
    assert taken(allowance, size)
    while True:
        try:
            allowance.check()
        except Throttled as refused:
            clock.now += refused.retry_after - 1
            assert refused.retry_after == 1 or not taken(allowance, 1)
            clock.now += 1
            assert taken(allowance, 1)
        break


def test_a_rate_that_is_kept_is_never_refused() -> None:
    """Who sends just as much as was agreed is always let in."""
    clock = Clock()
    allowance = Allowance(50, clock)
    for _ in range(1_000):
        assert taken(allowance, 10)
        clock.now += 0.2


def test_nothing_is_saved_up() -> None:
    """A quiet hour allows one second's burst, not an hour's."""
    clock = Clock()
    allowance = Allowance(10, clock)
    clock.now += 3_600
    assert taken(allowance, 11)
    assert not taken(allowance, 1)


def test_zero_is_without_end() -> None:
    """Where no rate is set nothing is refused."""
    allowance = Allowance(0)
    assert all(taken(allowance, 10**9) for _ in range(10))


def test_it_is_said_as_429() -> None:
    """The error is that of HTTP, with a wait."""
    allowance = Allowance(1, Clock())
    allowance.take(5)
    with pytest.raises(Throttled) as refused:
        allowance.check()
    assert (refused.value.status, refused.value.code) == (429, "too_many_events")
    assert refused.value.retry_after == 5
