"""The interval of a share against its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.ask.questions.proportions import Z95, wilson


@given(whole=st.integers(1, 10**9), portion=st.floats(0, 1))
def test_the_interval_of_a_share_holds_it_and_lies_between_0_and_1(whole, portion):
    """Also where rounding would have it leave them."""
    for part in (0, 1, round(portion * whole), whole - 1, whole):
        low, high = wilson(part, whole)
        assert 0 <= low <= part / whole <= high <= 1
        for end in (low, high):
            distance = (part / whole - end) ** 2
            assert distance == pytest.approx(Z95**2 * end * (1 - end) / whole, abs=1e-12)


def test_of_none_and_of_all_an_end_is_exact():
    """Nobody of 3 and of 21, everybody of 10 and of 11; of no one there is no interval."""
    assert [wilson(0, n)[0] for n in (3, 21)] == [0, 0]
    assert [wilson(n, n)[1] for n in (10, 11)] == [1, 1]
    assert wilson(0, 0) is None
