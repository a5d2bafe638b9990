"""What the process that runs SQL is told, and how long and how much it may."""

import msgspec
from msgspec.structs import replace

from ethogram.events.erasure import Struck
from ethogram.events.errors import Invalid


class Limits(msgspec.Struct, frozen=True):
    """Of one statement: wall-clock ``seconds``, ``rows`` of its result, bytes of ``memory``."""

    seconds: float = 30.0
    rows: int = 10_000
    memory: int = 1 << 30
    threads: int = 2

    def at_most(self, rows: int | None) -> "Limits":
        """These, with fewer ``rows`` where that is said. Raises `Invalid` for more, or for none."""
        if rows is None:
            return self
        if not 1 <= rows <= self.rows:
            raise Invalid("bad_limit", f"From 1 to {self.rows:,} rows can be asked for.",
                          at="$.limit", hint="The setting sql_rows says how many.")  # fmt: skip
        return replace(self, rows=rows)


class Job(msgspec.Struct, frozen=True):
    """One statement over the Parquet ``files`` of the lake, which have ``columns``.

    ``lookups`` are the files of each look-up table. No statement sees events of the nodes
    ``erased``, nor what was ``struck`` out of others'.
    """

    sql: str
    files: list[str]
    columns: list[str]
    limits: Limits
    lookups: dict[str, list[str]] = {}
    erased: list[int] = []
    struck: tuple[Struck, ...] = ()


RESULT_BYTES = 64 << 20
"""Of a result's values."""
MORE = b"ethogram.more"
TYPES = b"ethogram.types"
"""Keys of the Arrow schema's metadata: whether rows were cut off, and DuckDB's types, as JSON."""
