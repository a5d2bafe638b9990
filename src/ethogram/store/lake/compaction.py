"""Keeping the tables tidy while they are read and appended to: few large files, a short log.

Compaction rewrites the small files of a day into large ones in one commit; readers of an older
commit find their files until `vacuum` takes them, two days later.
"""

import math
from datetime import date

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from ethogram.store.lake.delta_log import sync
from ethogram.store.lake.tables import NO_HOOKS, WRITER, Table

FILE_BYTES = 128 * 2**20
WASTE = 1.5
"""A day is rewritten when it has this many times the files it needs."""
ATTEMPTS = 5


def compact(table: Table, before: date, file_bytes: int = FILE_BYTES) -> int:
    """Rewrite the days before ``before`` that have too many small files; how many there were.

    Appends may go on. Files are of about ``file_bytes``. Raises deltalake's `CommitFailedError`
    where others keep changing the same day.
    """
    delta = table.delta()
    if delta is None:
        return 0
    days = [day for day in _crowded(delta, file_bytes) if day < before]
    for day in days:
        _rewrite(table, day, file_bytes)
    return len(days)


def tidy(table: Table) -> None:
    """Checkpoint the table, and drop the files and commits that nobody needs any more.

    Files go two days after the last commit that names them, commits after seven.
    """
    delta = table.delta()
    if delta is None:
        return
    delta.create_checkpoint()
    sync(table.folder)
    delta.vacuum(full=True, dry_run=False, post_commithook_properties=NO_HOOKS)
    delta.cleanup_metadata()
    sync(table.folder)


def _crowded(delta: DeltaTable, file_bytes: int) -> list[date]:
    """The days, in order, that need a rewrite."""
    files = pa.table(delta.get_add_actions(flatten=True))
    by_day = files.group_by("partition.day").aggregate([("size_bytes", "sum"), ("path", "count")])
    return sorted(
        row["partition.day"]
        for row in by_day.to_pylist()
        if row["path_count"] > WASTE * math.ceil(row["size_bytes_sum"] / file_bytes)
    )


def _rewrite(table: Table, day: date, file_bytes: int) -> None:
    """One commit that replaces a day's files; an append in between may force another try."""
    for attempt in range(ATTEMPTS):
        try:
            DeltaTable(table.folder).optimize.compact(
                partition_filters=[("day", "=", day.isoformat())],
                target_size=file_bytes,
                writer_properties=WRITER,
                post_commithook_properties=NO_HOOKS,
            )
            break
        except CommitFailedError:
            if attempt == ATTEMPTS - 1:
                raise
    sync(table.folder)
