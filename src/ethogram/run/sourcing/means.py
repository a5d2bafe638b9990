"""What a run of a source needs of its project."""

from dataclasses import dataclass

from ethogram.protect.references import Secrets
from ethogram.run.importing import Target
from ethogram.store.lake.lookups import Lookups


@dataclass(frozen=True)
class Means:
    """Where claims and look-ups go, secrets, and a key of hashes."""

    target: Target
    lookups: Lookups
    secrets: Secrets
    key: bytes
