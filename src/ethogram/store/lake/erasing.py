"""Erased rows leave a table's files, and everything that still speaks of them its log.

A Delta table remembers: replaced files for those who read an older commit, and in its log the
predicates and statistics of every commit. Afterwards it remembers nothing older than now.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Any, TypeAlias

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from ethogram.events.erasure import Struck
from ethogram.store.lake.delta_log import forget_commits, sync
from ethogram.store.lake.struck import unstruck
from ethogram.store.lake.tables import ERASED, NO_HOOKS, WRITER, Table, plain

Change: TypeAlias = Callable[[pa.Table], pa.Table]


def rows(table: Table, predicate: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """What ``predicate``, an SQL condition, is true of; in no order."""
    delta = table.delta()
    if delta is None:
        return
    stream: Any = delta.scan(columns=list(columns), predicate=predicate)
    batches = pa.RecordBatchReader.from_stream(stream)
    schema = pa.schema([plain(field) for field in batches.schema])
    for batch in batches:
        yield pa.Table.from_batches([batch]).cast(schema)


def positions(table: Table, predicate: str) -> list[int]:
    """The positions of the rows that ``predicate``, an SQL condition, is true of."""
    parts = rows(table, predicate, ["position"])
    return [at for part in parts for at in part["position"].to_pylist()]


def erase_rows(table: Table, predicate: str) -> int:
    """Rewrite the files that have such rows without them; how many rows there were.

    The commit says how many rows of the table were erased so far. Nothing may be appended
    meanwhile.
    """
    delta = table.delta()
    if delta is None:
        return 0
    count = sum(part.num_rows for part in rows(table, predicate, ["position"]))
    if count:
        total = table.transaction(ERASED) + count
        said = CommitProperties(app_transactions=[Transaction(ERASED, total)])
        delta.delete(predicate, WRITER, commit_properties=said, post_commithook_properties=NO_HOOKS)
        sync(table.folder)
    return count


def days(table: Table, predicate: str) -> set[date]:
    """The days that have rows which ``predicate``, an SQL condition, is true of."""
    parts = rows(table, predicate, ["day"])
    return {day for part in parts for day in part["day"].to_pylist()}


def erase_values(table: Table, struck: Struck, on: Iterable[date], change: Change) -> None:
    """Rewrite the days ``on`` which there are values of a struck property without these.

    ``change`` has made something of each part by then.
    """
    for day in sorted(on):
        _rewrite(table, day, struck, change)
        sync(table.folder)


def forget_history(table: Table) -> None:
    """Let go of all that older commits say and name: replaced files, predicates, statistics.

    Who reads an older commit meanwhile may find its files gone.
    """
    delta = table.delta()
    if delta is None:
        return
    delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False, full=True,
                 post_commithook_properties=NO_HOOKS)  # fmt: skip
    delta = DeltaTable(table.folder)
    kept = {name: str(value) for name, value in delta.metadata().configuration.items()}
    delta.alter.set_table_properties(kept)  # a commit that tells of nobody, for the log to begin at
    delta = DeltaTable(table.folder)
    delta.create_checkpoint()
    sync(table.folder)
    forget_commits(table.folder, delta.version())


def _rewrite(table: Table, day: date, struck: Struck, change: Change) -> None:
    delta = DeltaTable(table.folder)
    where = f"day = '{day.isoformat()}'"
    parts = rows(table, where, [field.name for field in delta.schema().fields])
    first = next(parts)

    def batches() -> Iterator[pa.RecordBatch]:
        for part in chain([first], parts):
            yield from unstruck(change(part), [struck]).to_batches()

    left = pa.RecordBatchReader.from_batches(first.schema, batches())
    write_deltalake(delta, left, mode="overwrite", predicate=where, writer_properties=WRITER,
                    post_commithook_properties=NO_HOOKS)  # fmt: skip
