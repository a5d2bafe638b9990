"""How long edges take: every length while there is room, then to fewer digits."""

from typing import TypeAlias

import numpy as np

from ethogram.ask.kernels.counting import Counted, summed
from ethogram.ask.questions.counts import MOST, Counts, many
from ethogram.ask.sequences.run import Int64s
from ethogram.events.errors import Invalid
from ethogram.events.times import SECOND

DIGITS = (8, 6, 5, 4, 3, 2, 1)
"""Binary digits that are kept, one after the other where there are too many lengths."""

Lengths: TypeAlias = tuple[Counts, int | None]
"""Keys are an edge and microseconds; these are cut to so many digits, None: not."""


def joined(a: Lengths, b: Lengths) -> Lengths:
    """Both; to the most digits to which they have no more than `MOST` rows.

    Digits are cut off, so that it does not matter when: what comes out depends on all lengths
    alone.
    """
    known = [digits for _, digits in (a, b) if digits is not None]
    digits = min(known, default=None)
    counts = _cut(a, digits) + _cut(b, digits)
    while many(counts):
        fewer = [each for each in DIGITS if digits is None or each < digits]
        if not fewer:
            raise Invalid("too_many_edges", f"There are more than {MOST:,} lengths of edges.",
                          at="$", hint="Look at fewer events or groups.")  # fmt: skip
        counts, digits = _cut((counts, digits), fewer[0]), fewer[0]
    return counts, digits


def medians(found: Counted, digits: int | None) -> dict[int, float]:
    """The median seconds of each edge."""
    order = np.lexsort(found.keys.T[::-1])
    keys, count = found.keys[order], found.times[order]
    edges, starts = np.unique(keys[:, 0], return_index=True)
    below = np.cumsum(count) - count
    total = np.add.reduceat(count, starts) if len(starts) else count
    values = _middle(keys[:, 1], digits)
    upto = np.cumsum(count)
    low, high = (np.searchsorted(upto, below[starts] + rank, side="right")
                 for rank in ((total - 1) // 2, total // 2))  # fmt: skip
    seconds = (values[low] + values[high]) / (2 * SECOND)
    return dict(zip(edges.tolist(), seconds.tolist(), strict=True))


def _cut(lengths: Lengths, digits: int | None) -> Counts:
    counts, own = lengths
    if own == digits or digits is None or not counts.pieces:
        return counts
    whole = counts.whole()
    edge, length = whole.keys.T
    step = _step(length, digits)
    keys = np.stack([edge, length // step * step], axis=1)
    return Counts((summed(whole._replace(keys=keys)),))


def _middle(values: Int64s, digits: int | None) -> Int64s:
    """The middle of the lengths that became each of ``values``."""
    return values if digits is None else values + _step(values, digits) // 2


def _step(values: Int64s, digits: int) -> Int64s:
    """What the last of so many binary digits of each value counts."""
    _, length = np.frexp(values.astype(np.float64))
    return np.int64(1) << np.maximum(length.astype(np.int64) - digits, 0)
