"""What a part of the data looks like to who sees no more: other events are not there at all.

A view is put between the snapshot and every question, so that no question, cohort or list knows
of it, and none can be written that goes around it. What it leaves out is in no column, no name
and no word that a question could be answered by.
"""

import threading
import weakref
from dataclasses import dataclass, field, replace

import numpy as np

from ethogram.ask.questions.columns import holds
from ethogram.ask.questions.profile import profile_names
from ethogram.ask.sequences.arrange import Rows, arrange, fixed, rows_of
from ethogram.ask.sequences.run import Column, Int64s, Part, Run, Snapshot, Tag
from ethogram.ask.sequences.units import GROUP
from ethogram.events.predicate import Predicate, comparisons
from ethogram.store.lake.changes import change_of, is_reserved


@dataclass(frozen=True)
class View:
    """Only events for which ``where`` holds, and of them no property that is ``hidden``.

    A ``where`` that names what nobody has said yet, a trait or a group's property holds for
    nothing, whatever stands around the name: ``not`` would show everything. Each run is copied
    once, as far as it is seen, and the copy is kept for as long as the run is.
    """

    where: Predicate | None = None
    hidden: frozenset[str] = frozenset()
    _known: dict[int, tuple[Run, Int64s]] = field(default_factory=dict[int, tuple[Run, Int64s]])
    _looking: threading.RLock = field(default_factory=threading.RLock)

    def of(self, snapshot: Snapshot) -> Snapshot:
        """``snapshot`` as far as it is seen."""
        if not self._knows(snapshot):
            return Snapshot((), snapshot.state)
        return Snapshot(tuple(self._part(part) for part in snapshot.parts), snapshot.state)

    @property
    def of_persons(self) -> bool:
        """Whether events are seen by what their persons said or hold, not by themselves alone."""
        return self.where is not None and any(
            each.of != "event" for each, _ in comparisons(self.where)
        )

    def _knows(self, snapshot: Snapshot) -> bool:
        """Whether ``snapshot`` has all that ``where`` names."""
        if self.where is None:
            return True
        held = {name for part in snapshot.parts for name in part.run.properties}
        profile, said = profile_names(held), {name for name in held if not is_reserved(name)}
        return all(
            _top(each) in (profile if each.of.startswith("profile") else said)
            and not each.of.startswith(GROUP)
            for each, _ in comparisons(self.where)
        )

    def _part(self, part: Part) -> Part:
        with self._looking:
            known = self._known.get(id(part.run))
            if known is None:
                known = self._known[id(part.run)] = self._seen(part.run)
                weakref.finalize(part.run, self._known.pop, id(part.run), None)
        run, units = known
        return Part(run, fixed(part.dead[units]))

    def _shows(self, name: str) -> bool:
        """Whether a property is seen; one that is not is none of a profile either."""
        changed = change_of(name)
        return (changed.name if changed else name) not in self.hidden

    def _seen(self, run: Run) -> tuple[Run, Int64s]:
        """What is seen of a run, and which of its units are."""
        if self.where is None:
            shown = {name: each for name, each in run.properties.items() if self._shows(name)}
            return replace(run, properties=shown), np.arange(len(run.units))
        kept = np.flatnonzero(holds(self.where, run)(0, run.events))
        rows = _without_names(rows_of(run).take(kept))
        shown = {name: _without_words(column) for name, column in rows.properties.items()
                 if self._shows(name) and column.tags.any()}  # fmt: skip
        owners = np.searchsorted(run.offsets, kept, side="right") - 1
        nodes = None if run.nodes is None else run.nodes[kept]
        seen = arrange(replace(rows, properties=shown), run.units[owners], nodes)
        return seen, np.unique(owners)


def _top(comparison: Predicate) -> str:
    name = comparison.property or ""
    return name if isinstance(name, str) else name[0]


def _without_names(rows: Rows) -> Rows:
    """The rows without the names of events that none of them has."""
    used, codes = np.unique(rows.codes, return_inverse=True)
    names = tuple(rows.names[code] for code in used.tolist())
    return replace(rows, codes=codes.astype(rows.codes.dtype), names=names)


def _without_words(column: Column) -> Column:
    """The column without the words that none of its values is."""
    texts = np.flatnonzero(column.tags >= Tag.TEXT)
    used, places = np.unique(column.values[texts].astype(np.int64), return_inverse=True)
    values = column.values.copy()
    values[texts] = places.astype(values.dtype)
    return Column(column.tags, values, column.words.take(used))
