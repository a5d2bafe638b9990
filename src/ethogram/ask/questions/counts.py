"""How often each of many keys came, in pieces that are put together when they grow large."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ethogram.ask.kernels.counting import Counted, summed

AT_ONCE = 1 << 21
"""So many rows may be pieces: what bounds their memory, and how often they are put together."""
MOST = 1_000_000
"""Of distinct keys."""


@dataclass(frozen=True)
class Counts:
    """Pieces that may share keys; a piece has each key once."""

    pieces: tuple[Counted, ...] = ()

    @property
    def rows(self) -> int:
        """At least as many as there are distinct keys."""
        return sum(len(piece.keys) for piece in self.pieces)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.pieces + other.pieces).small()

    def changed(self, change: Callable[[Counted], Counted]) -> "Counts":
        """Each piece changed."""
        return Counts(tuple(map(change, self.pieces)))

    def small(self) -> "Counts":
        """The same, in one piece where there are many rows."""
        return Counts((self.whole(),)) if self.rows > AT_ONCE else self

    def whole(self) -> Counted:
        """Each key once."""
        if not self.pieces:
            return Counted(np.empty((0, 1), np.int64), np.empty(0, np.int64), np.empty(0, np.int64))
        if len(self.pieces) == 1:
            return self.pieces[0]
        return summed(Counted(*map(np.concatenate, zip(*self.pieces, strict=True))))


def many(counts: Counts) -> bool:
    """Whether there are more than `MOST` distinct keys; of pieces it is not known yet."""
    return len(counts.pieces) == 1 and counts.rows > MOST
