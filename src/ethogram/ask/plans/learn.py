"""A plan out of what was seen: a draft for people to mend."""

from collections.abc import Mapping, Set

import numpy as np
from msgspec.structs import replace

from ethogram.ask.plans.seen import Seen
from ethogram.ask.plans.values import strange
from ethogram.ask.sequences.run import Int64s, Snapshot, Tag
from ethogram.events.added import OF_BOTH, OF_THE_DOOR
from ethogram.events.plan import Plan, PlannedEvent, PlannedProperty, PropertyType
from ethogram.protect.detectors import names_a_person
from ethogram.store.lake.changes import is_reserved

Sealed = Mapping[tuple[str, str], PropertyType]
"""By event and property: the type of values that were sealed."""
_TYPES: Mapping[Tag, PropertyType] = {
    Tag.FLAG: "flag",
    Tag.NUMBER: "number",
    Tag.TEXT: "text",
    Tag.JSON: "json",
}


def learn(seen: Seen, snapshot: Snapshot) -> Plan:
    """The plan that what was seen fits: each property of the type that most values have.

    A property is required where it was always there. A text that always reads as a time is one.
    What was seen of another type will be a departure; what is sealed is not among what was seen,
    and what the door adds by itself is nobody's to send.
    """
    times = _times(snapshot)
    events: dict[str, PlannedEvent] = {}
    for name, counts in seen.events.items():
        if counts.any():
            found = {
                property_: _property(tags, int(counts.sum()), property_ in times)
                for (event, property_), tags in seen.tags.items()
                if event == name and property_ not in OF_THE_DOOR and tags[:, Tag.FLAG :].any()
            }
            for each in found.keys() & OF_BOTH:
                found[each] = replace(found[each], required=False)
            events[name] = PlannedEvent(properties=dict(sorted(found.items())))
    return Plan(events=events)


def _property(tags: Int64s, events: int, is_time: bool) -> PlannedProperty:
    total = tags.sum(axis=0)
    main = max(_TYPES, key=lambda tag: int(total[tag]))
    type_ = "time" if main is Tag.TEXT and is_time else _TYPES[main]
    return PlannedProperty(type_, required=int(total[Tag.FLAG :].sum()) == events)


def _times(snapshot: Snapshot) -> Set[str]:
    """The properties all of whose texts are times."""
    wanted = PlannedProperty("time")
    found: dict[str, bool] = {}
    for part in snapshot.parts:
        for name, column in part.run.properties.items():
            if is_reserved(name):
                continue
            if found.get(name, True) and len(column.words) and not names_a_person(name):
                rows = np.flatnonzero(column.tags[: part.run.events] == Tag.TEXT)
                if len(rows):
                    first = rows[:1]
                    looks = not strange(wanted, column, first).any()
                    found[name] = looks and not strange(wanted, column, rows).any()
    return {name for name, is_time in found.items() if is_time}
