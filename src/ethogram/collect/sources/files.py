"""Files of other people's data become claims."""

from collections.abc import Iterator
from pathlib import Path

from ethogram.collect.sources.claims import Chunk
from ethogram.collect.sources.delimited import read_csv
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine, fingerprint


def read(path: Path, mapping: Mapping) -> Iterator[Chunk]:
    """The claims of the file at ``path``, in the order of its rows, in bounded memory."""
    source = examine(path)
    return read_csv(source, mapping, fingerprint(path))
