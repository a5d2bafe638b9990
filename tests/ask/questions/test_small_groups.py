"""Small groups: what is told of them, and what can be computed from what is told.

An attacker who knows the rules writes down all that the numbers of an answer say about each other
as equations, and asks for the most people that each small group may have.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ask.questions.simplex import largest

from ethogram.ask.telling.tables import apart, folded, hidden, hidden_beside, levels, parts_of

K = 5
ROWS = st.integers(2, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 7, 12, 30]), min_size=width, max_size=width)
        .filter(lambda row: sum(row) == 0 or sum(row) >= K),
        min_size=1, max_size=4,
    )
)  # fmt: skip


def shown(between, row, places):
    """What is told of a row: equations between its parts, by place."""
    if between is levels:
        terms = [dict.fromkeys(range(i, len(row)), 1) for i in range(len(row))]
    else:
        terms = [{i: 1} for i in range(len(row))] + [dict.fromkeys(range(len(row)), 1)]
    told = [each for i, each in enumerate(terms) if i not in places]
    return [(each, sum(row[i] for i in each)) for each in told]


def equations(rows, places, sums, between, *, summed):
    """All that an attacker knows; a variable is a row and a part."""
    known = [
        ({(g, i): 1 for i in terms}, right)
        for g, (row, own) in enumerate(zip(rows, places, strict=True))
        for terms, right in shown(between, row, own)
    ]
    if summed:
        total = [sum(column) for column in zip(*rows, strict=True)]
        known += [
            ({(g, i): 1 for g in range(len(rows)) for i in terms}, right)
            for terms, right in shown(between, total, sums)
        ]
    return known


def check(rows, places, sums, between, *, summed):
    """No small part can be known to be small."""
    known = equations(rows, places, sums, between, summed=summed)
    for g, row in enumerate(rows):
        for part, people in enumerate(row):
            if 0 < people < K:
                most = largest(known, (g, part))
                assert most is None or most >= K, (rows, places, sums, g, part)
    if summed:
        for part, people in enumerate(map(sum, zip(*rows, strict=True))):
            if 0 < people < K:
                total = ({"all": -1, **{(g, part): 1 for g in range(len(rows))}}, 0)
                most = largest([*known, total], "all")
                assert most is None or most >= K, (rows, places, sums, part)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, between=st.sampled_from([levels, apart]), summed=st.booleans())
def test_no_hidden_number_of_a_table_can_be_known_to_be_small(rows, between, summed):
    """Of every small part it is possible that as many people are in it as are told of."""
    places, sums = hidden(rows, K, between, summed=summed)
    check(rows, places, sums, between, summed=summed)


@settings(max_examples=100, deadline=None)
@given(rows=ROWS, between=st.sampled_from([levels, apart]))
def test_what_groups_that_are_not_shown_leave_over_cannot_either(rows, between):
    """The sum less the groups that are shown is a group itself."""
    *rows, rest = rows
    places, sums = hidden_beside(rows, rest, K, between)
    everything = {*range(1, len(rest))} if between is levels else {*range(len(rest))}
    check([*rows, rest], [*places, everything], sums, between, summed=True)


@given(rows=ROWS, between=st.sampled_from([levels, apart]))
def test_nothing_is_hidden_where_nothing_is_small(rows, between):
    """Hiding costs those nothing who have nothing to hide."""
    rows = [[people if people >= K else 0 for people in row] for row in rows]
    assert hidden(rows, K, between, summed=True) == ([set() for _ in rows], set())


@given(sizes=st.lists(st.integers(0, 30), max_size=8))
def test_groups_that_are_not_shown_are_nobody_or_enough_together(sizes):
    """All small ones are among them, and no other without need."""
    out = folded(sizes, K)
    together = sum(sizes[i] for i in out)
    assert {i for i, size in enumerate(sizes) if size < K} <= out
    assert together == 0 or together >= K or len(out) == len(sizes)


def test_the_attacker_finds_what_is_not_protected():
    """A single hidden number is what the others leave over, which the oracle must see."""
    rows = [[3, 40]]
    with pytest.raises(AssertionError):
        check(rows, [{0}], set(), apart, summed=False)
    with pytest.raises(AssertionError):
        check([parts_of([40, 38, 20])], [set()], set(), levels, summed=False)
