"""Whose events belong together, and whose are not to be seen: an input of every snapshot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ethogram.ask.sequences.run import Int64s


def _ids(values: Iterable[int] = ()) -> Int64s:
    return np.unique(np.fromiter(values, np.int64))


@dataclass(frozen=True)
class Identity:
    """Links and erasures over raw ids ("nodes"), as they stand at one version.

    ``nodes`` (sorted) are the ids that belong to another one, and ``canonical`` is that other
    one; a canonical id is never itself in ``nodes``. ``erased`` (sorted) are the nodes whose
    events must not be seen; an erased node stays so.
    """

    nodes: Int64s = field(default_factory=_ids)
    canonical: Int64s = field(default_factory=_ids)
    erased: Int64s = field(default_factory=_ids)
    version: int = 0
    erasures: int = 0

    def resolve(self, nodes: Int64s) -> Int64s:
        """The canonical id of every node."""
        if not len(self.nodes):
            return nodes
        at = np.minimum(np.searchsorted(self.nodes, nodes), len(self.nodes) - 1)
        return np.where(self.nodes[at] == nodes, self.canonical[at], nodes)

    def hides(self, nodes: Int64s) -> np.ndarray:
        """For every node whether it is erased."""
        return np.isin(nodes, self.erased)

    def merged(self, groups: Mapping[int, Iterable[int]]) -> "Identity":
        """Each group's ids, and whatever belonged to them, now belong to its key."""
        links = dict(zip(self.nodes.tolist(), self.canonical.tolist(), strict=True))
        for canonical, ids in groups.items():
            old = {links.get(i, i) for i in (canonical, *ids)}
            links |= {node: canonical for node, to in links.items() if to in old}
            links |= dict.fromkeys((*old, *ids), canonical)
            links.pop(canonical, None)
        return self._linked(links)

    def unmerged(self, nodes: Iterable[int]) -> "Identity":
        """Each of ``nodes`` is its own again."""
        links = dict(zip(self.nodes.tolist(), self.canonical.tolist(), strict=True))
        for node in nodes:
            links.pop(node, None)
        return self._linked(links)

    def erasing(self, nodes: Iterable[int]) -> "Identity":
        """The events of ``nodes`` are not to be seen any more."""
        erased = np.union1d(self.erased, _ids(nodes))
        return replace(self, erased=erased, erasures=self.erasures + 1)

    def _linked(self, links: Mapping[int, int]) -> "Identity":
        nodes = _ids(links)
        canonical = np.array([links[node] for node in nodes.tolist()], np.int64)
        return replace(self, nodes=nodes, canonical=canonical, version=self.version + 1)


def changed(old: Identity, new: Identity) -> Int64s:
    """The nodes that ``new`` sees otherwise than ``old``."""
    linked = np.union1d(old.nodes, new.nodes)
    moved = linked[old.resolve(linked) != new.resolve(linked)]
    return np.union1d(moved, np.setdiff1d(new.erased, old.erased))
