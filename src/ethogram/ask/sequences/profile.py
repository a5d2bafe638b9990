"""What a unit's events changed of its profile, and which groups they named, out of an index."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ethogram.ask.sequences.checksum import run_instants
from ethogram.ask.sequences.columns import value_at
from ethogram.ask.sequences.overlay import held
from ethogram.ask.sequences.run import Run, Snapshot, Tag
from ethogram.ask.sequences.units import GROUPED
from ethogram.events.profile import LISTING, Change, Op, elements
from ethogram.store.lake.changes import TURN, change_of


@dataclass(frozen=True)
class Known:
    """The ``changes`` in any order, and the internal ids of ``groups`` by type, each once."""

    changes: list[Change]
    groups: dict[str, list[str]]


def known_of(snapshot: Snapshot, unit: int) -> Known:
    """What the events of ``unit`` say; nothing where it is not known or not seen."""
    for part in snapshot.parts:
        slots = held(part, np.array([unit], np.int64))
        if len(slots):
            begin, end = part.run.offsets[slots[0] : slots[0] + 2].tolist()
            return Known(list(_changes(part.run, begin, end)), _groups(part.run, begin, end))
    return Known([], {})


def _changes(run: Run, begin: int, end: int) -> Iterator[Change]:
    turns = run.properties.get(TURN)
    if turns is None:
        return
    rows = np.flatnonzero(turns.tags[begin:end]) + begin
    instants = dict(zip(rows.tolist(), run_instants(run, rows).tolist(), strict=True))
    for place, (name, column) in enumerate(sorted(run.properties.items())):
        changed = change_of(name)
        if changed is None:
            continue
        for row in (np.flatnonzero(column.tags[begin:end] != Tag.MISSING) + begin).tolist():
            value = None if changed.op in (Op.CLEAR, Op.UNSET) else value_at(column, row)
            if changed.op in LISTING:
                value = elements(value)
            turn = int(turns.values[row].item())
            yield Change(instants[row], turn, changed.op, place, changed.name, value)


def _groups(run: Run, begin: int, end: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, column in run.properties.items():
        if name.startswith(GROUPED):
            rows = np.flatnonzero(column.tags[begin:end]) + begin
            words = np.unique(column.values[rows].astype(np.int64))
            found[name.removeprefix(GROUPED)] = [column.words[word].as_py() for word in words]
    return {type_: ids for type_, ids in sorted(found.items()) if ids}
