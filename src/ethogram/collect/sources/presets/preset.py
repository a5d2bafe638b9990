"""What a preset is: how the files of one program or vendor are read, without being told columns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ethogram.collect.sources.mapping import Mapping
from ethogram.events.event import Event


@dataclass(frozen=True)
class Parsed:
    """Lines of a log: a column for each thing they say, and which lines said it.

    ``table`` has a row for each of ``rows``; lines in neither ``rows`` nor ``bad`` are of
    another kind and left out.
    """

    table: pa.Table
    rows: npt.NDArray[np.int64]
    bad: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """A log of lines; ``parse`` takes them, and the day on which the last of them was written.

    ``mapping`` says which of the columns are who, what and when, unless it is said otherwise.
    """

    about: str
    mapping: Mapping
    parse: Callable[[pa.StringArray, date], Parsed]


@dataclass(frozen=True)
class Export:
    """A vendor's export; ``events`` makes a row of it events, and may use it up.

    It is told the time zone of times without one, and raises `Invalid`. ``protocol`` is the
    dialect whose deduplication keys the events have, so that what was sent here beside the
    vendor is not counted again.
    """

    about: str
    protocol: str
    events: Callable[[dict[str, Any], str | None], list[Event]]


Preset: TypeAlias = Log | Export
