"""Which points over time are hidden, by how many people each is about."""

from collections.abc import Sequence

from ethogram.ask.telling.tables import is_small


def complemented(rows: Sequence[Sequence[int]], k: int) -> list[list[bool]]:
    """Which cells of some rows are hidden: the small ones, and in each row and each column with
    one of these a cell of ``k`` people or more, as far as there is any.

    >>> complemented([[4, 30, 20], [50, 60, 70]], 10)
    [[True, False, True], [True, False, False]]
    """
    flags = [[is_small(n, k) for n in row] for row in rows]
    for row, own in zip(rows, flags, strict=True):
        chosen = _partner(row, own, k)
        if chosen is not None:
            own[chosen] = True
    for p, column in enumerate(zip(*rows, strict=True)):
        chosen = _partner(column, [own[p] for own in flags], k)
        if chosen is not None:
            flags[chosen][p] = True
    return flags


def cumulated(people: Sequence[int], k: int) -> list[bool]:
    """Which points are hidden of a line that counts from its beginning on: those between which
    and the last one shown no period has ``k`` people.

    >>> cumulated([30, 4, 40, 0], 10)
    [False, True, False, False]
    """
    flags, some, enough = list[bool](), False, False
    for n in people:
        some, enough = some or n > 0, enough or n >= k
        flags.append(some and not enough)
        if enough:
            some = enough = False
    return flags


def windowed(flags: Sequence[bool], n: int) -> list[bool]:
    """Which means of ``n`` points, the last the point itself, have a hidden one among them."""
    return [any(flags[max(p + 1 - n, 0) : p + 1]) for p in range(len(flags))]


def _partner(people: Sequence[int], flags: Sequence[bool], k: int) -> int | None:
    """The smallest cell that is large enough, where only small ones are hidden."""
    if not any(flags) or any(n >= k for n, own in zip(people, flags, strict=True) if own):
        return None
    shown = [i for i, n in enumerate(people) if n >= k]
    return min(shown, key=lambda i: people[i], default=None)
