"""A record's entries as other systems read them: plain data, one shape however they came in."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa

from ethogram.events.event import Recorded
from ethogram.store.lake.columnar import properties_json
from ethogram.store.lake.schema import property_of
from ethogram.store.log.entries import unpack_controls, unpack_events, unpack_table
from ethogram.store.log.port import LogReader, Record

_OBJECTS = ("groups", "extra")


def entries(log: LogReader, after: int, limit: int) -> list[dict[str, Any]]:
    """At most ``limit`` entries after a position: ``{"position", "kind", "entry"}``.

    An entry of the kind ``event`` is a `Recorded`; a control entry says itself what it is.
    Raises `NotFound` where ``after`` was trimmed.
    """
    found: list[dict[str, Any]] = []
    for record in log.read(after, limit):
        first = max(after + 1 - record.position, 0)
        last = first + limit - len(found)
        inside = enumerate(_opened(record, first, last), record.position + first)
        for position, (kind, entry) in inside:
            found.append({"position": position, "kind": kind, "entry": entry})
    return found


def _opened(record: Record, first: int, last: int) -> Iterator[tuple[str, dict[str, Any]]]:
    if record.kind == "control":
        for entry in unpack_controls(record.payload)[first:last]:
            control = msgspec.to_builtins(entry)
            yield control.pop("entry"), control
        return
    if record.kind == "events":
        events = unpack_events(record.payload)[first:last]
    else:
        events = _rows(unpack_table(record.payload).slice(first, max(last - first, 0)))
    for event in events:
        yield "event", msgspec.structs.asdict(event)


def _rows(table: pa.Table) -> list[Recorded]:
    """The events of a columnar batch."""
    shredded = {name: found for name in table.column_names if (found := property_of(name))}
    plain = table.drop_columns(list(shredded))
    for at in ("timestamp", "received_at"):
        index = plain.schema.get_field_index(at)
        plain = plain.set_column(index, at, plain[at].cast(pa.int64()))
    properties = properties_json(table, shredded).to_pylist()
    return [
        Recorded(
            **row | {name: msgspec.json.decode(row.get(name) or "{}") for name in _OBJECTS},
            properties=msgspec.json.decode(said),
            context={},
        )
        for row, said in zip(plain.to_pylist(), properties, strict=True)
    ]
