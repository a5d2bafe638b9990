"""Claims whose rows name groups become events: a columnar batch keeps no groups."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ethogram.collect.sources.claims import GROUP, Chunk, EventChunk
from ethogram.events.event import Event, Group, Json
from ethogram.store.lake.schema import property_of


def events_of_rows(chunks: Iterator[Chunk]) -> Iterator[EventChunk]:
    """The same claims as events, each with the groups that its row names."""
    for chunk in chunks:
        events = [_event(row) for row in chunk.table.to_pylist()]
        yield EventChunk([*events], chunk.places.tolist(), chunk.rejects, chunk.done)


def _event(row: dict[str, Any]) -> Event:
    properties: dict[str, Json] = {}
    groups: list[Group] = []
    for column, value in row.items():
        if value is None:
            continue
        if column.startswith(GROUP):
            groups.append(Group(column.removeprefix(GROUP), value))
        elif named := property_of(column):
            name, tag = named
            properties[name] = (
                None if tag == "null" else msgspec.json.decode(value) if tag == "json" else value
            )
    return Event(
        row["event"],
        user_id=row.get("user_id"),
        anonymous_id=row.get("anonymous_id"),
        session_id=row.get("session_id"),
        device_id=row.get("device_id"),
        timestamp=row["timestamp"].isoformat(),
        event_id=row["event_id"],
        properties=properties,
        groups=[group for group in groups if group.id],
        time_is_true=True,
    )
