"""Loading the log into the lake, exactly once.

The position of the log travels in the commit that adds the rows, so a commit is there whole or
not at all, and what is there is never added again. The log's cursor follows only when the
commit is durable; it says what may be trimmed, not what was loaded.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import pyarrow as pa
from msgspec.structs import asdict

from ethogram.events.errors import Broken
from ethogram.events.event import Instant
from ethogram.events.times import SECOND
from ethogram.store.lake.schema import PROPERTIES
from ethogram.store.lake.shred import Shredder
from ethogram.store.lake.tables import CONSENTS, DEAD_LETTERS, ERASED, STATEMENTS, Lake, past
from ethogram.store.lake.trimming import CURSOR
from ethogram.store.log.entries import (
    Consented,
    Control,
    DeadLetter,
    Replayed,
    Statement,
    gone,
    unpack_controls,
)
from ethogram.store.log.port import Record

LOAD_ROWS = 200_000
LOAD_EVERY: Instant = 60 * SECOND


class Source(Protocol):
    """What loading needs of a log; also another process than the log's writer can give it."""

    @property
    def start(self) -> int:
        """See `Log.start`."""
        ...

    def read(self, after: int, limit: int) -> list[Record]:
        """See `Log.read`."""
        ...

    def cursor(self, name: str) -> int:
        """See `Log.cursor`."""
        ...

    def advance(self, name: str, position: int) -> None:
        """See `Log.advance`."""
        ...


def due(waiting: int, since: Instant, now: Instant, every: Instant = LOAD_EVERY) -> bool:
    """Whether to load: ``waiting`` entries are not in the lake, the last load was at ``since``.

    >>> due(1, 0, LOAD_EVERY), due(LOAD_ROWS, 0, 1), due(0, 0, LOAD_EVERY)
    (True, True, False)
    """
    return waiting >= LOAD_ROWS or (waiting > 0 and now - since >= every)


def recover(log: Source, lake: Lake) -> int:
    """Once, before the first load: drop what a power cut spoiled; the position to go on from.

    What was dropped is still in the log and is loaded again. Raises `Broken` where it is not.
    The cursor goes back to what is there; forward it goes with the next load, so that a full
    disk keeps nobody from opening a lake that is whole.
    """
    for table in (*lake.beside.values(), lake.identity_links, lake.events):
        table.repair()
    position = lake.position
    if position < log.start:
        raise Broken(
            "lake_lost",
            f"The lake ends at {position}, the log begins after {log.start}.",
            at=str(lake.events.folder),
            hint="Bring the lake back from a backup that reaches the log.",
        )
    if log.cursor(CURSOR) > position:
        log.advance(CURSOR, position)
    return position


def load(log: Source, lake: Lake, limit: int = LOAD_ROWS, properties: int = PROPERTIES) -> int:
    """Load about ``limit`` entries that the lake does not have; the position it reaches.

    At most ``properties`` properties get columns of their own. Safe to kill at any moment and
    to call again. Raises `Broken` where the disk did not keep what was written.
    """
    after = lake.position
    records = log.read(after, limit)
    if not records:
        if log.cursor(CURSOR) < after:
            log.advance(CURSOR, after)
        return after
    upto = records[-1].last
    for name, table in lake.beside.items():
        rows = past(_CONTROLS[name](records), table.position)
        if rows.num_rows:
            table.append(rows, upto)
    loaded = lake.events.position
    if upto > loaded:
        events = Shredder(lake.properties(), properties).table(records)
        numbers = {name: table.position for name, table in lake.beside.items()}
        numbers[ERASED] = lake.events.transaction(ERASED) + _erased(records, loaded)
        lake.events.append(past(events, loaded), upto, **numbers)
    log.advance(CURSOR, upto)
    return upto


def _erased(records: Sequence[Record], after: int) -> int:
    """How many events past ``after`` were erased before they were loaded."""
    return sum(
        record.position + place > after
        for record in records
        if record.kind != "control"
        for place in gone(record.kind, record.payload)
    )


def dead_letters(records: Sequence[Record]) -> pa.Table:
    """The refused events among the control entries of ``records``, and those replayed, in order."""
    rows = [row for each in _controls(records) if (row := _letter(*each))]
    return pa.Table.from_pylist(rows, DEAD_LETTERS)


def statements(records: Sequence[Record]) -> pa.Table:
    """What somebody in charge says among the control entries of ``records``, in order."""
    rows = [
        {"position": position, "statement": entry.__struct_config__.tag, **asdict(entry)}
        for position, entry in _controls(records)
        if isinstance(entry, Statement)
    ]
    return pa.Table.from_pylist(rows, STATEMENTS)


def consents(records: Sequence[Record]) -> pa.Table:
    """What persons allowed and withdrew among the control entries of ``records``, in order."""
    rows = [
        {"position": position, **asdict(entry)}
        for position, entry in _controls(records)
        if isinstance(entry, Consented)
    ]
    return pa.Table.from_pylist(rows, CONSENTS)


_CONTROLS = {"dead_letters": dead_letters, "statements": statements, "consents": consents}


def _controls(records: Sequence[Record]) -> Iterator[tuple[int, Control]]:
    for record in records:
        if record.kind == "control":
            for position, entry in enumerate(unpack_controls(record.payload), record.position):
                if entry is not None:
                    yield position, entry


def _letter(position: int, entry: Control) -> dict[str, Any] | None:
    if isinstance(entry, DeadLetter):
        return {"position": position, **asdict(entry)}
    if isinstance(entry, Replayed):
        return {"position": position, "received_at": entry.received_at, "replays": entry.letter}
    return None
