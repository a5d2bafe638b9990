"""The lake: Delta tables on a folder that grow by commits, each with a position of the log.

Any Delta reader can open them. Both are partitioned by ``day``, the day received (UTC).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import DeltaError

from ethogram.events.errors import Broken, Busy
from ethogram.store.lake.delta_log import repair, sync
from ethogram.store.lake.schema import EVENTS, INSTANT, property_of

DEAD_LETTERS = pa.schema(
    [
        ("position", pa.int64()),
        ("code", pa.string()),
        ("message", pa.string()),
        ("at", pa.string()),
        ("hint", pa.string()),
        ("received_at", INSTANT),
        ("protocol", pa.string()),
        ("sealed", pa.binary()),
        ("form", pa.string()),
        ("replays", pa.int64()),
        ("event", pa.string()),
    ]
)
"""A row that ``replays`` is no letter: it says which letter, by its position, is in again."""
LINKS = pa.schema(
    [
        ("position", pa.int64()),
        ("kind", pa.int8()),
        ("a", pa.int64()),
        ("b", pa.int64()),
        ("at", INSTANT),
        ("received_at", INSTANT),
        ("withdrawn", pa.bool_()),
    ]
)
"""A row that is ``withdrawn`` says that the link does not count from ``received_at`` on."""
STATEMENTS = pa.schema(
    [
        ("position", pa.int64()),
        ("statement", pa.string()),
        ("kind", pa.int8()),
        ("a", pa.int64()),
        ("b", pa.int64()),
        ("received_at", INSTANT),
        ("events", pa.bool_()),
        ("since", pa.int64()),
        ("until", pa.int64()),
        ("event", pa.string()),
        ("property", pa.string()),
        ("letter", pa.int64()),
    ]
)
"""What somebody in charge says of people: ``joined``, ``parted`` (a link's kind and ends),
``erased`` (`store.log.entries.Erased`; ``since`` and ``until`` in microseconds)."""
CONSENTS = pa.schema(
    [
        ("position", pa.int64()),
        ("person", pa.int64()),
        ("purpose", pa.string()),
        ("given", pa.bool_()),
        ("at", INSTANT),
        ("received_at", INSTANT),
        ("source", pa.string()),
        ("version", pa.int32()),
        ("shown", pa.string()),
        ("by", pa.string()),
        ("event_id", pa.string()),
        ("proof", pa.binary()),
        ("history", pa.bool_()),
    ]
)
"""What persons allowed and withdrew; see `store.log.entries.Consented`."""
ERASED = "erased"
"""The transaction that says how many events of the log the table no longer has."""
POSITION = "log"
"""The transaction that says up to which position of the log a table is loaded."""
SCAN_ROWS = 65_536
CHECKPOINT_EVERY = 100

_STATISTICS = ("position", "received_at")
"""Statistics outlive a deleted row in the table's log, so none on what could name a person."""
_UNIQUE = ("position", "timestamp", "person", "event_id", "properties", "sealed")
"""Columns whose values hardly repeat, so that a dictionary of them only costs time."""

WRITER = WriterProperties(
    compression="ZSTD",
    default_column_properties=ColumnProperties(statistics_enabled="NONE"),
    column_properties={
        name: ColumnProperties(
            dictionary_enabled=name not in _UNIQUE,
            statistics_enabled="CHUNK" if name in _STATISTICS else "NONE",
        )
        for name in {*_UNIQUE, *_STATISTICS}
    },
)
NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_CONFIGURATION: Mapping[str, str | None] = {
    "delta.dataSkippingStatsColumns": ",".join(_STATISTICS),
    "delta.deletedFileRetentionDuration": "interval 2 days",
    "delta.logRetentionDuration": "interval 7 days",
}


class Files(NamedTuple):
    """What one commit of a table consists of: Parquet ``paths``, and the ``columns`` they may have.

    ``position`` is the log's, up to which they hold everything.
    """

    position: int
    paths: list[str]
    columns: list[str]


class Table:
    """One Delta table; it is made by the first append, and empty until then.

    One process appends and compacts; any number read, each call seeing the newest commit.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self.schema = schema

    @property
    def position(self) -> int:
        """The position of the log up to which this table is loaded; 0 at first."""
        return self.transaction(POSITION)

    def transaction(self, name: str) -> int:
        """The newest number that a commit kept under ``name``; 0 where there is none."""
        delta = self.delta()
        return (delta.transaction_version(name) or 0) if delta else 0

    def delta(self) -> DeltaTable | None:
        """The table's newest state; None before the first append."""
        if not DeltaTable.is_deltatable(str(self.folder)):
            return None
        return DeltaTable(self.folder)

    def columns(self) -> list[str]:
        """The names of its columns; ``day`` is one of them."""
        delta = self.delta()
        return [field.name for field in delta.schema().fields] if delta else []

    def rows(self) -> int:
        """How many rows the table has, from what its commits say."""
        delta = self.delta()
        return delta.count() if delta else 0

    def files(self) -> Files:
        """The files of the newest commit, for other readers of Parquet.

        They stay for two days after the last commit that names them. Columns come in the order in
        which they joined the table.
        """
        delta = self.delta()
        if delta is None:
            return Files(0, [], [])
        return Files(
            delta.transaction_version(POSITION) or 0,
            [unquote(uri.removeprefix("file://")) for uri in delta.file_uris()],
            [field.name for field in delta.schema().fields],
        )

    def append(self, rows: pa.Table, position: int, **also: int) -> None:
        """Commit ``rows``, the log's ``position`` and the numbers ``also``, and make it durable.

        New columns join the table. The rows have a ``received_at``, of which the day is made.
        Raises `Busy` where it could not be written (nothing was added, the log still has it),
        `Broken` where the disk did not keep it.
        """
        where = str(self.folder)
        delta = self.delta() or self._create()
        numbers = {POSITION: position, **also}
        try:
            write_deltalake(
                delta,
                rows.append_column("day", rows["received_at"].cast(pa.date32())),
                mode="append",
                schema_mode="merge",
                writer_properties=WRITER,
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(*each) for each in numbers.items()]
                ),
                post_commithook_properties=NO_HOOKS,
            )
        except (DeltaError, OSError) as error:
            raise Busy("lake_write", f"Nothing was loaded: {error}", at=where) from error
        if delta.version() % CHECKPOINT_EVERY == 0:
            delta.create_checkpoint()
        sync(self.folder)

    def scan(
        self, after: int = 0, upto: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """The rows of positions past ``after`` up to ``upto``, in tables of at most `SCAN_ROWS`.

        ``columns`` that the table does not have are left out; None means all but ``day``. Rows
        come in no order. A scan sees the commit that was newest when it began. Raises `Broken`
        where a file is gone: the scan outlived its commit's files, or they were lost.
        """
        delta = self.delta()
        if delta is None:
            return
        there = [field.name for field in delta.schema().fields if field.name != "day"]
        wanted = there if columns is None else [name for name in columns if name in there]
        until = "" if upto is None else f" AND position <= {upto:d}"
        stream: Any = delta.scan(columns=wanted, predicate=f"position > {after:d}{until}")
        batches = pa.RecordBatchReader.from_stream(stream)
        schema = pa.schema([plain(field) for field in batches.schema])
        try:
            for table in _gathered(batches):
                for part in range(0, table.num_rows, SCAN_ROWS):
                    yield table.slice(part, SCAN_ROWS).cast(schema)
        except (pa.ArrowException, OSError) as error:
            raise Broken(
                "lake_file_gone",
                "A file of the lake is gone or cannot be read.",
                at=str(self.folder),
                hint="Ask again; if it stays, restart: the loader rebuilds it from the log.",
            ) from error

    def repair(self) -> int:
        """Drop the commits that lost their data (`delta_log.repair`); how many there were."""
        return repair(self.folder)

    def _create(self) -> DeltaTable:
        return DeltaTable.create(
            self.folder,
            self.schema.append(pa.field("day", pa.date32())),
            partition_by=["day"],
            configuration=_CONFIGURATION,
        )


class Lake:
    """The tables of one project, under ``folder``.

    The log's control entries are in tables beside the events. These are loaded first; the events
    say, in transactions of those tables' names, what positions they had reached.
    """

    def __init__(self, folder: Path) -> None:
        self.events = Table(folder / "events", EVENTS)
        self.dead_letters = Table(folder / "dead_letters", DEAD_LETTERS)
        self.statements = Table(folder / "statements", STATEMENTS)
        self.consents = Table(folder / "consents", CONSENTS)
        self.identity_links = Table(folder / "identity_links", LINKS)

    @property
    def beside(self) -> dict[str, Table]:
        """The tables of control entries."""
        return {
            "dead_letters": self.dead_letters,
            "statements": self.statements,
            "consents": self.consents,
        }

    @property
    def position(self) -> int:
        """The position of the log up to which nothing has to be loaded."""
        position = self.events.position
        for name, table in self.beside.items():
            if table.position < self.events.transaction(name):  # a power cut took some of it
                position = min(position, table.position)
        return position

    def properties(self) -> set[str]:
        """The properties that have columns."""
        return {found[0] for name in self.events.columns() if (found := property_of(name))}


def past(rows: pa.Table, position: int) -> pa.Table:
    """The ``rows``, which are sorted by position, that lie past ``position``."""
    return rows.slice(int(np.searchsorted(rows["position"].to_numpy(), position, side="right")))


def _gathered(batches: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The batches as tables of about `SCAN_ROWS` rows."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(part.num_rows for part in held) >= SCAN_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def plain(field: pa.Field) -> pa.Field:
    """The engine answers in views; everybody else works with strings."""
    if field.type == pa.string_view():
        return field.with_type(pa.string())
    if field.type == pa.binary_view():
        return field.with_type(pa.binary())
    return field
