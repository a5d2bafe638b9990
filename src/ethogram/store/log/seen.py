"""Deduplication in memory: 112-bit fingerprints of keys in open-addressed tables of NumPy.

A B-tree over random keys slows down as it grows; a flat table does not. A fingerprint is the
key's first 14 bytes; beside it stands the hour in which the key was seen, so the window ends
at the full hour. The newest keys wait in a set, since a table takes many at once best. Tables grow
by a factor of eight and older ones stay, so growing never stops the door. The keys themselves are
durable in the log, from which the tables are filled at start.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from ethogram.events.event import Instant
from ethogram.events.times import DAY
from ethogram.store.log.port import KEY_BYTES, WINDOW

HOUR: Instant = DAY // 24
MOST_KEYS = 32_000_000
"""Above this the oldest keys go before their window ends; it is 1.2 GB of memory.

Those of the present hour never go: more than this in an hour take more memory.
"""

_MOST_RECENT = 4096
_SLOTS = 8
_FIRST_BUCKETS = 1 << 13
_GROWTH = 8
_HOUR_BITS = np.uint64(16)
_HOUR_MASK = np.uint64(0xFFFF)

Words = npt.NDArray[np.uint64]


class _Table:
    """Buckets of eight slots; a slot is 64 bits of key, then 48 bits of key and 16 of hour."""

    def __init__(self, buckets: int) -> None:
        self.high = np.zeros((buckets, _SLOTS), np.uint64)
        self.low = np.zeros((buckets, _SLOTS), np.uint64)
        self.filled = np.zeros(buckets, np.uint8)
        self.size = 0

    @property
    def room(self) -> int:
        """How many keys it takes before half its slots are filled."""
        return max(len(self.filled) * _SLOTS // 2 - self.size, 0)

    def hours(self, high: Words, low: Words) -> npt.NDArray[np.int64]:
        """The hour in which each key was seen, -1 where it is not here."""
        found = np.full(len(high), -1, np.int64)
        mask = len(self.filled) - 1
        bucket = (high & np.uint64(mask)).view(np.int64)
        asked: npt.NDArray[np.intp] | slice = slice(None)
        while True:
            same = self.high.take(bucket, axis=0) == high[:, None]
            if same.any():  # seldom for a new key: the other half of the table is not touched
                row, slot = np.nonzero(same)
                kept = self.low[bucket[row], slot]
                hit = (kept >> _HOUR_BITS) == low[row]
                at = np.arange(len(found))[asked][row[hit]]
                found[at] = (kept[hit] & _HOUR_MASK).astype(np.int64)
            onward = np.flatnonzero(self.filled.take(bucket) == _SLOTS)
            if not len(onward):
                return found
            asked = np.arange(len(found))[asked][onward]
            high, low, bucket = high[onward], low[onward], (bucket[onward] + 1) & mask

    def add(self, high: Words, low: Words, hour: Words) -> None:
        """Keep keys that are not here yet, as many as there is `room` for."""
        self.size += len(high)
        mask = len(self.filled) - 1
        bucket = (high & np.uint64(mask)).astype(np.int64)
        while len(bucket):
            order = np.argsort(bucket, kind="stable")
            bucket, high, low, hour = bucket[order], high[order], low[order], hour[order]
            first = np.searchsorted(bucket, bucket, side="left")
            slot = self.filled[bucket] + np.arange(len(bucket)) - first
            fits = slot < _SLOTS
            at = bucket[fits], slot[fits]
            self.high[at] = high[fits]
            self.low[at] = (low[fits] << _HOUR_BITS) | hour[fits]
            np.add.at(self.filled, bucket[fits], 1)
            bucket = (bucket[~fits] + 1) & mask
            high, low, hour = high[~fits], low[~fits], hour[~fits]

    def entries(self) -> tuple[Words, Words, Words]:
        """Every key and hour that is kept."""
        here = np.arange(_SLOTS) < self.filled[:, None]
        low = self.low[here]
        return self.high[here], low >> _HOUR_BITS, low & _HOUR_MASK


class Seen:
    """The `Deduplicator` of an embedded workspace."""

    def __init__(
        self,
        kept: Iterable[tuple[Instant, bytes]] = (),
        *,
        window: Instant = WINDOW,
        most: int = MOST_KEYS,
    ) -> None:
        self._window = window // HOUR
        self._most = most
        self._first_hour: int | None = None
        self._since = 0
        self._pending: set[bytes] = set()
        self._recent: set[bytes] = set()
        self._recent_at: Instant = 0
        held = list(kept)
        count = sum(len(keys) for _, keys in held) // KEY_BYTES
        self._tables = [_Table(max(_buckets_for(min(count, most)), _FIRST_BUCKETS))]
        for at, keys in held:
            self._add(keys, at)

    def __len__(self) -> int:
        return len(self._recent) + sum(table.size for table in self._tables)

    @property
    def since(self) -> Instant:
        """Keys seen before this instant went early, because there were too many."""
        return ((self._first_hour or 0) + self._since) * HOUR if self._since else 0

    def fresh(self, keys: Sequence[bytes], at: Instant) -> list[bool]:
        """See `Deduplicator`."""
        high, low = _words(b"".join(keys))
        oldest = max(self._hour(at) - self._window, self._since)
        known = np.zeros(len(keys), np.bool_)
        for table in self._tables:
            known |= table.hours(high, low) >= oldest
        kept = self._hour(self._recent_at) >= self._hour(at) - self._window
        recent = self._recent if kept else set[bytes]()
        if not known.any() and self._all_new(keys, recent):
            self._pending.update(keys)
            return [True] * len(keys)
        new: list[bool] = []
        for key, seen in zip(keys, known.tolist(), strict=True):
            is_new = not (seen or key in recent or key in self._pending)
            if is_new:
                self._pending.add(key)
            new.append(is_new)
        return new

    def settle(self, keys: Sequence[bytes], at: Instant) -> None:
        """See `Deduplicator`."""
        if len(self._recent) > _MOST_RECENT or at // HOUR != self._recent_at // HOUR:
            self._add(b"".join(self._recent), self._recent_at)
            self._recent.clear()
        self._recent_at = at
        self._recent.update(keys)
        self._pending.difference_update(keys)

    def release(self, keys: Sequence[bytes]) -> None:
        """See `Deduplicator`."""
        self._pending.difference_update(keys)

    def _all_new(self, keys: Sequence[bytes], recent: set[bytes]) -> bool:
        """Whether none is recent, pending, or here twice."""
        alone = recent.isdisjoint(keys) and self._pending.isdisjoint(keys)
        return alone and len(set(keys)) == len(keys)

    def _add(self, packed: bytes, at: Instant) -> None:
        high, low = _words(packed)
        self._fill(high, low, np.full(len(high), self._hour(at), np.uint64), at)

    def _fill(self, high: Words, low: Words, hour: Words, at: Instant) -> None:
        while len(high):
            room = self._tables[-1].room
            self._tables[-1].add(high[:room], low[:room], hour[:room])
            high, low, hour = high[room:], low[room:], hour[room:]
            if len(high):
                self._grow(at)

    def _hour(self, at: Instant) -> int:
        """Hours since a window before the first key; sixteen bits are seven years."""
        if self._first_hour is None:
            self._first_hour = at // HOUR - self._window
        return min(max(at // HOUR - self._first_hour, 0), int(_HOUR_MASK))

    def _grow(self, at: Instant) -> None:
        if len(self) >= self._most and self._drop_oldest(at):
            return
        buckets = len(self._tables[-1].filled) * _GROWTH
        self._tables.append(_Table(min(buckets, _buckets_for(self._most))))

    def _drop_oldest(self, at: Instant) -> bool:
        """Let go of the older half. The present hour stays: is there no other, nothing goes."""
        parts = [table.entries() for table in self._tables]
        high, low, hour = (np.concatenate(column) for column in zip(*parts, strict=True))
        present = self._hour(at)
        since = max(min(int(np.quantile(hour, 0.5)) + 1, present), present - self._window)
        keep = hour >= since
        if keep.all():
            return False
        self._since = since
        self._tables = [_Table(_buckets_for(self._most))]
        self._fill(high[keep], low[keep], hour[keep], at)
        return True


def _buckets_for(keys: int) -> int:
    return 1 << max((2 * keys // _SLOTS - 1).bit_length(), 13)


def _words(packed: bytes) -> tuple[Words, Words]:
    pairs = np.frombuffer(packed, np.dtype("<u8")).reshape(-1, KEY_BYTES // 8)
    return pairs[:, 0].copy(), pairs[:, 1] >> _HOUR_BITS
