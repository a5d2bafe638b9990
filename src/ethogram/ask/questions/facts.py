"""What is worth knowing of a run beforehand: worked out when first asked for, kept with it."""

import threading
import weakref

from ethogram.ask.kernels.bits import Words, presence, ties
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.sequences.run import Run
from ethogram.events.event import Instant
from ethogram.events.times import SECOND

MOST_ROWS = 256


class Facts:
    """Bits per unit of a run: bit ``u % 64`` of word ``u // 64`` is unit ``u``'s."""

    def __init__(self, run: Run) -> None:
        self._codes, self._offsets = frozen(run.codes), frozen(run.offsets)
        self._clock = frozen(run.seconds), frozen(run.micros)
        self._presence: dict[int, Words] = {}
        self._ties: Words | None = None
        self._origin = run.origin
        self._extent: tuple[Instant, Instant] | None = None

    def presence(self, code: int) -> Words:
        """Which units have an event of ``code``."""
        if code not in self._presence:
            if len(self._presence) >= MOST_ROWS:
                self._presence.clear()
            row = presence(self._codes, self._offsets, self._codes.dtype.type(code))
            self._presence[code] = frozen(row)
        return self._presence[code]

    def ties(self) -> Words:
        """Which units have two events of one instant."""
        if self._ties is None:
            self._ties = frozen(ties(*self._clock, self._offsets))
        return self._ties

    def extent(self) -> tuple[Instant, Instant]:
        """The instants of the first and the last event, to the second, from each unit's ends."""
        if self._extent is None:
            seconds, _ = self._clock
            starts, ends = self._offsets[:-1], self._offsets[1:]
            filled = starts < ends
            first, last = seconds[starts[filled]].min(), seconds[ends[filled] - 1].max()
            self._extent = (
                (self._origin + int(first)) * SECOND,
                (self._origin + int(last) + 1) * SECOND - 1,
            )
        return self._extent


_KNOWN: dict[int, Facts] = {}
_LOCK = threading.Lock()


def facts_of(run: Run) -> Facts:
    """The facts of ``run``, kept for as long as the run is."""
    with _LOCK:
        if id(run) not in _KNOWN:
            _KNOWN[id(run)] = Facts(run)
            weakref.finalize(run, _KNOWN.pop, id(run), None)
        return _KNOWN[id(run)]
