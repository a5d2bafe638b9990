"""Which points over time are hidden, by how many people each is about."""

from collections.abc import Sequence

from ethogram.ask.questions.spec import Range
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


def grown(numbers: Sequence[int], k: int) -> list[bool]:
    """Which points are hidden of a number that only grows: those that it came to by fewer than
    ``k`` since the last one shown.

    >>> grown([30, 30, 31, 39, 40, 40], 10)
    [False, False, True, True, False, False]
    """
    flags, last = list[bool](), 0
    for n in numbers:
        flags.append(is_small(n - last, k))
        last = last if flags[-1] else n
    return flags


def trailed(people: Sequence[int], now: Sequence[int], k: int, *, whole: bool) -> list[bool]:
    """Which points are hidden of people of a trailing time, ``now`` being those of the period.

    Where fewer than ``k`` can have come, by what it falls are those who are gone; where the line
    has counted from the beginning on (``whole``) and nobody is gone, by what it grows are those
    who came.

    >>> trailed([30, 31, 50, 48, 47], [30, 30, 30, 30, 0], 10, whole=True)
    [False, True, False, False, True]
    """
    flags, last = list[bool](), 0 if whole else None
    for p, n in enumerate(people):
        whole = whole and not (p and n < people[p - 1])
        tied = last is not None and (whole or now[p] < k)
        flags.append(is_small(n, k) or (tied and is_small(abs(n - (last or 0)), k)))
        last = last if flags[-1] else n
    return flags


def overlap(a: Range, b: Range) -> bool:
    """Whether two ranges share an instant; None is unbounded.

    >>> overlap(Range(None, 3), Range(2, None)), overlap(Range(1, 2), Range(2, 3))
    (True, False)
    """
    begins = [each.first for each in (a, b) if each.first is not None]
    ends = [each.last for each in (a, b) if each.last is not None]
    return not begins or not ends or max(begins) < min(ends)


def windowed(flags: Sequence[bool], n: int) -> list[bool]:
    """Which means of ``n`` points, the last the point itself, have a hidden one among them."""
    return [any(flags[max(p + 1 - n, 0) : p + 1]) for p in range(len(flags))]


def _partner(people: Sequence[int], flags: Sequence[bool], k: int) -> int | None:
    """The smallest cell that is large enough, where only small ones are hidden."""
    if not any(flags) or any(n >= k for n, own in zip(people, flags, strict=True) if own):
        return None
    shown = [i for i, n in enumerate(people) if n >= k]
    return min(shown, key=lambda i: people[i], default=None)
