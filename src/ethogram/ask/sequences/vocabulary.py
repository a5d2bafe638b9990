"""What can be asked about: the events that happened, how often, and the properties they carry."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ethogram.ask.sequences.arrange import ranges
from ethogram.ask.sequences.path import usual_path
from ethogram.ask.sequences.run import Part, Run, Snapshot, Tag
from ethogram.events.profile import Op
from ethogram.store.lake.changes import change_of, is_reserved

EVENTS_AT_ONCE = 1 << 20
TYPES = {Tag.FLAG: "flag", Tag.NUMBER: "number", Tag.TEXT: "text", Tag.JSON: "json"}


@dataclass(frozen=True)
class Vocabulary:
    """Events by name with how often they happened; properties by name with their types.

    ``profile`` are those of profiles; what is added to lists has the types of their elements.
    ``path`` names the events that people usually go through; see `usual_path`.
    """

    events: dict[str, int]
    properties: dict[str, list[str]]
    profile: dict[str, list[str]]
    path: list[str]


class Vocabularies:
    """The vocabulary of a snapshot; a run is counted once and remembered while it is asked for."""

    def __init__(self) -> None:
        self._counted: dict[int, tuple[Run, Vocabulary]] = {}

    def of(self, snapshot: Snapshot) -> Vocabulary:
        """The vocabulary of everything alive in ``snapshot``."""
        runs = {id(part.run): part.run for part in snapshot.parts}
        self._counted = {
            key: self._counted.get(key) or (run, _counted(run)) for key, run in runs.items()
        }
        events: dict[str, int] = {}
        largest = max(runs.values(), key=lambda run: run.events, default=None)
        path = self._counted[id(largest)][1].path if largest else []
        properties: dict[str, set[str]] = {}
        for part in snapshot.parts:
            counted = self._counted[id(part.run)][1]
            dead = _dead(part)
            for name, count in counted.events.items():
                events[name] = events.get(name, 0) + count - dead.get(name, 0)
            for name, types in counted.properties.items():
                properties.setdefault(name, set()).update(types)
        return Vocabulary(
            {name: count for name, count in events.items() if count},
            {
                name: sorted(types)
                for name, types in sorted(properties.items())
                if not is_reserved(name)
            },
            _of_profiles(properties),
            [name for name in path if events[name]],
        )


def _of_profiles(properties: Mapping[str, set[str]]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for column, types in properties.items():
        changed = change_of(column)
        if changed is not None and changed.op is not Op.CLEAR:
            said = set[str]() if changed.op is Op.UNSET else types
            found.setdefault(changed.name, set()).update(said)
    return {name: sorted(types) for name, types in sorted(found.items())}


def _counted(run: Run) -> Vocabulary:
    events = np.zeros(len(run.names), np.int64)
    tags = {name: np.zeros(len(Tag), np.int64) for name in run.properties}
    for start in range(0, run.events, EVENTS_AT_ONCE):
        end = min(start + EVENTS_AT_ONCE, run.events)
        events += np.bincount(run.codes[start:end], minlength=len(events))
        for name, column in run.properties.items():
            tags[name] += np.bincount(column.tags[start:end], minlength=len(Tag))
    return Vocabulary(
        dict(zip(run.names, events.tolist(), strict=True)),
        {name: [said for tag, said in TYPES.items() if found[tag]] for name, found in tags.items()},
        {},
        usual_path(run),
    )


def _dead(part: Part) -> dict[str, int]:
    run, slots = part.run, np.flatnonzero(part.dead)
    at = ranges(run.offsets[slots], run.offsets[slots + 1] - run.offsets[slots])
    counts = np.bincount(run.codes[at], minlength=len(run.names))
    return dict(zip(run.names, counts.tolist(), strict=True))
