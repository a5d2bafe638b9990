"""The chain: keyed hashes that prove what was recorded, also when payloads are gone.

Every entry has a keyed BLAKE2b hash of 16 bytes; every record a link, the keyed hash of the
link before it and of its entries' hashes. Without the key nobody can make a chain that agrees.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from ethogram.events.errors import Broken
from ethogram.store.log.entries import gone, leaves
from ethogram.store.log.port import Batch, Proof

HASH_BYTES = 16
GENESIS = bytes(HASH_BYTES)


def entry_hashes(batch: Batch, key: bytes) -> bytes:
    """The hashes of a batch's entries, side by side."""
    keyed = blake2b(digest_size=HASH_BYTES, key=key).copy
    hashes: list[bytes] = []
    for leaf in leaves(batch.kind, batch.payload):
        entry = keyed()
        entry.update(leaf)
        hashes.append(entry.digest())
    return b"".join(hashes)


def link(previous: bytes, hashes: bytes, key: bytes) -> bytes:
    """The link after a record whose entries have ``hashes``."""
    return blake2b(previous + hashes, digest_size=HASH_BYTES, key=key).digest()


def verified(proofs: Iterable[Proof], key: bytes) -> Iterator[Proof]:
    """Pass the proofs on, from the first record of the log, each checked.

    Raises `Broken` at the first that does not agree: a position is missing, an entry was
    changed, or a link was made without the key. Of an erased entry its hash alone is there.
    """
    previous, position = GENESIS, 0
    for proof in proofs:
        where = f"log:{proof.position}"
        if proof.position != position + 1:
            raise Broken("log_gap", f"Entries after {position} are missing.", at=where)
        if len(proof.hashes) != proof.count * HASH_BYTES:
            raise Broken("log_hashes", "A record's hashes are not one an entry.", at=where)
        if proof.payload is not None and not _agree(proof, proof.payload, key):
            raise Broken("log_changed", "An entry is not what was recorded.", at=where)
        if link(previous, proof.hashes, key) != proof.link:
            raise Broken("log_chain", "The chain of hashes breaks here.", at=where)
        previous, position = proof.link, proof.position + proof.count - 1
        yield proof


def _agree(proof: Proof, payload: bytes, key: bytes) -> bool:
    """Whether the entries of ``payload`` that were not erased have their hashes."""
    hashes = entry_hashes(Batch(proof.kind, payload, proof.count, proof.received_at), key)
    erased = set(gone(proof.kind, payload))
    if not erased:
        return hashes == proof.hashes
    there = [i for i in range(proof.count) if i not in erased]
    if proof.kind != "columns":
        hashes = _at(hashes, there)
    return hashes == _at(proof.hashes, there)


def _at(hashes: bytes, places: Iterable[int]) -> bytes:
    return b"".join(hashes[i * HASH_BYTES : (i + 1) * HASH_BYTES] for i in places)
