"""A snapshot changes by a new part that holds whole units, and by marking their old slots dead.

Parts never change; each function returns new ones that share their runs with the old, in the
same order, and after them the part that is new.
"""

from collections.abc import Sequence

import numpy as np

from ethogram.ask.kernels.buckets import bucket_of
from ethogram.ask.kernels.sorting import find_units
from ethogram.ask.sequences.arrange import arrange, fixed, rows_of
from ethogram.ask.sequences.join import join
from ethogram.ask.sequences.plan import Piece
from ethogram.ask.sequences.run import Bytes, Int64s, Part, Run
from ethogram.people.identity import Identity


def whole(run: Run) -> Part:
    """The part in which every unit of ``run`` is alive."""
    return Part(run, fixed(np.zeros(len(run.units), np.uint8)))


def living(part: Part) -> Piece:
    """All living units of ``part``."""
    return Piece(part.run, np.flatnonzero(part.dead == 0))


def held(part: Part, ids: Int64s) -> Int64s:
    """The slots at which ``part`` has the living ones of ``ids``."""
    slots = find_units(part.run.units, part.run.buckets, ids, bucket_of(ids))
    slots = slots[slots >= 0]
    return slots[part.dead[slots] == 0]


def without(part: Part, slots: Int64s) -> Part:
    """``part`` with ``slots`` dead too."""
    if not len(slots):
        return part
    dead: Bytes = part.dead.copy()
    dead[slots] = 1
    return Part(part.run, fixed(dead))


def take_out(parts: Sequence[Part], ids: Int64s) -> tuple[list[Part], list[Piece]]:
    """``parts`` without the units ``ids``, and these units' pieces."""
    left: list[Part] = []
    pieces: list[Piece] = []
    for part in parts:
        slots = held(part, ids)
        left.append(without(part, slots))
        if len(slots):
            pieces.append(Piece(part.run, slots))
    return left, pieces


def append(kept: Sequence[Part], absorbed: Sequence[Part], fresh: Run) -> tuple[Part, ...]:
    """``kept``, and a new part with the events of ``fresh``.

    The new part holds the earlier events of its units too, and all that lives in ``absorbed``.
    """
    left, pieces = take_out(kept, fresh.units)
    pieces += [living(part) for part in absorbed]
    pieces.append(Piece(fresh, np.arange(len(fresh.units))))
    run = join(pieces)
    return (*left, whole(run)) if run.events else tuple(left)


def regroup(parts: Sequence[Part], old: Identity, new: Identity, moved: Int64s) -> tuple[Part, ...]:
    """``parts``, made under ``old``, as ``new`` sees them: people merged, parted, erased.

    ``moved`` are the nodes that it sees otherwise.
    """
    left, pieces = take_out(parts, np.union1d(old.resolve(moved), new.resolve(moved)))
    run = _owned(join(pieces), new)
    return (*left, whole(run)) if run.events else tuple(left)


def _owned(run: Run, identity: Identity) -> Run:
    """The events of ``run`` that may be seen, each under the id that it now belongs to."""
    nodes = np.repeat(run.units, np.diff(run.offsets)) if run.nodes is None else run.nodes
    seen = np.flatnonzero(~identity.hides(nodes))
    rows = rows_of(run).take(seen)
    return arrange(rows, identity.resolve(nodes[seen]), nodes[seen])
