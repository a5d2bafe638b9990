"""Columns of a file become claims: the event, who did it, when, its id and its properties.

A claims table has the columns ``event``, ``timestamp``, ``event_id``, at least one of ``user_id``
and ``anonymous_id``, perhaps ``session_id``, ``device_id`` and ids of groups, and one typed
column per property and type, named as in the lake. It says what a file claims: ids are the
file's own, nothing is sealed or recorded yet.
"""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.admission import LONGEST_ID, LONGEST_NAME, Claim
from ethogram.collect.sources.instants import Time, instants
from ethogram.collect.sources.mapping import Mapping as Reading
from ethogram.collect.sources.rejects import Reject

ROWS = 50_000
"""A claims table has at most so many rows."""
INSTANT = pa.timestamp("us", "UTC")
GROUP = "group:"
"""How the columns begin that name a row's group, its type behind."""

_TIME_CODES = {
    Time.MISSING: "missing_time",
    Time.BAD: "bad_time",
    Time.OUT_OF_RANGE: "time_out_of_range",
}
Places: TypeAlias = npt.NDArray[np.int64]
Refused: TypeAlias = list[tuple[int, str]]


@dataclass(frozen=True)
class Chunk:
    """A part of a file: claims, the rows that were not taken, and how far reading has come.

    ``places`` are the claims' own (see `Columns`), ``done`` goes from 0 to 1.
    """

    table: pa.Table
    places: Places
    rejects: list[Reject] = field(default_factory=list[Reject])
    done: float = 1.0

    @property
    def rows(self) -> int:
        """How many rows of the file this is."""
        return self.table.num_rows + len(self.rejects)


@dataclass(frozen=True)
class EventChunk:
    """A part of a file whose rows are events, each at its place; see `Chunk`."""

    claims: list[Claim]
    places: list[int]
    rejects: list[Reject]
    done: float


@dataclass(frozen=True)
class Columns:
    """What a file says, column by column, all of one length; ``event`` may be one name for all.

    ``ids`` are those that a claims table has, ``places`` the numbers of the lines (or rows),
    unique within the file; times without a zone are of ``zone``.
    """

    ids: Mapping[str, pa.Array]
    time: pa.Array
    event: pa.Array | str
    id: pa.Array | None
    places: Places
    properties: Mapping[str, pa.Array]
    zone: str | None = None


def columns_of(
    mapping: Reading,
    ids: Callable[[str], pa.Array],
    time: pa.Array,
    places: Places,
    properties: Mapping[str, pa.Array],
) -> Columns:
    """What a file says, by ``mapping``; ``ids`` gives a column as texts."""
    named = mapping.named
    return Columns(
        ids={f"{word}_id": ids(named[word]) for word in _IDS if word in named}
        | {GROUP + type_: ids(column) for type_, column in mapping.groups.items()},
        time=time,
        event=ids(mapping.event) if mapping.event else str(mapping.event_name),
        id=ids(mapping.id) if mapping.id else None,
        places=places,
        properties=properties,
        zone=mapping.timezone,
    )


_IDS = ("user", "anonymous", "session", "device")


def claims(columns: Columns, fingerprint: str) -> tuple[pa.Table, Places, Refused]:
    """The claims of the rows that can be taken, their places, and (row, code) of the others."""
    found, states = instants(columns.time, columns.zone)
    size = len(columns.time)
    named = columns.event
    event = pa.repeat(pa.scalar(named), size) if isinstance(named, str) else named
    codes = {
        "missing_user": _nobody(columns.ids),
        "missing_event": _missing(event),
        "bad_event_name": _longer(event, LONGEST_NAME),
        "id_too_long": np.zeros(size, np.bool_),
        **{code: states == state for state, code in _TIME_CODES.items()},
    }
    table = pa.table(
        {
            "event": event,
            **columns.ids,
            "timestamp": pa.array(found).cast(INSTANT),
            "event_id": _ids(columns, fingerprint),
            **columns.properties,
        }
    )
    for said in (*columns.ids.values(), *([] if columns.id is None else [columns.id])):
        codes["id_too_long"] |= _longer(said, LONGEST_ID)
    refused: dict[int, str] = {}
    for code, rows in reversed(codes.items()):
        refused |= dict.fromkeys(np.flatnonzero(rows).tolist(), code)
    places = columns.places
    if refused:
        taken = np.ones(size, np.bool_)
        taken[list(refused)] = False
        table, places = table.filter(pa.array(taken)), places[taken]
    return table, places, sorted(refused.items())


def _nobody(ids: Mapping[str, pa.Array]) -> npt.NDArray[np.bool_]:
    said = [_missing(ids[name]) for name in ("user_id", "anonymous_id") if name in ids]
    return np.logical_and.reduce(said)


def _missing(texts: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.equal(texts, ""), True))


def _longer(texts: pa.Array, most: int) -> npt.NDArray[np.bool_]:
    return np.array(pc.fill_null(pc.greater(pc.utf8_length(texts), most), False))


def _ids(columns: Columns, fingerprint: str) -> pa.Array:
    derived = pc.binary_join_element_wise(
        pa.scalar(fingerprint), pa.array(columns.places).cast(pa.string()), ":"
    )
    return derived if columns.id is None else pc.coalesce(columns.id, derived)


def chunks(table: pa.Table, places: Places, rejects: list[Reject], done: float) -> list[Chunk]:
    """The table in parts of at most `ROWS` rows; the rejects go with the first."""
    starts = range(0, max(table.num_rows, 1), ROWS)
    return [
        Chunk(table.slice(at, ROWS), places[at : at + ROWS], [] if at else rejects, done)
        for at in starts
    ]
