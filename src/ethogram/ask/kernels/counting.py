"""How often each of many keys comes, and of how many units, in a table that grows."""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.cutting import Paths
from ethogram.ask.kernels.events import SECOND, Events, Int32s, Int64s

Keys: TypeAlias = npt.NDArray[np.int64]
"""A row a key."""

FEW = 1 << 12
LANE, GROUP = 16, 40
"""Bits of a node in the key of an edge, and below its group."""
NODE = (1 << LANE) - 1
"""The bits of a node."""

ODD = -0x61C8864680B583EB
"""2**64 by the golden ratio (Knuth, 6.4): what the words of a key are joined with."""

COUNT, PEOPLE, LATEST, KEY = 0, 1, 2, 3
"""Columns of a table: a row that counts nothing is free; the key's words come last."""


class Counted(NamedTuple):
    """Distinct keys, how often each came, and of how many units."""

    keys: Keys
    times: Int64s
    people: Int64s


class Numbering(NamedTuple):
    """How the steps of a path count: from 1, or (``tail``) so that the last one is ``depth``.

    Without a depth (0) every step is 0. Nodes are numbers below ``names``.
    """

    depth: int
    tail: bool
    names: int


@njit(nogil=True, cache=True)
def fill(paths: Paths, n: int, groups: Int32s, numbering: Numbering, cells: Int32s) -> None:
    """Count ``n`` paths, their nodes and edges in ``cells``; one of group -1 does not count.

    There are three numbers a cell: how often, of how many units, and the latest of them plus 1.
    The cell of an edge is ``((group * steps + step) * nodes + from) * nodes + to``, a node's has
    no ``to``, and that of a path neither step nor node.
    """
    nodes, bounds, units = paths.nodes, paths.bounds, paths.units
    depth, tail, names = numbering
    steps = max(depth, 1)
    for p in range(n):
        if groups[p] < 0:
            continue
        first, last, unit = bounds[p], bounds[p + 1], units[p] + 1
        base = np.int64(groups[p]) * steps * names * names
        _count(cells, base, unit)
        step = np.int64(depth - (last - first) if tail else 0)
        for i in range(first, last):
            cell = base + (step * names + nodes[i]) * names
            _count(cells, cell, unit)
            if i + 1 < last:
                _count(cells, cell + nodes[i + 1], unit)
            step += 1 if depth else 0


@njit(nogil=True, cache=True, inline="always")
def _count(cells: Int32s, cell: np.int64, unit: int) -> None:
    cells[cell, COUNT] += 1
    cells[cell, PEOPLE] += cells[cell, LATEST] != unit
    cells[cell, LATEST] = unit


@njit(nogil=True, cache=True)
def filled(cells: Int32s, numbering: Numbering) -> Counted:
    """The cells that count something; keys are those of `hashed`."""
    depth, _, names = numbering
    steps = max(depth, 1)
    used = 0
    for cell in range(len(cells)):
        used += cells[cell, COUNT] != 0
    found = Counted(
        np.empty((used, 1), np.int64), np.empty(used, np.int64), np.empty(used, np.int64)
    )
    keys, times, people = found
    n = 0
    for cell in range(len(cells)):
        if cells[cell, COUNT]:
            from_, group = cell // names % names, cell // (names * names * steps)
            step = cell // (names * names) % steps + 1 if depth and from_ else 0
            keys[n, 0] = group << GROUP | step << (2 * LANE) | from_ << LANE | cell % names
            times[n], people[n] = cells[cell, COUNT], cells[cell, PEOPLE]
            n += 1
    return found


# A loop hands only numbers on, and its table stays the same one: what hands arrays over counts
# references to them. So a loop stops where its table is full, and goes on with a larger one.


class Packing(NamedTuple):
    """Where a path's nodes lie in a key: the k-th in word ``words[k]``, from bit ``shifts[k]``.

    The group is in the lowest bits of the first of ``width`` words.
    """

    words: Int64s
    shifts: Int64s
    width: int


class Table(NamedTuple):
    """Rows of `COUNT`, `PEOPLE`, `LATEST` and a key; ``used`` of them count something."""

    rows: Keys
    used: int


