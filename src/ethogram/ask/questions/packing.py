"""Whole paths as keys of as few words as hold them."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels import counting
from ethogram.ask.kernels.counting import Keys
from ethogram.ask.sequences.run import Int64s

_WORD = 62


@dataclass(frozen=True)
class Packing:
    """Keys of a group and up to ``depth`` nodes, that many bits each."""

    depth: int
    node_bits: int
    group_bits: int

    def over(self, names: int) -> "Packing":
        """The same for nodes below ``names``."""
        return replace(self, node_bits=_bits(names))

    @property
    def places(self) -> counting.Packing:
        """Where each node lies; none lies in two words."""
        words, shifts = np.empty(self.depth, np.int64), np.empty(self.depth, np.int64)
        word, shift = 0, self.group_bits
        for k in range(self.depth):
            if shift + self.node_bits > _WORD:
                word, shift = word + 1, 0
            words[k], shifts[k] = word, shift
            shift += self.node_bits
        return counting.Packing(words, shifts, word + 1)

    def pack(self, groups: Int64s, nodes: npt.NDArray[np.int64]) -> Keys:
        """The keys of paths: a row of ``nodes`` each, 0 where a path has ended."""
        words, shifts, width = self.places
        keys = np.zeros((len(groups), width), np.int64)
        keys[:, 0] = groups
        for k in range(self.depth):
            keys[:, words[k]] |= nodes[:, k] << shifts[k]
        return keys

    def groups(self, keys: Keys) -> Int64s:
        """The group of each key."""
        return keys[:, 0] & ((1 << self.group_bits) - 1)

    def nodes(self, keys: Keys) -> npt.NDArray[np.int64]:
        """The nodes of each key, a row each."""
        words, shifts, _ = self.places
        nodes = np.empty((len(keys), self.depth), np.int64)
        for k in range(self.depth):
            nodes[:, k] = keys[:, words[k]] >> shifts[k] & ((1 << self.node_bits) - 1)
        return nodes


def packing_of(depth: int, names: int, *, grouped: bool) -> Packing:
    """The packing for nodes below ``names``; for groups by value, or for three at most."""
    return Packing(depth, _bits(names), 22 if grouped else 2)


def _bits(names: int) -> int:
    return max(names - 1, 1).bit_length()
