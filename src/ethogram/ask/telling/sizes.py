"""Which sizes of sets that overlap are told, so that none of their small parts can be computed.

Of people in some sets the sets part all: those in none, in just one, in these two and no other. A
size is the sum of parts. As in `tables`, of each small part another world is left possible with
``k`` people in it, all sizes told being the same: as many people leave one other part, or leave two
and as many come into a third. Only parts that have people change, since of the others it may be
known that they cannot have any: who is in a set is in what holds the set.
"""

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import TypeAlias

from ethogram.ask.telling.tables import is_small

Parts: TypeAlias = Mapping[int, int]
"""The people of each part, by the sets that they are in, as bits."""


def sizes_told(parts: Parts, sets: int, k: int) -> set[int]:
    """The sets whose sizes are told beside how many people there are in all.

    >>> sizes_told({0b00: 50, 0b01: 3, 0b11: 97}, 2, 10)
    {0}
    >>> sizes_told({0b00: 50, 0b01: 3, 0b10: 20, 0b11: 97}, 2, 10)
    {0, 1}
    """
    told = {*range(sets)}
    while told and _unsafe(parts, told, k):
        left = {i: _unsafe(parts, told - {i}, k) for i in told}
        told.remove(min(told, key=lambda i: (left[i], _size(parts, i))))
    return told


def _unsafe(parts: Parts, told: set[int], k: int) -> int:
    """How many small parts these sizes tell to be small."""
    seen = sum(1 << i for i in told)
    return sum(is_small(n, k) and not _safe(parts, part, seen, k) for part, n in parts.items())


def _safe(parts: Parts, part: int, seen: int, k: int) -> bool:
    need = k - parts[part]
    large = [other for other, n in parts.items() if n >= need and other != part]
    if any(other & seen == part & seen for other in large):
        return True
    some = {other & seen for other, n in parts.items() if n}
    return any(
        a != b and _fourth(a & seen, b & seen, part & seen) in some
        for a, b in combinations_with_replacement(large, 2)
    )


def _fourth(a: int, b: int, part: int) -> int | None:
    """What is in each set as often as ``a`` and ``b`` together without ``part``; None: nothing."""
    both, either = a & b, a | b
    return (a ^ b ^ part) if both & ~part == 0 and part & ~either == 0 else None


def _size(parts: Parts, i: int) -> int:
    return sum(n for part, n in parts.items() if part >> i & 1)
