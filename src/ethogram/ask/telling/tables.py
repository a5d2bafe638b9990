"""Which numbers of a table are hidden, so that none of a small group can be computed.

A row of a table is people split into parts: those who stopped at each step, those active in 1, 2,
3… intervals. How many a row has in all is known; where rows are ``summed``, what all of them have
together in each part is known too.

Of each small part another world is left possible, which looks the same to who is told the rest:
one in which ``k`` people or more are in it. For that, people of other parts of the row are moved
there, as many of other rows the other way, and every number that changes is hidden. So nobody can
know of a hidden number that it is small.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

Between: TypeAlias = Callable[[int, int], Collection[int]]
"""Which numbers of a row change where people move from one of its parts to another."""


def is_small(people: int, k: int) -> bool:
    """Whether a group has people, and fewer than ``k``."""
    return 0 < people < k


def levels(a: int, b: int) -> range:
    """`Between` of nested counts: number i is of part i and all after it, as a funnel's steps."""
    return range(min(a, b) + 1, max(a, b) + 1)


def apart(a: int, b: int) -> tuple[int, int]:
    """`Between` of counts side by side: number i is of part i."""
    return a, b


def parts_of(nested: Sequence[int]) -> list[int]:
    """The parts of nested counts, of which each holds the next.

    >>> parts_of([100, 95, 40])
    [5, 55, 40]
    """
    return [a - b for a, b in zip(nested, [*nested[1:], 0], strict=True)]


def hidden(
    rows: Sequence[Sequence[int]], k: int, between: Between, *, summed: bool = False
) -> tuple[list[set[int]], set[int]]:
    """The places of the numbers to hide in each row, and in the row of their sums.

    Each row has nobody or ``k`` people in all.

    >>> hidden([[5, 55, 40]], 10, levels)
    ([{1}], set())
    >>> hidden([[4, 30], [20, 40], [90, 90]], 10, apart, summed=True)
    ([{0, 1}, {0, 1}, set()], set())
    """
    return _hidden(rows, [set() for _ in rows], k, between, summed=summed)


def hidden_beside(
    rows: Sequence[Sequence[int]], folded: Sequence[int], k: int, between: Between
) -> tuple[list[set[int]], set[int]]:
    """The same of ``rows`` beside a row that is not shown, but is what the sums leave over."""
    everything = {place for a in range(len(folded)) for b in range(a) for place in between(a, b)}
    found, sums = _hidden(
        [*rows, folded], [*(set[int]() for _ in rows), everything], k, between, summed=True
    )
    return found[:-1], sums


def folded(sizes: Sequence[int], k: int) -> set[int]:
    """The groups to be shown as one: the small ones, and as many more as make them ``k``.

    >>> folded([500, 3, 40, 20, 2], 10) == {1, 3, 4}
    True
    """
    found = {i for i, size in enumerate(sizes) if size < k}
    rest = sorted(set(range(len(sizes))) - found, key=lambda i: sizes[i])
    while rest and is_small(sum(sizes[i] for i in found), k):
        found.add(rest.pop(0))
    return found


def _hidden(
    rows: Sequence[Sequence[int]], hides: list[set[int]], k: int, between: Between, *, summed: bool
) -> tuple[list[set[int]], set[int]]:
    sums: set[int] = set()
    for g, row in enumerate(rows):
        for part in (i for i, people in enumerate(row) if is_small(people, k)):
            need = k - row[part]
            known = (hides[g], sums) if summed else (hides[g],)
            moved = _moved(row, part, need, known, between)
            hides[g] |= moved
            if not summed or moved <= sums:
                continue
            column = [0 if h == g else own[part] for h, own in enumerate(rows)]
            others = _others(column, need, [len(moved - own) for own in hides])
            for h in others:
                hides[h] |= moved
            if not others:
                sums |= moved
    return hides, sums


def _moved(
    row: Sequence[int], part: int, need: int, known: tuple[set[int], ...], between: Between
) -> set[int]:
    """The numbers that change where ``need`` people of other parts come into this one.

    As few of them as can be are not ``known`` to be hidden.
    """
    moves = {i: set(between(part, i)) for i in range(len(row)) if i != part and row[i]}
    enough = [i for i in moves if row[i] >= need]
    if enough:
        return moves[min(enough, key=lambda i: (_new(moves[i], known), row[i], i))]
    moved, come = set[int](), 0
    for i in sorted(moves, key=lambda i: (-row[i], i)):
        if come < need:
            moved |= moves[i]
            come += row[i]
    return moved


def _new(moved: set[int], known: tuple[set[int], ...]) -> int:
    return sum(len(moved - each) for each in known)


def _others(column: Sequence[int], need: int, costs: Sequence[int]) -> list[int]:
    """The rows out of whose part as many go the other way, at least cost; none if too few can."""
    enough = [h for h, people in enumerate(column) if people >= need]
    if enough:
        return [min(enough, key=lambda h: (costs[h], column[h], h))]
    chosen, come = list[int](), 0
    for h in sorted(range(len(column)), key=lambda h: -column[h]):
        if come < need and column[h]:
            chosen.append(h)
            come += column[h]
    return chosen if come >= need else []
