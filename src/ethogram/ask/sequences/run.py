"""A run: whole units (persons, …) as columns, each unit's events side by side in time's order.

A run never changes. A unit is alive in exactly one part of a snapshot: where a newer part
holds it, its slot in the older one is dead. Fresh events, merged persons and erased ones all
work by this one mechanism.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64s: TypeAlias = npt.NDArray[np.int64]
Int32s: TypeAlias = npt.NDArray[np.int32]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Codes: TypeAlias = npt.NDArray[np.uint8 | np.uint16]

PADDING = 64
"""Codes, seconds and micros carry this many entries past the end, so kernels may read ahead."""


class Tag(IntEnum):
    """The type of one property value; a property of mixed type keeps each value's own."""

    MISSING = 0
    NULL = 1
    FLAG = 2
    NUMBER = 3
    TEXT = 4
    JSON = 5

    @classmethod
    def of(cls, value: str | float | None) -> "Tag":
        """The tag of a flag, a text or a number; of None as of a number."""
        if isinstance(value, bool):
            return cls.FLAG
        return cls.TEXT if isinstance(value, str) else cls.NUMBER


@dataclass(frozen=True)
class Column:
    """One property: a tag and a number per event.

    ``values`` holds the number itself, 0 or 1 for a flag, and for text and JSON the index of
    the word in ``words``. Its dtype is the run's own choice; every one widens to float64.
    """

    tags: Bytes
    values: npt.NDArray[np.generic]
    words: pa.StringArray


@dataclass(frozen=True)
class Run:
    """``len(units)`` units and ``offsets[-1]`` events.

    Unit ``u`` owns the events ``offsets[u]:offsets[u + 1]``, sorted by (time, position). Units
    are sorted by (bucket, id); bucket ``b`` owns the units ``buckets[b]:buckets[b + 1]``. An
    event happened at ``origin + seconds[i]`` Unix seconds (``seconds`` may be negative) and
    ``micros[i]`` microseconds; its name is ``names[codes[i]]``. Codes are bytes while 256 names
    suffice. Arrays are read-only.

    ``nodes`` says for each event the raw id that it was recorded under; None where that is
    the unit's own. It is why merged persons can be parted again. ``whole`` are the offsets of
    whole persons, where the units are parts of them (sessions). ``folder`` is where the run lies
    on disk, if it does.
    """

    units: Int64s
    offsets: Int64s
    buckets: Int64s
    codes: Codes
    seconds: Int32s
    micros: Int32s
    positions: Int64s
    origin: int
    names: tuple[str, ...]
    properties: Mapping[str, Column] = field(default_factory=dict[str, Column])
    nodes: Int64s | None = None
    whole: Int64s | None = None
    folder: Path | None = None

    @property
    def events(self) -> int:
        """How many events the run holds, dead units' included."""
        return int(self.offsets[-1])


@dataclass(frozen=True)
class Part:
    """A run as a snapshot sees it: ``dead[u]`` is 1 where the unit is not to be seen here.

    ``among`` says of each unit, for sets that a question names, whether it is one of them; its
    keys are the question's own.
    """

    run: Run
    dead: Bytes
    among: Mapping[bytes, npt.NDArray[np.bool_]] = field(
        default_factory=dict[bytes, npt.NDArray[np.bool_]]
    )


@dataclass(frozen=True)
class State:
    """What an answer was computed from: asked again at this state, it is the same."""

    position: int
    identity: int = 0
    erasures: int = 0


@dataclass(frozen=True)
class Snapshot:
    """Everything that is known at ``state``, as parts that share no living unit."""

    parts: tuple[Part, ...]
    state: State
