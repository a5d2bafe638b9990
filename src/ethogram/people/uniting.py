"""Links become persons, in one pass in the order of what happened: a disjoint-set forest.

Tarjan (1975), with path halving; the lowest number of a set is its root, so a person's id does
not depend on the order in which links came.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ethogram.people.policy import Rule

ALWAYS, FIRST_USER, ONE_KNOWN, NEVER, WITH_ROOM = map(int, Rule)


class United(NamedTuple):
    """``root[i]`` is the lowest number of the person that ``i`` is; ``refused`` are the links,
    by their place, that did not count.

    ``beyond`` is a number outside that turned out to belong to these persons: then the rest
    means nothing, and the pass must begin anew with its whole person inside.
    """

    root: list[int]
    refused: list[int]
    beyond: int | None = None


class Edge(NamedTuple):
    """Where the numbers of a pass end: ``outside[i]`` says that not all links of ``i`` are given.

    Such a number was in no person with any number inside so far, and its own person has been known
    for as long as that mattered. Before the link at the place ``since`` nothing is otherwise than
    it was; ``large[i]`` says that the person of ``i`` was so large that room may have been lacking.
    """

    outside: Sequence[bool]
    large: Sequence[bool]
    since: int


def unite(
    size: int, links: Iterable[tuple[int, int, int]], most: int, edge: Edge | None = None
) -> United:
    """The persons of the numbers below ``size``, as ``links`` (rule, a, b) say in this order.

    No person has more than ``most`` of them but by a rule that always holds.
    """
    root, known, count = list(range(size)), bytearray(size), [1] * size
    refused: list[int] = []
    for place, (rule, one, other) in enumerate(links):
        if rule == NEVER:
            refused.append(place)
            continue
        a, b = one, other
        while root[a] != a:
            root[a] = a = root[root[a]]
        while root[b] != b:
            root[b] = b = root[root[b]]
        if edge is not None and (edge.outside[one] or edge.outside[other]):
            inner, outer = (b, one) if edge.outside[one] else (a, other)
            named = rule == FIRST_USER and outer == one
            if place >= edge.since and (
                rule in (ALWAYS, WITH_ROOM)
                or edge.large[one]
                or edge.large[other]
                or not (named or known[inner])
            ):
                return United(root, refused, outer)
            known[inner] |= named
            refused.append(place)
        elif a == b:
            known[a] |= rule == FIRST_USER
        elif rule != ALWAYS and (
            count[a] + count[b] > most
            or (known[a] and (rule == FIRST_USER or (rule == ONE_KNOWN and known[b])))
        ):
            refused.append(place)
            known[b] |= rule == FIRST_USER
        else:
            low, high = (a, b) if a < b else (b, a)
            root[high] = low
            count[low] += count[high]
            known[low] |= known[high] | (rule == FIRST_USER)
    for number in range(size):  # a root is lower than what belongs to it
        root[number] = root[root[number]]
    return United(root, refused)
