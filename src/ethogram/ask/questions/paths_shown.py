"""Counts of paths as lists of nodes and edges: a step's most frequent nodes, and "other"."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ethogram.ask.kernels.counting import GROUP, LANE, NODE, Counted, summed
from ethogram.ask.kernels.cutting import BETWEEN
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import Key, in_order
from ethogram.ask.questions.walks import Label, Walks, rows_of
from ethogram.ask.sequences.run import Int64s

OTHER = NODE


class Shape:
    """The counts of paths, and which nodes of each step are shown: of all paths the first most."""

    def __init__(self, walks: Walks, depth: int, most_nodes: int, top: int) -> None:
        self.walks, self.depth, self.most_nodes, self.top = walks, depth, most_nodes, top
        self.name = [*walks.names, *[""] * (OTHER + 1 - len(walks.names))]
        self.name[OTHER] = _unlike(walks.names)

    def keys(self) -> list[Key]:
        """The groups, in the order of their values."""
        return in_order([label for label in self.walks.labels if isinstance(label, tuple)])

    def of(self, label: Label) -> Counted:
        """What is counted of the paths of ``label``; keys without it."""
        found = self._steps(label)
        return found._replace(keys=found.keys & ((1 << GROUP) - 1))

    def wholes_of(self, label: Label) -> Counted | None:
        """Likewise of whole paths; None where they were too many."""
        return None if self._wholes is None else self._wholes(label)

    @cached_property
    def shown(self) -> Int64s:
        """For each step and node: itself, or `OTHER`."""
        keys, count, _ = self.of(None)
        cells = keys[:, 0]
        nodes = (cells & NODE == 0) & (cells != 0)
        step, node = cells[nodes] >> (2 * LANE), cells[nodes] >> LANE & NODE
        weight = np.where(node == BETWEEN, np.iinfo(np.int64).max, count[nodes])
        order = np.lexsort((node, -weight, step))
        step, node = step[order], node[order]
        rank = np.arange(len(step)) - np.searchsorted(step, step)
        crowd = np.bincount(step, minlength=self.depth + 1)[step]
        kept = np.where(crowd > self.most_nodes, rank < self.most_nodes - 1, True)
        table = np.full((self.depth + 2, len(self.walks.names)), OTHER, np.int64)
        table[step[kept], node[kept]] = node[kept]
        return table

    @cached_property
    def _steps(self) -> Callable[[Label], Counted]:
        found = self.walks.steps.whole()
        return rows_of(found, self.walks.labels, found.keys[:, 0] >> GROUP)

    @cached_property
    def _wholes(self) -> Callable[[Label], Counted] | None:
        if self.walks.wholes is None:
            return None
        found = self.walks.wholes.whole()
        return rows_of(found, self.walks.labels, self.walks.packing.groups(found.keys))


def picture(shape: Shape, label: Label) -> Row:
    """The paths of ``label``: how many, of how many people, their nodes, edges and the top."""
    keys, count, people = shape.of(label)
    all_of_them = keys[:, 0] == 0
    inner = ~all_of_them
    cells = _folded(shape, keys[inner, 0])
    merged = summed(Counted(cells[:, None], count[inner], people[inner]))
    return {
        "paths": int(count[all_of_them].sum()),
        "people": int(people[all_of_them].sum()),
        "nodes": _nodes(shape, merged),
        "edges": _edges(shape, merged),
        "top": _top(shape, label),
    }


def _folded(shape: Shape, cells: Int64s) -> Int64s:
    step, from_, to = _parted(cells)
    folded = shape.shown[step, from_]
    after = np.where(to == 0, 0, shape.shown[step + 1, to])
    return step << (2 * LANE) | folded << LANE | after


def _parted(cells: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    return cells >> (2 * LANE), cells >> LANE & NODE, cells & NODE


def _edges(shape: Shape, merged: Counted) -> list[Row]:
    step, from_, to = _parted(merged.keys[:, 0])
    order = np.lexsort((to, from_, -merged.times, step))
    order = order[to[order] != 0]
    known = (from_ != OTHER) & (to != OTHER)
    columns = (step, from_, to, merged.times, merged.people, known)
    return [
        {"from": shape.name[a], "to": shape.name[b], "step": at, "count": times,
         "people": people if exact else None}
        for at, a, b, times, people, exact in zip(
            *(column[order].tolist() for column in columns), strict=True
        )
    ]  # fmt: skip


def _nodes(shape: Shape, merged: Counted) -> list[Row]:
    step, from_, to = _parted(merged.keys[:, 0])
    edge, order = to != 0, np.lexsort((from_, -merged.times, from_ == OTHER, step))
    order = order[to[order] == 0]
    step, node, times = step[order], from_[order], merged.times[order]
    cells = step << LANE | node
    leaving = merged.keys[edge, 0] >> LANE
    entering = (leaving >> LANE) + 1 << LANE | to[edge]
    starts, ends = (times - _sums(cells, ends, merged.times[edge]) for ends in (entering, leaving))
    columns = (step, node, times, merged.people[order], starts, ends)
    return [
        {"step": at, "node": shape.name[name], "count": count,
         "people": None if name == OTHER else people, "starts": begun, "ends": ended}
        for at, name, count, people, begun, ended in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]  # fmt: skip


def _sums(cells: Int64s, of: Int64s, times: Int64s) -> Int64s:
    """For each of ``cells`` the sum of the ``times`` that are of it."""
    order = np.argsort(cells)
    result = np.zeros_like(cells)
    np.add.at(result, order[np.searchsorted(cells, of, sorter=order)], times)
    return result


def _top(shape: Shape, label: Label) -> list[Row] | None:
    found = shape.wholes_of(label)
    if found is None:
        return None
    least = np.sort(found.times)[::-1][: shape.top]
    some = np.flatnonzero(found.times >= (least[-1] if len(least) else 0))
    ways = shape.walks.packing.nodes(found.keys[some])
    count, people = found.times[some], found.people[some]
    order = np.lexsort((*ways.T[::-1], -count))[: shape.top]
    return [
        {"path": [shape.name[node] for node in ways[k].tolist() if node],
         "count": int(count[k]), "people": int(people[k])}
        for k in order.tolist()
    ]  # fmt: skip


def _unlike(names: Any) -> str:
    """The name of the rest: "other", in brackets as long as an event is called so."""
    name = "other"
    while name in names:
        name = f"({name})"
    return name
