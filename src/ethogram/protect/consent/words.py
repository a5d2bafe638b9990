"""What holds of a set of records: an agreement that came after every withdrawal, by all clocks."""

from collections.abc import Iterable
from typing import NamedTuple

from ethogram.events.event import Instant

SIGNAL = "gpc"
"""The source of records that a browser's signal makes."""
NEVER: Instant = -(1 << 62)
_Times = tuple[Instant, Instant]


class Word(NamedTuple):
    """All that was said of a purpose, as far as it counts.

    Of the agreements the one that was ``said`` last, (said at, came at), and the one that ``came``
    last, (came at, said at); of the withdrawals the last of both times, whichever they are of.
    """

    said: _Times = (NEVER, NEVER)
    came: _Times = (NEVER, NEVER)
    taken_said: Instant = NEVER
    taken_came: Instant = NEVER

    @property
    def given(self) -> bool:
        """Whether one of the agreements was said after every withdrawal, and came before none.

        So a withdrawal holds at once, however late the clock that says when it was; and an
        agreement that was under way for long does not undo it. What came together goes by what
        was said, and at one time the withdrawal holds.
        """
        return any(
            said > self.taken_said and came >= self.taken_came
            for said, came in (self.said, self.came[::-1])
        )

    @property
    def at(self) -> Instant:
        """When what holds was said last."""
        return self.said[0] if self.given else self.taken_said


def word(given: bool, said: Instant, came: Instant) -> Word:
    """What one record says; of history, whose times are true, it ``came`` when it was said."""
    if given:
        return Word((said, came), (came, said))
    return Word(taken_said=said, taken_came=came)


def both(one: Word | None, other: Word) -> Word:
    """What holds of two words together, in any order, and however often each is said.

    So two ids that turn out to be one person's are judged by the records of both.

    >>> both(word(True, 1, 1), word(False, 2, 2)).given
    False
    >>> both(word(True, 5, 5), word(False, 2, 9)).given
    False
    >>> both(word(False, 2, 2), word(True, 3, 3)).given
    True
    """
    if one is None:
        return other
    return Word(
        max(one.said, other.said),
        max(one.came, other.came),
        max(one.taken_said, other.taken_said),
        max(one.taken_came, other.taken_came),
    )


def holding(said: Iterable[tuple[str, Word]]) -> dict[str, Word]:
    """The word that holds for each purpose."""
    found: dict[str, Word] = {}
    for purpose, each in said:
        found[purpose] = both(found.get(purpose), each)
    return found
