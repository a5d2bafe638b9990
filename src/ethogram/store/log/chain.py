"""The chain: keyed hashes that prove what was recorded, also when payloads are gone.

Every entry has a keyed BLAKE2b hash of 16 bytes; every record a link, the keyed hash of the
link before it and of its entries' hashes. Without the key nobody can make a chain that agrees.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from ethogram.events.errors import Broken
from ethogram.store.log.entries import leaves
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


def altered_hash(position: int, payload: bytes, key: bytes) -> bytes:
    """The keyed hash of what the payload of the record at ``position`` was altered to."""
    said = position.to_bytes(8, "big") + payload
    return blake2b(said, digest_size=HASH_BYTES, key=key, person=b"altered").digest()


def verified(proofs: Iterable[Proof], key: bytes) -> Iterator[Proof]:
    """Pass the proofs on, from the first record of the log, each checked.

    Raises `Broken` at the first that does not agree: a position is missing, an entry was
    changed, or a link was made without the key. What was altered with the key agrees.
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
    if proof.altered is not None:
        return altered_hash(proof.position, payload, key) == proof.altered
    batch = Batch(proof.kind, payload, proof.count, proof.received_at)
    return entry_hashes(batch, key) == proof.hashes
