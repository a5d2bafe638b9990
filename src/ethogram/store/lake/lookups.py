"""Look-up tables: what events speak of, such as products, as Delta tables beside them.

A look-up is small and is written whole, in one commit: who reads it sees the old one or the new.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import fcntl
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from ethogram.events.errors import Busy, Invalid, NotFound, nearest
from ethogram.store.lake.delta_log import repair, sync
from ethogram.store.lake.tables import NO_HOOKS

MOST_ROWS = 1_000_000
TIDY_EVERY = 20
RESERVED = ("events", "sessions", "people", "lake", "dead_letters")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CONFIGURATION: dict[str, str | None] = {
    "delta.deletedFileRetentionDuration": "interval 2 days",
    "delta.logRetentionDuration": "interval 7 days",
}


def check_name(name: str, at: str = "$.name") -> None:
    """Raise `Invalid` for what no look-up can be called: it is a table's name in SQL."""
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise Invalid(
            "bad_name",
            f"{name[:100]!r} cannot be the name of a look-up.",
            at=at,
            hint=f"Use small letters, digits and _; not {', '.join(RESERVED)}.",
        )


def check_rows(count: int, name: str) -> None:
    """Raise `Invalid` (``lookup_too_large``) for more rows than the look-up ``name`` may have."""
    if count > MOST_ROWS:
        raise Invalid("lookup_too_large", f"A look-up has at most {MOST_ROWS:,} rows.",
                      at=name, hint="Make events or profiles of them.")  # fmt: skip


class Lookups:
    """The look-ups of the project in a folder. Who writes one waits for who does so."""

    def __init__(self, project: Path) -> None:
        self._folder = project / "lake" / "lookups"

    def names(self) -> list[str]:
        """Which there are, in order."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir()
                      if path.is_dir() and DeltaTable.is_deltatable(str(path)))  # fmt: skip

    def read(self, name: str) -> pa.Table:
        """All rows of the look-up. Raises `NotFound`."""
        return pa.table(self._delta(name).to_pyarrow_table())

    def rows(self, name: str) -> int:
        """How many rows it has. Raises `NotFound`."""
        return self._delta(name).count()

    def files(self, name: str) -> list[str]:
        """The Parquet files of its newest state; they stay for two days after it. See `read`."""
        return [unquote(uri.removeprefix("file://")) for uri in self._delta(name).file_uris()]

    def unlike(self, name: str, rows: pa.Table) -> int:
        """How many of ``rows`` the look-up does not have as they are."""
        if name not in self.names():
            return rows.num_rows
        held = self.read(name)
        both = _joined(held, rows)
        there = pa.array([True] * held.num_rows + [False] * rows.num_rows)
        alike = (
            both.append_column("", there)
            .group_by(both.column_names)
            .aggregate([("", "any"), ("", "count")])
        )
        new = alike.filter(pc.invert(alike["_any"]))
        return pc.sum(new["_count"]).as_py() or 0

    def write(self, name: str, rows: pa.Table, key: Sequence[str] = ()) -> int:
        """Put ``rows`` in the look-up's place, or with a ``key`` into it; how many it has then.

        Of rows with one key the last counts; a column that has another type than before becomes
        text. Raises `Invalid` (``lookup_too_large``), and `Busy` where nothing could be written.
        """
        check_name(name)
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f"{name}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            return self._write(name, rows, key)

    def _write(self, name: str, rows: pa.Table, key: Sequence[str]) -> int:
        folder = self._folder / name
        repair(folder)
        if key and name in self.names():
            rows = _joined(self.read(name), rows)
        if key:
            rows = _last(rows, key)
        check_rows(rows.num_rows, name)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            write_deltalake(folder, rows, mode="overwrite", schema_mode="overwrite",
                            configuration=_CONFIGURATION,
                            post_commithook_properties=NO_HOOKS)  # fmt: skip
        except (DeltaError, OSError) as error:
            raise Busy("lake_write", f"Nothing was written: {error}", at=str(folder)) from error
        sync(folder)
        _tidy(folder)
        return rows.num_rows

    def _delta(self, name: str) -> DeltaTable:
        if name not in self.names():
            raise NotFound("unknown_lookup", f"There is no look-up {name[:100]!r}.", at="$.name",
                           hint=nearest(name, self.names()))  # fmt: skip
        return DeltaTable(self._folder / name)


def _joined(held: pa.Table, rows: pa.Table) -> pa.Table:
    """Both, one below the other."""
    try:
        return pa.concat_tables([held, rows], promote_options="permissive")
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        both = [_as_text(held, rows), _as_text(rows, held)]
        return pa.concat_tables(both, promote_options="permissive")


def _as_text(rows: pa.Table, other: pa.Table) -> pa.Table:
    """``rows``, their columns that ``other`` has with another type as texts."""
    for at, field in enumerate(rows.schema):
        if field.name in other.column_names and other.schema.field(field.name).type != field.type:
            rows = rows.set_column(at, field.name, rows[field.name].cast(pa.string()))
    return rows


def _last(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    """The last row of each key, in their order."""
    numbered = rows.append_column("", pa.array(range(rows.num_rows)))
    last = numbered.group_by(list(key)).aggregate([("", "max")])
    return rows.take(last["_max"].sort())


def _tidy(folder: Path) -> None:
    """Now and then drop the files and commits that nobody needs any more."""
    delta = DeltaTable(folder)
    if delta.version() % TIDY_EVERY == 0 and delta.version():
        delta.create_checkpoint()
        sync(folder)
        delta.vacuum(dry_run=False, post_commithook_properties=NO_HOOKS)
        delta.cleanup_metadata()
        sync(folder)
