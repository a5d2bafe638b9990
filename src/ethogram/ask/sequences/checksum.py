"""What is held, as one sum a bucket: so that an index can be compared with lake and log.

The sums are over (position, raw id, time, name of the event), in any order. Merging persons
does not change them; erasing does, on both sides.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from ethogram.ask.kernels.buckets import BUCKETS
from ethogram.ask.kernels.checksum import UInt64s, add_events
from ethogram.ask.sequences.arrange import ranges
from ethogram.ask.sequences.build import instants
from ethogram.ask.sequences.names import Names
from ethogram.ask.sequences.run import Part, Run, Snapshot
from ethogram.ask.sequences.units import owned
from ethogram.people.identity import Identity

UNITS_AT_ONCE = 20_000


def snapshot_checksum(snapshot: Snapshot) -> UInt64s:
    """A row (sum, count) for each bucket, over all living events of ``snapshot``."""
    sums = np.zeros((BUCKETS, 2), np.uint64)
    for part in snapshot.parts:
        _add_part(sums, part)
    return sums


def _add_part(sums: UInt64s, part: Part) -> None:
    run, hashes = part.run, _hashes(part.run.names)
    alive = np.flatnonzero(part.dead == 0)
    for first in range(0, len(alive), UNITS_AT_ONCE):
        slots = alive[first : first + UNITS_AT_ONCE]
        starts, lengths = run.offsets[slots], run.offsets[slots + 1] - run.offsets[slots]
        at = ranges(starts, lengths)
        owners = np.repeat(run.units[slots], lengths) if run.nodes is None else run.nodes[at]
        add_events(sums, run.positions[at], owners, run_instants(run, at), hashes[run.codes[at]])


def run_instants(run: Run, at: np.ndarray) -> np.ndarray:
    """When the events at ``at`` happened, in microseconds since 1970."""
    return (run.origin + run.seconds[at].astype(np.int64)) * 1_000_000 + run.micros[at]


def tables_checksum(
    tables: Iterable[pa.Table], unit: str, identity: Identity, known: Names
) -> UInt64s:
    """The same over the rows of ``tables`` as an index of ``unit`` would hold them.

    ``known`` are the names of events that it tells apart.
    """
    sums = np.zeros((BUCKETS, 2), np.uint64)
    for table in tables:
        rows, owners = owned(table, unit, identity)
        names = rows["event"].cast(pa.string()).combine_chunks().dictionary_encode()
        hashes = _hashes(known.called(names.dictionary.to_pylist()))[names.indices.to_numpy()]
        add_events(sums, rows["position"].to_numpy(), owners, instants(rows), hashes)
    return sums


def _hashes(names: Sequence[str]) -> UInt64s:
    digests = (blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), np.uint64)
