"""The people behind the nodes and edges of paths and states."""

from collections.abc import Callable
from functools import partial

import msgspec
import numpy as np

from ethogram.ask.kernels.cutting import TAIL
from ethogram.ask.questions.breakdown import Value, chosen
from ethogram.ask.questions.cuts import Cutting, Plan, cutter
from ethogram.ask.questions.question import Asked, listed
from ethogram.ask.questions.said import Bools
from ethogram.ask.questions.walks import Label, Split
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid, nearest
from ethogram.events.predicate import Predicate


class Went(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those who went ``from`` one node ``to`` another, or without ``to``, who were there.

    At a ``step``, or at any; of the group that has the values ``by``.
    """

    step: int | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    by: dict[str, Value] | None = None


def check_went(cell: Went, plan: Plan, steps: int) -> None:
    """Raise `Invalid` where an answer of so many steps has no such cell."""
    if cell.by is not None and not plan.spec.by:
        raise Invalid("no_groups", "The answer is not split by anything.", at="by")
    chosen(plan.spec.by, [], cell.by)
    if cell.step is not None and not 1 <= cell.step <= steps:
        raise Invalid("no_such_step", f"There is no step {cell.step}.", at="step",
                      hint=f"Steps here go from 1 to {steps}.")  # fmt: skip
    if cell.from_ is None and (cell.to is not None or cell.step is not None):
        raise Invalid("no_such_edge", 'An edge goes "from" somewhere.', at="from")
    for at, name in (("from", cell.from_), ("to", cell.to)):
        if name is not None and name not in plan.names[1:] and plan.naming.label is None:
            raise Invalid("no_such_node", f"There is no node {name[:64]!r}.", at=at,
                          hint=nearest(name, plan.names[2:]))  # fmt: skip


def walkers(
    plan: Plan, cell: Went, segment: tuple[Predicate, ...] = (), path: tuple[str, ...] | None = None
) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means; of a segment, and of those whose whole path it was."""
    split = Split(plan.spec.by if cell.by is not None else (), segment)
    return listed(partial(_over, plan, cell, split, path))


def _over(
    plan: Plan, cell: Went, split: Split, path: tuple[str, ...] | None, part: Part
) -> Callable[[int, int], Int64s]:
    cut, groups_of = cutter(plan, part), split.of(part)

    def ids(low: int, high: int) -> Int64s:
        cutting = cut(low, high)
        labels, groups = groups_of(cutting)[-1]
        meant = np.append(_meant(labels, plan, cell), False)[groups]
        if path is not None:
            meant &= _whole(cutting, path)
        if cell.from_ is not None:
            meant &= _went(plan, cutting, cell)
        units = cutting.paths.units[: cutting.n]
        return cutting.seen.units[np.unique(units[meant])]

    return ids


def _meant(labels: list[Label], plan: Plan, cell: Went) -> Bools:
    keys = [label for label in labels if isinstance(label, tuple)]
    return chosen(plan.spec.by, keys, cell.by) if keys else np.ones(len(labels), np.bool_)


def _whole(cutting: Cutting, path: tuple[str, ...]) -> Bools:
    """Whether each path is this one."""
    bounds, nodes = cutting.paths.bounds[: cutting.n + 1], cutting.paths.nodes
    same = np.diff(bounds) == len(path)
    for k, name in enumerate(path):
        own = np.flatnonzero(same)
        same[own] = nodes[bounds[own] + k] == _number(cutting, name)
    return same


def _went(plan: Plan, cutting: Cutting, cell: Went) -> Bools:
    """Whether each path has the node or the edge, at the step."""
    bounds = cutting.paths.bounds[: cutting.n + 1].astype(np.int64)
    nodes, lengths = cutting.paths.nodes[: bounds[-1]], np.diff(bounds)
    owner = np.repeat(np.arange(cutting.n), lengths)
    hit = nodes == _number(cutting, cell.from_)
    if cell.step is not None:
        steps = np.arange(len(nodes)) - bounds[owner] + 1
        if plan.keep == TAIL:
            steps += (plan.depth or 0) - lengths[owner]
        hit &= steps == cell.step
    if cell.to is not None:
        hit[:-1] &= (nodes[1:] == _number(cutting, cell.to)) & (owner[1:] == owner[:-1])
        hit[-1:] = False
    return np.bincount(owner[hit], minlength=cutting.n) > 0


def _number(cutting: Cutting, name: str | None) -> int:
    return cutting.names.index(name) if name in cutting.names else 0
