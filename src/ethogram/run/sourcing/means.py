"""What a run of a source needs of its project."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethogram.protect.references import Secrets
from ethogram.run.importing import Target
from ethogram.store.lake.lookups import Lookups


@dataclass(frozen=True)
class Means:
    """Where claims and look-ups go, secrets, a key of hashes, and the cipher of what is kept."""

    target: Target
    lookups: Lookups
    secrets: Secrets
    key: bytes
    cipher: AESGCM
