"""Links become persons, in one pass in the order of what happened: a disjoint-set forest.

Tarjan (1975), with path halving; the lowest number of a set is its root, so a person's id does
not depend on the order in which links came.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ethogram.people.policy import Rule

ALWAYS, FIRST_USER, ONE_KNOWN, NEVER = map(int, Rule)


class United(NamedTuple):
    """``root[i]`` is the lowest number of the person that ``i`` is; ``refused`` are the links,
    by their place, that did not count.

    ``beyond`` is a number outside that turned out to belong to these persons: then the rest
    means nothing, and the pass must begin anew with its whole person inside.
    """

    root: list[int]
    refused: list[int]
    beyond: int | None = None


def unite(
    size: int, links: Iterable[tuple[int, int, int]], outside: Sequence[int] | None = None
) -> United:
    """The persons of the numbers below ``size``, as ``links`` (rule, a, b) say in this order.

    A number that is ``outside`` belongs to a person whose other links are not given. It was in no
    person with any number inside so far, and its own person has been known for as long as that
    mattered.
    """
    root, known = list(range(size)), bytearray(size)
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
        if outside is not None and (outside[one] or outside[other]):
            held = b if outside[one] else a
            if rule == FIRST_USER and outside[one]:
                known[held] = 1
            elif rule == ALWAYS or not known[held]:
                return United(root, refused, one if outside[one] else other)
            refused.append(place)
        elif a == b:
            known[a] |= rule == FIRST_USER
        elif known[a] and (rule == FIRST_USER or (rule == ONE_KNOWN and known[b])):
            refused.append(place)
            known[b] |= rule == FIRST_USER
        else:
            low, high = (a, b) if a < b else (b, a)
            root[high] = low
            known[low] |= known[high] | (rule == FIRST_USER)
    for number in range(size):  # a root is lower than what belongs to it
        root[number] = root[root[number]]
    return United(root, refused)
