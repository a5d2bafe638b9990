"""Whose events belong together, and whose are not to be seen: an input of every snapshot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.events.erasure import Struck, outdone

Ids: TypeAlias = npt.NDArray[np.int64]


def ids(values: Iterable[int] = ()) -> Ids:
    """``values`` sorted, each once."""
    return np.unique(np.fromiter(values, np.int64))


@dataclass(frozen=True)
class Identity:
    """Persons and erasures over raw ids ("nodes"), as they stand at one version.

    ``nodes`` (sorted) are the ids that belong to another one, and ``persons`` is that other one,
    which is never itself in ``nodes``. ``erased`` (sorted) are the nodes whose events must not be
    seen; an erased node stays so. Of other nodes some events may be ``struck`` out. ``erasures``
    counts both.
    """

    nodes: Ids = field(default_factory=ids)
    persons: Ids = field(default_factory=ids)
    erased: Ids = field(default_factory=ids)
    struck: tuple[Struck, ...] = ()
    version: int = 0
    erasures: int = 0

    def resolve(self, nodes: Ids) -> Ids:
        """The person of every node."""
        if not len(self.nodes):
            return nodes
        at = np.minimum(np.searchsorted(self.nodes, nodes), len(self.nodes) - 1)
        return np.where(self.nodes[at] == nodes, self.persons[at], nodes)

    def person(self, node: int) -> int:
        """The person of one node."""
        at = int(self.nodes.searchsorted(node))
        return int(self.persons[at]) if at < len(self.nodes) and self.nodes[at] == node else node

    def hides(self, nodes: Ids) -> np.ndarray:
        """For every node whether it is erased."""
        return np.isin(nodes, self.erased)

    def seeing(self, persons: Mapping[int, int], version: int) -> "Identity":
        """The same, but that each node in ``persons`` belongs to the person there."""
        nodes = ids(persons)
        known = np.searchsorted(self.nodes, nodes)
        known = known[known < len(self.nodes)]
        known = known[np.isin(self.nodes[known], nodes)]
        kept, owners = np.delete(self.nodes, known), np.delete(self.persons, known)
        moved = np.array([node for node in nodes.tolist() if persons[node] != node], np.int64)
        to = np.array([persons[node] for node in moved.tolist()], np.int64)
        at = np.searchsorted(kept, moved)
        return replace(
            self,
            nodes=np.insert(kept, at, moved),
            persons=np.insert(owners, at, to),
            version=version,
        )

    def of(self, nodes: Ids, persons: Ids, version: int) -> "Identity":
        """The same erasures over other persons; a node that is its own person may be left out."""
        other = nodes != persons
        nodes, persons = nodes[other], persons[other]
        order = np.argsort(nodes, kind="stable")
        return replace(self, nodes=nodes[order], persons=persons[order], version=version)

    def erasing(self, nodes: Iterable[int]) -> "Identity":
        """The events of ``nodes`` are not to be seen any more."""
        erased = np.union1d(self.erased, ids(nodes))
        more = len(erased) - len(self.erased)
        return replace(self, erased=erased, erasures=self.erasures + more)

    def striking(self, struck: Struck) -> "Identity":
        """Some events of other nodes are not to be seen any more."""
        return replace(self, struck=outdone((*self.struck, struck)), erasures=self.erasures + 1)


def changed(old: Identity, new: Identity) -> Ids:
    """The nodes that ``new`` sees otherwise than ``old``."""
    linked = np.union1d(old.nodes, new.nodes)
    moved = linked[old.resolve(linked) != new.resolve(linked)]
    struck = ids(each.node for each in _struck_since(old, new) if each.node is not None)
    return np.union1d(np.union1d(moved, struck), np.setdiff1d(new.erased, old.erased))


def strikes_everybody(old: Identity, new: Identity) -> bool:
    """Whether ``new`` hides what anybody may have, and ``old`` does not."""
    return any(each.node is None for each in _struck_since(old, new))


def _struck_since(old: Identity, new: Identity) -> list[Struck]:
    return [each for each in new.struck if each not in old.struck]
