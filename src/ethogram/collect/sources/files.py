"""Files of other people's data: CSV, JSON Lines and Parquet become claims.

`read` gives what a file claims, by a mapping; `native` gives the lines of a file of native
events. Neither knows the log or the vault.
"""

from collections.abc import Iterator
from pathlib import Path

from ethogram.collect.sources.claims import Chunk
from ethogram.collect.sources.delimited import read_csv
from ethogram.collect.sources.jsonlines import NativeChunk, read_jsonl, read_native
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import Format, examine, fingerprint
from ethogram.collect.sources.parquet import read_parquet
from ethogram.events.errors import Invalid

_READERS = {"csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet}


def format_of(path: Path) -> Format:
    """What the file at ``path`` is, by its content; raises as `opening.examine` does."""
    return examine(path).format


def read(path: Path, mapping: Mapping, mark: str | None = None) -> Iterator[Chunk]:
    """The claims of the file at ``path``, in the order of its rows, in bounded memory.

    ``mark`` is the file's fingerprint where it is known already. Rows that cannot be taken are
    in the chunks' rejects. Raises `NotFound` and `Invalid` where the file or the mapping cannot
    be used; unless the file changes meanwhile or is a damaged Parquet, before the first chunk.
    """
    source = examine(path)
    return _READERS[source.format](source, mapping, mark or fingerprint(path))


def native(path: Path, mark: str | None = None) -> Iterator[NativeChunk]:
    """The lines of a file of native events. Raises `Invalid` where it is no JSONL."""
    source = examine(path)
    if source.format != "jsonl":
        raise Invalid(
            "mapping_needed",
            f"{path.name} is {source.format}; its columns must be said.",
            at=str(path),
            hint="Add --user COLUMN --time COLUMN and --event COLUMN or --event-name NAME.",
        )
    return read_native(source, mark or fingerprint(path))
