"""The values of a trait as they are kept, and brought up to date without computing all anew.

A person's value is computed again where they have other events than before (new ones, or a merge
or an unmerge gave or took some), and where time alone may have changed it. A sum of mixed
positions says whether a person has the same events; of a run it is computed once.
"""

import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ethogram.ask.kernels.buckets import mix
from ethogram.ask.questions.sums import Floats
from ethogram.ask.sequences.join import join
from ethogram.ask.sequences.overlay import living
from ethogram.ask.sequences.plan import Piece
from ethogram.ask.sequences.run import Int64s, Run, Snapshot
from ethogram.ask.traits.computing import unchanged_until, values
from ethogram.ask.traits.definition import Trait
from ethogram.ask.traits.terms import Terms
from ethogram.events.event import Instant

T = TypeVar("T", np.int64, np.uint64)
UInt64s = npt.NDArray[np.uint64]
_COLUMNS = ("ids", "values", "until", "sums")


@dataclass(frozen=True)
class Meaning:
    """What is computed: the trait without names of cohorts and KPIs, and what it measures.

    ``text`` is another one wherever values kept before mean something else.
    """

    trait: Trait
    terms: Terms | None
    text: str


@dataclass(frozen=True)
class Kept:
    """Persons by id (sorted): their value, until when time does not change it, their events' sum.

    As of ``at``. ``meaning`` is what the values mean; under another one they mean nothing.
    ``computed`` is how many of them were computed last.
    """

    meaning: str
    at: Instant
    ids: Int64s
    values: Floats
    until: Int64s
    sums: UInt64s
    computed: int = 0

    def of(self, person: int) -> float | None:
        """The value of one person; None where there is none."""
        at = int(np.searchsorted(self.ids, person))
        found = at < len(self.ids) and self.ids[at] == person
        return float(self.values[at]) if found and not np.isnan(self.values[at]) else None


def refreshed(kept: Kept | None, said: Meaning, snapshot: Snapshot, at: Instant) -> Kept:
    """The values of everybody in ``snapshot``, of persons, as of ``at``."""
    meaning, trait = said.text, said.trait
    pieces = [living(part) for part in snapshot.parts]
    ids = _joined([each.run.units[each.slots] for each in pieces], np.int64)
    sums = _joined([_sums(each.run)[each.slots] for each in pieces], np.uint64)
    order = np.argsort(ids)
    ids, sums = ids[order], sums[order]
    now = Kept(meaning, at, ids, np.full(len(ids), np.nan), np.zeros(len(ids), np.int64), sums)
    if kept is not None and kept.meaning == meaning and kept.at <= at:
        _carry(kept, now)
    stale = ids[now.until <= at]
    changed = [Piece(each.run, each.slots[np.isin(each.run.units[each.slots], stale)])
               for each in pieces]  # fmt: skip
    changed = [each for each in changed if len(each.slots)]
    if changed:
        run = join(changed)
        place = np.searchsorted(ids, run.units)
        now.values[place] = values(trait, said.terms, run, at)
        now.until[place] = unchanged_until(trait, run, at)
    return Kept(meaning, at, ids, now.values, now.until, sums, len(stale))


def write(path: Path, kept: Kept) -> None:
    """Keep it in the file ``path``, which is there whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    about = {"meaning": kept.meaning, "at": str(kept.at)}
    table = pa.table({name: getattr(kept, name) for name in _COLUMNS})
    table = table.replace_schema_metadata(about)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    with pa.OSFile(str(draft), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    draft.replace(path)


def read(path: Path) -> Kept | None:
    """What is kept in ``path``; None where nothing is that can be read: it is computed anew."""
    try:
        with pa.OSFile(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
        about = {name.decode(): said.decode() for name, said in table.schema.metadata.items()}
        columns = (table[name].to_numpy() for name in _COLUMNS)
        return Kept(about["meaning"], int(about["at"]), *columns)
    except (OSError, pa.ArrowException, KeyError, AttributeError, ValueError):
        return None


def _joined(parts: Sequence[npt.NDArray[T]], kind: type[T]) -> npt.NDArray[T]:
    return np.concatenate([np.empty(0, kind), *parts])


def _carry(kept: Kept, now: Kept) -> None:
    """Take over what holds still."""
    if not len(kept.ids):
        return
    at = np.minimum(np.searchsorted(kept.ids, now.ids), len(kept.ids) - 1)
    same = (kept.ids[at] == now.ids) & (kept.sums[at] == now.sums)
    now.values[same], now.until[same] = kept.values[at[same]], kept.until[at[same]]


_KNOWN: dict[int, UInt64s] = {}


def _sums(run: Run) -> UInt64s:
    """A sum of each unit's events; other events, another sum."""
    known = _KNOWN.get(id(run))
    if known is None:
        ends = np.concatenate((np.zeros(1, np.uint64), np.cumsum(mix(run.positions))))
        known = _KNOWN[id(run)] = ends[run.offsets[1:]] - ends[run.offsets[:-1]]
        weakref.finalize(run, _KNOWN.pop, id(run), None)
    return known