def table(width: int) -> Table:
    """An empty table for keys of so many words."""
    return Table(np.zeros((FEW, KEY + width), np.int64), 0)


@njit(nogil=True, cache=True)
def hashed(paths: Paths, n: int, groups: Int32s, numbering: Numbering, into: Table) -> Table:
    """``into`` with ``n`` paths, their nodes and edges; one of group -1 does not count.

    A key is ``group << 40 | step << 32 | from << 16 | to``; a node's has no ``to``, and that of a
    path neither step nor node.
    """
    rows = into.rows
    done, used = _hashed(paths, (0, n, into.used), groups, numbering, rows)
    while done < n:
        rows = _grown(rows)
        done, used = _hashed(paths, (done, n, used), groups, numbering, rows)
    return Table(rows, used)


@njit(nogil=True, cache=True)
def _hashed(
    paths: Paths, left: tuple[int, int, int], groups: Int32s, numbering: Numbering, table: Keys
) -> tuple[int, int]:
    """Count while there is room; where it ended, and how many keys there are then.

    ``left`` is the first path, the last, and how many keys there are.
    """
    nodes, bounds, units = paths.nodes, paths.bounds, paths.units
    depth, tail, names = numbering
    mask, used = len(table) - 1, left[2]
    for p in range(left[0], left[1]):
        first, last = bounds[p], bounds[p + 1]
        if 2 * (used + min(2 * (last - first), names * names)) > len(table):
            return p, used
        if groups[p] < 0:
            continue
        step = np.int64(depth - (last - first) + 1 if tail else 1)
        base = np.int64(groups[p]) << GROUP
        for j in range(-1, 2 * (last - first) - 1):
            i = first + (j >> 1)
            key = base
            if j >= 0:
                key |= np.int64(nodes[i]) << LANE
                key |= (step + (j >> 1)) << (2 * LANE) if depth else 0
            if j & 1 and j > 0:
                key |= np.int64(nodes[i + 1])
            slot = _mixed(key) & mask
            while table[slot, COUNT] and table[slot, KEY] != key:
                slot = (slot + 1) & mask
            if not table[slot, COUNT]:
                table[slot, KEY] = key
                table[slot, LATEST] = -1
                used += 1
            table[slot, COUNT] += 1
            table[slot, PEOPLE] += table[slot, LATEST] != units[p]
            table[slot, LATEST] = units[p]
    return left[1], used


@njit(nogil=True, cache=True)
def wholes(paths: Paths, n: int, groups: Int32s, packing: Packing, into: Table) -> Table:
    """``into`` with ``n`` whole paths; one of group -1 does not count."""
    rows = into.rows
    done, used = _wholes(paths, (0, n, into.used), groups, packing, rows)
    while done < n:
        rows = _grown(rows)
        done, used = _wholes(paths, (done, n, used), groups, packing, rows)
    return Table(rows, used)


@njit(nogil=True, cache=True)
def _wholes(
    paths: Paths, left: tuple[int, int, int], groups: Int32s, packing: Packing, table: Keys
) -> tuple[int, int]:
    """As `_hashed`."""
    nodes, bounds, units = paths.nodes, paths.bounds, paths.units
    words, shifts, width = packing
    mask, used = len(table) - 1, left[2]
    key = np.zeros(width, np.int64)
    for p in range(left[0], left[1]):
        if 2 * (used + 1) > len(table):
            return p, used
        if groups[p] < 0:
            continue
        key[:] = 0
        key[0] = groups[p]
        for k in range(bounds[p + 1] - bounds[p]):
            key[words[k]] |= np.int64(nodes[bounds[p] + k]) << shifts[k]
        joined = np.int64(0)
        for w in range(width):
            joined = joined * ODD + key[w]
        slot = _mixed(joined) & mask
        while table[slot, COUNT]:
            other = 0
            for w in range(width):
                other |= table[slot, KEY + w] ^ key[w]
            if not other:
                break
            slot = (slot + 1) & mask
        if not table[slot, COUNT]:
            for w in range(width):
                table[slot, KEY + w] = key[w]
            table[slot, LATEST] = -1
            used += 1
        table[slot, COUNT] += 1
        table[slot, PEOPLE] += table[slot, LATEST] != units[p]
        table[slot, LATEST] = units[p]
    return left[1], used


