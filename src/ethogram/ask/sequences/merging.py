"""Runs become one run on disk, a bucket at a time, so that memory holds one bucket's events."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from ethogram.ask.kernels.buckets import BUCKETS
from ethogram.ask.sequences.build import NOBODY, build, columns_needed
from ethogram.ask.sequences.files import RunWriter, save
from ethogram.ask.sequences.join import join
from ethogram.ask.sequences.names import Names
from ethogram.ask.sequences.plan import Piece, plan
from ethogram.ask.sequences.run import Run
from ethogram.ask.sequences.units import PERSON
from ethogram.people.identity import Identity

CELLS = 4_000_000
"""How many values a builder sorts at once: 250,000 events of a dozen properties."""
BUILDERS = 2
MAPPED = 20_000
"""So many files of runs at most are mapped while sorting; Linux allows a process 65,530."""


def merge_runs(folder: Path, pieces: Sequence[Piece], *, durable: bool = True) -> Run:
    """Write the run of all units of ``pieces`` into ``folder``, and open it."""
    made = plan(pieces)
    writer = RunWriter(folder, made.schema, durable=durable)
    try:
        for bucket in range(BUCKETS):
            writer.append(join([_within(piece, bucket) for piece in pieces], made))
        return writer.finish()
    except BaseException:
        writer.abandon()
        raise


def _within(piece: Piece, bucket: int) -> Piece:
    low, high = np.searchsorted(piece.slots, piece.run.buckets[bucket : bucket + 2])
    return Piece(piece.run, piece.slots[low:high])


def build_runs(
    folder: Path,
    tables: Iterable[pa.Table],
    unit: str = PERSON,
    identity: Identity = NOBODY,
    names: Names | None = None,
) -> Run:
    """Write the run of all events of ``tables`` into ``folder``, and open it.

    Rows may come in any order; those of one position must not come twice. Memory stays
    bounded: some 30 bytes for each of `CELLS` a builder, one bucket, and the words.
    """
    names = names or Names()
    with TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.sorting.") as temporary:

        def built(number: int, table: pa.Table) -> Run:
            run = build(table, unit, identity, names)
            return save(Path(temporary) / str(number), run, durable=False)

        runs: deque[Run] = deque()
        for number, run in enumerate(_in_turn(built, _gathered(tables, unit))):
            runs.append(run)
            if len(runs) > 2 and sum(map(_files, runs)) > MAPPED:
                few = [_piece(runs.popleft()) for _ in range((len(runs) + 1) // 2)]
                merged = Path(temporary) / f"merged.{number}"
                runs.append(merge_runs(merged, few, durable=False))
        return merge_runs(folder, list(map(_piece, runs)))


def _piece(run: Run) -> Piece:
    return Piece(run, np.arange(len(run.units)))


def _files(run: Run) -> int:
    return 7 + 3 * len(run.properties)


def _in_turn(build: Callable[[int, pa.Table], Run], tables: Iterable[pa.Table]) -> Iterator[Run]:
    """The run of each table, in order; `BUILDERS` are at work at once."""
    with ThreadPoolExecutor(BUILDERS, "build") as pool:
        begun: deque[Future[Run]] = deque()
        for number, table in enumerate(tables):
            begun.append(pool.submit(build, number, table))
            if len(begun) == BUILDERS:
                yield begun.popleft().result()
        for last in begun:
            yield last.result()


def _gathered(tables: Iterable[pa.Table], unit: str) -> Iterator[pa.Table]:
    """The rows, what is needed of them, in tables of about as many as are sorted at once."""
    held: list[pa.Table] = []
    for table in tables:
        needed = table.select(columns_needed(table.column_names, unit))
        rows = min(max(CELLS // len(needed.column_names), 50_000), 250_000)
        for start in range(0, len(needed), rows):
            held.append(needed.slice(start, rows))
            if sum(map(len, held)) >= rows:
                yield pa.concat_tables(held, promote_options="permissive")
                held = []
    if held:
        yield pa.concat_tables(held, promote_options="permissive")
