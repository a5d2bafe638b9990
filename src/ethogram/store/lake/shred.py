"""Records of the log become the events table, each property value in a column of its type.

The lake keeps this table and the index eats it; it knows nothing of Delta.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from ethogram.events.event import Recorded
from ethogram.store.lake.cells import TAG, Cells, filled
from ethogram.store.lake.changes import is_reserved, with_changes
from ethogram.store.lake.columnar import from_columns
from ethogram.store.lake.schema import EVENTS, NAME_LENGTH, PROPERTIES, column_name
from ethogram.store.log.entries import unpack_events
from ethogram.store.log.port import Record

_encode = msgspec.json.Encoder().encode


class Shredder:
    """Decides which properties get columns, first come first served, and makes the tables.

    ``known`` are those that have columns already.
    """

    def __init__(self, known: Iterable[str] = (), limit: int = PROPERTIES) -> None:
        self.known = set(known)
        self.limit = limit

    def table(self, records: Sequence[Record]) -> pa.Table:
        """The events table of ``records``, by position; control entries are passed over."""
        parts = [EVENTS.empty_table()]
        for kind, group in groupby(records, key=lambda record: record.kind):
            if kind == "events":
                parts.append(self._from_events(list(group)))
            elif kind == "columns":
                parts += [from_columns(record, self.admits) for record in group]
        table = pa.concat_tables(parts, promote_options="default")
        return with_changes(table, self._takes) if self.limit else table

    def admits(self, name: str) -> bool:
        """Whether the property ``name`` has columns; a new one is taken while there is room.

        None that is called as changes of profiles are: these have room of their own.
        """
        return not is_reserved(name) and self._takes(name)

    def _takes(self, name: str) -> bool:
        if name in self.known:
            return True
        alike = sum(is_reserved(other) == is_reserved(name) for other in self.known)
        if alike >= self.limit or len(name) > NAME_LENGTH:
            return False
        self.known.add(name)
        return True

    def _from_events(self, records: Sequence[Record]) -> pa.Table:
        entries = [event for record in records for event in unpack_events(record.payload)]
        events = [event for event in entries if event is not None]
        parts = [np.arange(record.position, record.last + 1) for record in records]
        positions = np.concatenate(parts)
        if len(events) < len(entries):
            positions = positions[[event is not None for event in entries]]
        columns = _canonical(events, positions)
        for name, cells in self._cells(events).items():
            columns[name] = filled(cells, len(events))
        return pa.table(columns)

    def _cells(self, events: Sequence[Recorded]) -> dict[str, Cells]:
        columns: dict[str, Cells] = {}
        refused = Cells("null")
        slots: dict[tuple[str, type], Cells] = {}
        for row, event in enumerate(events):
            for name, value in event.properties.items():
                kind = name, value.__class__
                cells = slots.get(kind)
                if cells is None:
                    cells = refused
                    if self.admits(name):
                        tag = TAG[kind[1]]
                        cells = columns.setdefault(column_name(name, tag), Cells(tag))
                    slots[kind] = cells
                cells.put(row, value)
        return columns


def _canonical(events: Sequence[Recorded], positions: Any) -> dict[str, pa.Array]:
    values: dict[str, Any] = {
        "position": positions,
        "event": [event.event for event in events],
        "kind": [event.kind for event in events],
        "event_id": [event.event_id for event in events],
        "timestamp": [event.timestamp for event in events],
        "received_at": [event.received_at for event in events],
        "person": [event.person for event in events],
        "anonymous": [event.anonymous for event in events],
        "device": [event.device for event in events],
        "session": [event.session for event in events],
        "groups": [_encode(event.groups) if event.groups else None for event in events],
        "properties": [_encode(event.properties) for event in events],
        "context": [_encode(event.context) if event.context else None for event in events],
        "sealed": [event.sealed for event in events],
        "extra": [_encode(event.extra) if event.extra else None for event in events],
    }
    return {field.name: pa.array(values[field.name], field.type) for field in EVENTS}
