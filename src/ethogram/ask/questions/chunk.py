"""Some whole units of a part: what one call of a kernel sees."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.events import spans
from ethogram.ask.questions.spec import Range
from ethogram.ask.sequences.run import PADDING, Codes, Int32s, Int64s, Part, Run

SECOND = 1_000_000
_ALWAYS = 2**62


@dataclass(frozen=True)
class Chunk:
    """The units ``low:high`` of a run and their events ``first:last``.

    The arrays begin at event ``first``; unit ``low + u`` shows the events ``begins[u]:ends[u]``
    of them. Dead units and events out of range are not shown. Codes, seconds and micros keep
    the run's padding.
    """

    run: Run
    low: int
    high: int
    first: int
    last: int
    begins: Int64s
    ends: Int64s
    codes: Codes
    seconds: Int32s
    micros: Int32s

    @property
    def units(self) -> Int64s:
        """The ids of the chunk's units."""
        return self.run.units[self.low : self.high]


def chunk(part: Part, low: int, high: int, when: Range) -> Chunk:
    """The units ``low:high`` of ``part``, as far as they live and lie in ``when``."""
    run = part.run
    offsets = run.offsets[low : high + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    seen = slice(first, last + PADDING)
    codes = frozen(run.codes[seen])
    seconds, micros = frozen(run.seconds[seen]), frozen(run.micros[seen])
    offsets = offsets - first
    dead = frozen(part.dead[low:high])
    if when == Range(None, None):
        begins, ends = offsets[:-1], offsets[1:]
        if dead.any():
            ends = np.where(dead, begins, ends)
    else:
        begins, ends = spans(seconds, micros, frozen(offsets), dead, relative(run, when))
    return Chunk(run, low, high, first, last, begins, ends, codes, seconds, micros)


def relative(run: Run, when: Range) -> tuple[int, int]:
    """A range in microseconds from the run's origin."""
    zero = run.origin * SECOND
    first = -_ALWAYS if when.first is None else when.first - zero
    last = _ALWAYS if when.last is None else when.last - zero
    return first, last


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A plain read-only view: so that kernels meet one type only, mapped file or not."""
    view = array.view(np.ndarray)
    view.flags.writeable = False
    return view
