"""Files as an import reads them, for tests."""

from collections.abc import Iterator
from pathlib import Path

from ethogram.collect.sources.claims import Chunk, EventChunk
from ethogram.collect.sources.files import claims_of, events_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.collect.sources.stored import Local


def read(path: Path, mapping: Mapping) -> Iterator[Chunk]:
    """The claims of the file at ``path``."""
    file = Local(path)
    return claims_of(examine(file), mapping, file.fingerprint())


def events(path: Path, mapping: Mapping | None = None) -> Iterator[EventChunk]:
    """The events of the file at ``path``, native ones unless a preset says otherwise."""
    file = Local(path)
    return events_of(examine(file), mapping, file.fingerprint())
