"""A record's entries as other systems read them: plain data, one shape however they came in."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa

from ethogram.events.event import Recorded
from ethogram.protect.erasures import Unseen
from ethogram.store.lake.columnar import properties_json
from ethogram.store.lake.schema import property_of
from ethogram.store.log.entries import gone, unpack_controls, unpack_events, unpack_table
from ethogram.store.log.port import LogReader, Record

_OBJECTS = ("groups", "extra")
NOTHING = Unseen()


def entries(
    log: LogReader, after: int, limit: int, unseen: Unseen = NOTHING
) -> tuple[list[dict[str, Any]], int]:
    """At most ``limit`` entries after a position, ``{"position", "kind", "entry"}``, and up to
    where that is all.

    An entry of the kind ``event`` is a `Recorded`; a control entry says itself what it is.
    What was erased, or is ``unseen``, is passed over. Raises `NotFound` where ``after`` was
    trimmed.
    """
    found: list[dict[str, Any]] = []
    while not found and (records := log.read(after, limit)):
        for record in records:
            first = max(after + 1 - record.position, 0)
            last = min(first + limit - len(found), record.count)
            for position, kind, entry in _opened(record, first, last, unseen):
                found.append({"position": position, "kind": kind, "entry": entry})
            after = max(after, record.position + last - 1)
    return found, after


def _opened(
    record: Record, first: int, last: int, unseen: Unseen
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    if record.kind == "control":
        entries = unpack_controls(record.payload)[first:last]
        for position, entry in enumerate(entries, record.position + first):
            if entry is not None and not unseen.letter(position):
                control = msgspec.to_builtins(entry)
                yield position, control.pop("entry"), control
        return
    for position, event in _events(record, first, last):
        if (seen := unseen.without(position, event)) is not None:
            yield position, "event", msgspec.structs.asdict(seen)


def _events(record: Record, first: int, last: int) -> Iterator[tuple[int, Recorded]]:
    """The events that are still there, by their positions."""
    if record.kind == "events":
        entries = unpack_events(record.payload)[first:last]
        for position, event in enumerate(entries, record.position + first):
            if event is not None:
                yield position, event
        return
    erased = set(gone("columns", record.payload))
    places = [place for place in range(record.count) if place not in erased]
    low, high = bisect_left(places, first), bisect_left(places, last)
    table = unpack_table(record.payload).slice(low, high - low)
    for place, event in zip(places[low:high], _rows(table), strict=True):
        yield record.position + place, event


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
