"""The index of one kind of unit: a folder on disk, an object in memory, a snapshot to ask.

Runs on disk hold everything up to a durable position; a few parts in memory hold the people of
whom something newer is known. Folding writes these to disk, together with runs that are not
much larger, so that runs stay few and none is rewritten often
(docs/decisions/0002-runs-and-overlays.md).
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import numpy as np
import pyarrow as pa

from ethogram.ask.sequences.build import NOBODY, build
from ethogram.ask.sequences.merging import build_runs, merge_runs
from ethogram.ask.sequences.names import Names
from ethogram.ask.sequences.overlay import append, held, living, regroup, whole, without
from ethogram.ask.sequences.run import Int64s, Part, Run, Snapshot, State
from ethogram.ask.sequences.state import Held, drop_others, newest, read_state, write_state
from ethogram.ask.sequences.units import PERSON
from ethogram.events.errors import Broken
from ethogram.people.identity import Identity, changed

ABSORBED = 200_000
"""A refresh takes in the smallest parts in memory, up to so many living events together."""
DUE_PARTS = 16
"""So many parts in memory are worth folding."""
DUE_FRESH = 50_000
"""So many fresh events are worth folding."""
GROWTH = 4
"""A run is folded in where it is at most so many times as large as what is folded into it."""


@dataclass(frozen=True)
class _View:
    """What is known now; the first ``settled`` parts are on disk or on their way there."""

    snapshot: Snapshot
    identity: Identity
    settled: int
    fresh: int = 0


class Index:
    """Opens the index in ``folder``, or makes it. One process writes; threads share the object.

    ``unit`` counts for a new index; one that is there keeps its own.
    ``snapshot.state.position`` says up to where the log is in it: the caller feeds what comes
    after. Where the files are torn the index begins empty at position 0, and ``fault`` says why.
    """

    def __init__(self, folder: Path, unit: str = PERSON) -> None:
        self.folder = folder
        self.fault: Broken | None = None
        self._changing = Lock()
        self._folding = Lock()
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        (folder / "states").mkdir(exist_ok=True)
        self._number = newest(folder)
        self._held = self._open(unit)
        snapshot = self._held.snapshot
        self._view = _View(snapshot, self._held.identity, len(snapshot.parts))
        self._names = Names(name for part in snapshot.parts for name in part.run.names)

    def _open(self, unit: str) -> Held:
        try:
            if self._number:
                return read_state(self.folder, self._number)
        except Broken as error:
            self.fault = error
        return Held(unit, (), Snapshot((), State(0)), NOBODY)

    @property
    def unit(self) -> str:
        """What owns the events: ``person``, ``device``, or ``group:`` and a type."""
        return self._held.unit

    @property
    def snapshot(self) -> Snapshot:
        """What is known now; it never changes, and may be asked from any thread."""
        return self._view.snapshot

    @property
    def identity(self) -> Identity:
        """The links and erasures that the snapshot was made under."""
        return self._view.identity

    @property
    def names(self) -> Names:
        """The names of events that the snapshot tells apart."""
        return self._names

    @property
    def durable(self) -> int:
        """The position with which the index would open after a loss of power."""
        return self._held.snapshot.state.position

    @property
    def due(self) -> bool:
        """Whether it is time to `fold`."""
        view = self._view
        return view.fresh >= DUE_FRESH or len(view.snapshot.parts) - view.settled >= DUE_PARTS

    def refresh(
        self, table: pa.Table, position: int, seeing: tuple[Identity, Int64s] | None = None
    ) -> Snapshot:
        """Add the events that the log holds after the snapshot's position, up to ``position``.

        What ``table`` says again, up to the snapshot's position, is passed over. ``seeing`` is the
        identity from now on and the nodes that it sees otherwise; see `identify`.
        """
        with self._changing:
            view = self._view
            if seeing is not None:
                view = _seen_as(view, *seeing)
            known = view.snapshot.state.position
            parts = view.snapshot.parts
            fresh = table.filter(pa.array(table["position"].to_numpy() > known))
            run = build(fresh, self.unit, view.identity, self._names)
            if len(run.units) or parts is not self._view.snapshot.parts:
                parts = append(*_kept_and_absorbed(view), run)
            state = replace(view.snapshot.state, position=max(known, position))
            self._view = replace(
                view, snapshot=Snapshot(parts, state), fresh=view.fresh + run.events
            )
            return self.snapshot

    def identify(self, identity: Identity) -> Snapshot:
        """See people as ``identity`` does: merge, part and hide them.

        Only an index of persons knows whose each event is; any other one is built anew.
        """
        assert self.unit == PERSON
        with self._changing:
            moved = changed(self._view.identity, identity)
            self._view = _seen_as(self._view, identity, moved)
            return self.snapshot

    def seen_by(self, identity: Identity) -> Snapshot:
        """What is known now, as ``identity`` sees people; the index itself stays as it is."""
        view = self._view
        return _seen_as(view, identity, changed(view.identity, identity)).snapshot

    def rebuild(
        self, tables: Iterable[pa.Table], position: int, identity: Identity | None = None
    ) -> Snapshot:
        """Make the index anew from all events up to ``position``, in tables in any order.

        Also the way to take in many events at once. Durable when it returns. What was refreshed
        meanwhile must be fed again: the snapshot's position says from where.
        """
        with self._folding:
            identity, names = identity or self.identity, Names()
            name = self._next()
            run = build_runs(self.folder / "runs" / name, tables, self.unit, identity, names)
            state = State(position, identity.version, identity.erasures)
            parts, runs = ((whole(run),), (name,)) if run.events else ((), ())
            view = _View(Snapshot(parts, state), identity, len(parts))
            self._keep(Held(self.unit, runs, view.snapshot, identity))
            with self._changing:
                self._view, self._names = view, names
            self.fault = None
            return view.snapshot

    def fold(self, *, everything: bool = False) -> bool:
        """Write what is in memory to disk, durably; False where there was nothing to write.

        Questions and `refresh` go on meanwhile; call it from a thread of its own. With
        ``everything`` all runs become one, and what was erased is gone from the disk.
        """
        with self._folding:
            with self._changing:
                start = self._view
                if start.snapshot.state == self._held.snapshot.state and not everything:
                    return False
                self._view = replace(start, settled=len(start.snapshot.parts), fresh=0)
            on_disk = 0 if everything else len(self._held.runs)
            first = _first_to_fold(start.snapshot.parts, on_disk)
            made = self._merge(start.snapshot.parts[first:])
            parts, runs = start.snapshot.parts[:first], self._held.runs[:first]
            if made:
                parts, runs = (*parts, whole(made[1])), (*runs, made[0])
            snapshot = Snapshot(parts, start.snapshot.state)
            self._keep(Held(self.unit, runs, snapshot, start.identity))
            with self._changing:
                self._view = _folded(self._view, start, first, made and made[1])
            return True

    def _merge(self, parts: Iterable[Part]) -> tuple[str, Run] | None:
        pieces = [piece for piece in map(living, parts) if len(piece.slots)]
        if not pieces:
            return None
        name = self._next()
        return name, merge_runs(self.folder / "runs" / name, pieces)

    def _next(self) -> str:
        name = f"{self._number + 1:012}"
        shutil.rmtree(self.folder / "runs" / name, ignore_errors=True)
        return name

    def _keep(self, held: Held) -> None:
        self._number += 1
        write_state(self.folder, self._number, held)
        self._held = held
        drop_others(self.folder, self._number, held)


def _seen_as(view: _View, identity: Identity, moved: Int64s) -> _View:
    """``view`` as ``identity`` sees it; its last part holds the units of ``moved``."""
    parts = view.snapshot.parts
    if len(moved):
        parts = regroup(parts, view.identity, identity, moved)
    state = State(view.snapshot.state.position, identity.version, identity.erasures)
    return replace(view, snapshot=Snapshot(parts, state), identity=identity)


def _living_events(part: Part) -> int:
    return int(np.diff(part.run.offsets)[part.dead == 0].sum())


def _kept_and_absorbed(view: _View) -> tuple[list[Part], list[Part]]:
    """The parts, those apart of which so little lives that the next one takes them in."""
    parts = view.snapshot.parts
    in_memory = range(view.settled, len(parts))
    sizes = {i: _living_events(parts[i]) for i in in_memory}
    smallest = sorted(in_memory, key=sizes.__getitem__)
    total = np.cumsum([sizes[i] for i in smallest])
    absorbed = set(smallest[: int(np.searchsorted(total, ABSORBED, side="right"))])
    kept = [part for i, part in enumerate(parts) if i not in absorbed]
    return kept, [parts[i] for i in sorted(absorbed)]


def _first_to_fold(parts: tuple[Part, ...], on_disk: int) -> int:
    """From which part on all become one: those in memory, and runs not much larger than they."""
    sizes = [_living_events(part) for part in parts]
    first, size = on_disk, sum(sizes[on_disk:])
    while first and sizes[first - 1] <= GROWTH * size:
        first -= 1
        size += sizes[first]
    return first


def _folded(now: _View, start: _View, first: int, run: Run | None) -> _View:
    """``now`` with ``run`` in place of the parts that it was made of.

    A unit that has died since ``start`` is dead in ``run`` too.
    """
    last = len(start.snapshot.parts)
    parts = now.snapshot.parts
    made: tuple[Part, ...] = ()
    if run is not None:
        part = whole(run)
        for before, after in zip(start.snapshot.parts[first:], parts[first:last], strict=True):
            died = before.run.units[(before.dead == 0) & (after.dead == 1)]
            part = without(part, held(part, died))
        made = (part,)
    snapshot = Snapshot((*parts[:first], *made, *parts[last:]), now.snapshot.state)
    return replace(now, snapshot=snapshot, settled=first + len(made))
