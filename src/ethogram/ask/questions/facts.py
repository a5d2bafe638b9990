"""What is worth knowing of a run beforehand: worked out when first asked for, kept with it."""

import threading
import weakref

import numpy as np

from ethogram.ask.kernels.bits import Words, presence, ties
from ethogram.ask.kernels.events import Events
from ethogram.ask.kernels.postings import Postings, counted, located
from ethogram.ask.kernels.tally import tally
from ethogram.ask.kernels.windows import QUARTER, among
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.session_units import in_sessions
from ethogram.ask.sequences.resident import leave_events, pieces
from ethogram.ask.sequences.run import Column, Int64s, Run
from ethogram.ask.sequences.within import within
from ethogram.events.event import Instant
from ethogram.events.times import SECOND

MOST_ROWS = 256
MOST_POSTINGS = 1 << 22
"""So many events at most are located: 80 MB."""
MOST_QUARTERS = 1 << 21
"""So many numbers of quarters of an hour are kept of a run: 16 MB."""


class Facts:
    """Bits per unit of a run: bit ``u % 64`` of word ``u // 64`` is unit ``u``'s; and numbers of
    events per quarter of an hour, dead units' included.
    """

    def __init__(self, run: Run) -> None:
        self._codes, self._offsets = frozen(run.codes), frozen(run.offsets)
        self._clock = frozen(run.seconds), frozen(run.micros)
        self._presence: dict[int, Words] = {}
        self._ties: Words | None = None
        self._tallies: dict[tuple[int, int], Int64s] = {}
        self._origin = run.origin
        self._extent: tuple[Instant, Instant] | None = None
        self._counts: dict[int, int] = {}
        self._postings: dict[int, Postings] = {}
        self._sessions: dict[int, tuple[Run, Int64s]] = {}
        self._within: dict[tuple[str, ...], Column | None] = {}
        self._run = weakref.ref(run)

    def presence(self, code: int) -> Words:
        """Which units have an event of ``code``."""
        if code not in self._presence:
            if len(self._presence) >= MOST_ROWS:
                self._presence.clear()
            row = presence(self._codes, self._offsets, self._codes.dtype.type(code))
            self._presence[code] = frozen(row)
        return self._presence[code]

    def counted(self, code: int) -> int:
        """How many events have ``code``, dead units' included."""
        if code not in self._counts:
            events = int(self._offsets[-1])
            self._counts[code] = counted(self._codes, events, self._codes.dtype.type(code))
        return self._counts[code]

    def postings(self, code: int) -> Postings:
        """The events of ``code``, dead units' included."""
        if code not in self._postings:
            n = self.counted(code)
            if n + sum(len(each.where) for each in self._postings.values()) > MOST_POSTINGS:
                self._postings.clear()
            found = Postings(np.empty(n, np.int64), *np.empty((3, n), np.int32))
            located(self._events(), self._codes.dtype.type(code), found)
            self._postings[code] = Postings(*map(frozen, found))
        return self._postings[code]

    def ties(self) -> Words:
        """Which units have two events of one instant."""
        if self._ties is None:
            words = [
                ties(*self._clock, self._offsets[low : high + 1])
                for low, high in pieces(self._held())
            ]
            self._ties = frozen(np.concatenate([np.empty(0, np.uint64), *words]))
        return self._ties

    def quarters(self) -> range:
        """The quarters of an hour since 1970 that hold the first to the last event."""
        first, last = self.extent()
        return range(first // SECOND // QUARTER, last // SECOND // QUARTER + 1)

    def tally(self, low: int, high: int) -> Int64s:
        """How many events of the codes ``low`` to ``high`` each of `quarters` holds."""
        if (low, high) not in self._tallies:
            quarters = self.quarters()
            if (len(self._tallies) + 1) * len(quarters) > MOST_QUARTERS:
                self._tallies.clear()
            counts = np.zeros(len(quarters), np.int64)
            zero = quarters.start * QUARTER - self._origin
            picked = among(self._codes, low, high)
            for first, last in pieces(self._held()):
                ends = self._offsets[first : first + 1], self._offsets[last : last + 1]
                events = self._events()._replace(begins=ends[0], ends=ends[1])
                tally(events, picked, zero, counts)
            self._tallies[low, high] = frozen(counts)
        return self._tallies[low, high]

    def within(self, path: tuple[str, ...]) -> Column | None:
        """What lies at ``path`` within JSON values (`within`)."""
        if path not in self._within:
            self._within[path] = within(self._held(), path)
        return self._within[path]

    def sessions(self, gap: int) -> tuple[Run, Int64s]:
        """The run with sessions for units, and whose each one is (`in_sessions`)."""
        found = self._sessions.get(gap)
        if found is None:
            found = in_sessions(self._held(), gap)
            self._sessions = {gap: found}
        return found

    def _held(self) -> Run:
        run = self._run()
        assert run is not None
        return run

    def _events(self) -> Events:
        nothing = frozen(np.empty(0, np.uint8))
        return Events(
            self._codes, nothing, *self._clock, self._offsets[:-1], self._offsets[1:]
        )  # fmt: skip

    def extent(self) -> tuple[Instant, Instant]:
        """The instants of the first and the last event, to the second, from each unit's ends."""
        if self._extent is None:
            seconds, _ = self._clock
            starts, ends = self._offsets[:-1], self._offsets[1:]
            filled = starts < ends
            if not filled.any():
                return self._origin * SECOND, self._origin * SECOND
            first, last = seconds[starts[filled]].min(), seconds[ends[filled] - 1].max()
            leave_events(self._held(), 0, len(starts))
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
