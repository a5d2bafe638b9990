"""Compiling the index's kernels before the first event waits for them."""

import numpy as np
import pyarrow as pa

from ethogram.ask.sequences.build import NOBODY, build
from ethogram.ask.sequences.overlay import append, regroup, whole
from ethogram.ask.sequences.run import Run

_NUMBERS = (1.0, 300.0, 70_000.0, 0.5)
"""A value for each dtype that a property column may have."""


def warm() -> None:
    """Compile, or load from the cache on disk, what refreshing and folding need.

    Some seconds on a machine's first start, some tenths afterwards; made for a thread.
    """
    parts = append([whole(_run(1, ["a", "b"]))], [whole(_run(5, ["c"]))], _run(3, ["b", "c"]))
    regroup(parts, NOBODY, NOBODY.seeing({2: 1}, 1), np.array([2]))


def _run(start: int, words: list[str]) -> Run:
    rows = len(words)
    columns = {f"p_{i}_number": np.full(rows, number) for i, number in enumerate(_NUMBERS)}
    instants = pa.array(np.arange(rows)[::-1], pa.timestamp("us", "UTC"))
    table = pa.table(
        {
            "position": np.arange(start, start + rows),
            "event": words,
            "timestamp": instants,
            "person": np.arange(rows) + 1,
            "p_word_text": words,
            **columns,
        }
    )
    return build(table)