@njit(nogil=True, cache=True)
def lengths(events: Events, paths: Paths, n: int, groups: Int32s) -> Counted:
    """Counts the microseconds from each node to the next; a key is group and edge, and these."""
    pairs = paths.bounds[n]
    keys = np.empty((pairs, 2), np.int64)
    m = 0
    for p in range(n):
        for i in range(paths.bounds[p], paths.bounds[p + 1] - 1 if groups[p] >= 0 else 0):
            a, b = paths.where[i], paths.where[i + 1]
            edge = np.int64(paths.nodes[i]) << LANE | np.int64(paths.nodes[i + 1])
            keys[m, 0] = np.int64(groups[p]) << GROUP | edge
            seconds = np.int64(events.seconds[b]) - events.seconds[a]
            keys[m, 1] = seconds * SECOND + events.micros[b] - events.micros[a]
            m += 1
    return summed(Counted(keys[:m], np.ones(m, np.int64), np.zeros(m, np.int64)))


@njit(nogil=True, cache=True)
def summed(pieces: Counted) -> Counted:
    """The distinct keys, what was counted of each summed up."""
    table = np.zeros((FEW, KEY + pieces.keys.shape[1]), np.int64)
    done, used = _summed(pieces, 0, table, 0)
    while done < len(pieces.keys):
        table = _grown(table)
        done, used = _summed(pieces, done, table, used)
    return _counted(table, used)


@njit(nogil=True, cache=True)
def _summed(pieces: Counted, done: int, table: Keys, used: int) -> tuple[int, int]:
    keys, times, people = pieces
    mask, width = len(table) - 1, keys.shape[1]
    for k in range(done, len(keys)):
        if 2 * (used + 1) > len(table):
            return k, used
        joined = np.int64(0)
        for w in range(width):
            joined = joined * ODD + keys[k, w]
        slot = _mixed(joined) & mask
        while table[slot, COUNT]:
            other = 0
            for w in range(width):
                other |= table[slot, KEY + w] ^ keys[k, w]
            if not other:
                break
            slot = (slot + 1) & mask
        if not table[slot, COUNT]:
            for w in range(width):
                table[slot, KEY + w] = keys[k, w]
            used += 1
        table[slot, COUNT] += times[k]
        table[slot, PEOPLE] += people[k]
    return len(keys), used


@njit(nogil=True, cache=True)
def _mixed(word: np.int64) -> np.int64:
    """The finaliser of MurmurHash3 (Appleby), a bijection of 64 bits."""
    x = np.uint64(word)
    x = (x ^ (x >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    x = (x ^ (x >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return np.int64(x ^ (x >> np.uint64(33)))


@njit(nogil=True, cache=True)
def _grown(table: Keys) -> Keys:
    """A table four times as large, with the same rows."""
    grown = np.zeros((4 * len(table), table.shape[1]), np.int64)
    mask, width = len(grown) - 1, table.shape[1]
    for k in range(len(table)):
        if table[k, COUNT]:
            joined = np.int64(0)
            for w in range(KEY, width):
                joined = joined * ODD + table[k, w]
            slot = _mixed(joined) & mask
            while grown[slot, COUNT]:
                slot = (slot + 1) & mask
            for w in range(width):
                grown[slot, w] = table[k, w]
    return grown


@njit(nogil=True, cache=True)
def counted(table: Table) -> Counted:
    """What a table counts."""
    return _counted(table.rows, table.used)


@njit(nogil=True, cache=True)
def _counted(table: Keys, used: int) -> Counted:
    keys = np.empty((used, table.shape[1] - KEY), np.int64)
    times, people = np.empty(used, np.int64), np.empty(used, np.int64)
    n = 0
    for k in range(len(table)):
        if table[k, COUNT]:
            for w in range(keys.shape[1]):
                keys[n, w] = table[k, KEY + w]
            times[n], people[n] = table[k, COUNT], table[k, PEOPLE]
            n += 1
    return Counted(keys, times, people)
