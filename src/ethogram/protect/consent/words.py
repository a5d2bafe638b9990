"""What holds of a set of records: for each purpose the latest word, whatever came first."""

from collections.abc import Iterable
from typing import NamedTuple

from ethogram.events.event import Instant

Key = tuple[str, bool]
"""A purpose, and whether it is a browser's signal that speaks (`SIGNAL`) or the person."""
SIGNAL = "gpc"
"""The source of records that a browser's signal makes."""


class Word(NamedTuple):
    """A purpose was ``given`` ``at`` a time, or withdrawn."""

    at: Instant
    given: bool


def later(one: Word | None, other: Word) -> Word:
    """The word that holds of two: the later one, and at one time the withdrawal.

    So the order in which records arrive plays no part, nor whose ids they were said for: two ids
    that turn out to be one person's are judged by the records of both.

    >>> later(Word(1, True), Word(2, False)).given, later(Word(2, True), Word(2, False)).given
    (False, False)
    """
    if one is None or (other.at, not other.given) > (one.at, not one.given):
        return other
    return one


def holding(said: Iterable[tuple[str, Word]]) -> dict[str, Word]:
    """The word that holds for each purpose."""
    found: dict[str, Word] = {}
    for purpose, word in said:
        found[purpose] = later(found.get(purpose), word)
    return found
