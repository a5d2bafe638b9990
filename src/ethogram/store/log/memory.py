"""The log in memory, for tests and documentation: the port's promises but durability."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ethogram.events.event import Instant
from ethogram.store.log.chain import GENESIS, altered_hash, entry_hashes, link
from ethogram.store.log.entries import gone
from ethogram.store.log.port import Batch, Change, Proof, Record, trimmed


class MemoryLog:
    """See `ethogram.store.log.port.Log`."""

    def __init__(self, key: bytes = bytes(32)) -> None:
        self._key = key
        self._proofs: list[Proof] = []
        self._keys: list[tuple[Instant, bytes]] = []
        self._cursors: dict[str, int] = {}
        self._marks: dict[str, int] = {}
        self.start = 0

    @property
    def end(self) -> int:
        """See `Log.end`."""
        return self._proofs[-1].position + self._proofs[-1].count - 1 if self._proofs else 0

    def append(self, batches: Sequence[Batch], marks: Mapping[str, int] | None = None) -> list[int]:
        """See `Log.append`."""
        first = len(self._proofs)
        for batch in batches:
            hashes = entry_hashes(batch, self._key)
            before = self._proofs[-1].link if self._proofs else GENESIS
            self._proofs.append(
                Proof(
                    position=self.end + 1,
                    kind=batch.kind,
                    count=batch.count,
                    received_at=batch.received_at,
                    hashes=hashes,
                    link=link(before, hashes, self._key),
                    payload=batch.payload,
                )
            )
            if batch.keys:
                self._keys.append((batch.received_at, batch.keys))
        self._marks.update(marks or {})
        return [proof.position for proof in self._proofs[first:]]

    def read(self, after: int, limit: int = 10_000) -> list[Record]:
        """See `Log.read`."""
        if after < self.start:
            raise trimmed(after, self.start)
        found: list[Record] = []
        taken = 0
        at = max(bisect_right(self._proofs, after + 1, key=lambda p: p.position) - 1, 0)
        for proof in self._proofs[at:]:
            if proof.payload is None or proof.position + proof.count - 1 <= after:
                continue
            if found and taken + proof.count > limit:
                break
            taken += proof.count
            found.append(
                Record(proof.position, proof.kind, proof.count, proof.received_at, proof.payload)
            )
        return found

    def cursor(self, name: str) -> int:
        """See `Log.cursor`."""
        return self._cursors.get(name, 0)

    def cursors(self) -> dict[str, int]:
        """See `Log.cursors`."""
        return dict(self._cursors)

    def mark(self, name: str) -> int:
        """See `Log.mark`."""
        return self._marks.get(name, 0)

    def marks(self, beginning: str) -> dict[str, int]:
        """See `Log.marks`."""
        return {name: each for name, each in self._marks.items() if name.startswith(beginning)}

    def advance(self, name: str, position: int | None) -> None:
        """See `Log.advance`."""
        if position is None:
            self._cursors.pop(name, None)
        else:
            self._cursors[name] = position

    def trim(self, upto: int) -> None:
        """See `Log.trim`."""
        for i, proof in enumerate(self._proofs):
            last = proof.position + proof.count - 1
            if last <= upto:
                self._proofs[i] = Proof(
                    proof.position,
                    proof.kind,
                    proof.count,
                    proof.received_at,
                    proof.hashes,
                    proof.link,
                    None,
                )
                self.start = max(self.start, last)

    def alter(self, positions: Iterable[int], change: Change) -> int:
        """See `Log.alter`."""
        count, wanted = 0, set(positions)
        for i, proof in enumerate(self._proofs):
            own = range(proof.position, proof.position + proof.count)
            places = {at - proof.position for at in wanted if at in own}
            if places and proof.payload is not None:
                places.difference_update(gone(proof.kind, proof.payload))
                rest = change(proof.kind, proof.payload, sorted(places))
                own_hash = altered_hash(proof.position, rest, self._key)
                self._proofs[i] = msgspec.structs.replace(proof, payload=rest, altered=own_hash)
                count += len(places)
        return count

    def proofs(self, after: int = 0) -> Iterator[Proof]:
        """See `Log.proofs`."""
        return (proof for proof in self._proofs if proof.position > after)

    def keys(self, since: Instant) -> Iterator[tuple[Instant, bytes]]:
        """See `Log.keys`."""
        return ((at, keys) for at, keys in self._keys if at >= since)

    def forget_keys(self, before: Instant) -> None:
        """See `Log.forget_keys`."""
        self._keys = [(at, keys) for at, keys in self._keys if at >= before]

    def close(self) -> None:
        """See `Log.close`."""
