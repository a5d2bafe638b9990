"""The events of a unit cut into sessions, and from each session the path that is asked for."""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from ethogram.ask.kernels.bits import ONE, Words
from ethogram.ask.kernels.events import SECOND, Bytes, Codes, Events, Int32s, Int64s

Nodes: TypeAlias = npt.NDArray[np.uint16]
BETWEEN = np.uint16(1)
"""The node that stands for those left out in the middle of a path; 0 is none."""
START, END = 1, 2
"""Bits of a role: the event can be the path's first, or its last."""
BEGUN, MATCHED = 1, 2
"""Bits of what a unit has: a session, and one that matches."""
ENDLESS = 2**60
"""A gap that nothing is as long as."""
HEAD, TAIL, ENDS = 0, 1, 2
"""Which nodes of a long path are kept."""


class Pictured(NamedTuple):
    """Event ``i`` is shown as ``nodes[symbols[i]]``; 0: not shown, but it is there."""

    symbols: Codes
    nodes: Nodes


class Pattern(NamedTuple):
    """A pattern of up to 62 elements; it is found wherever a session's nodes fit it.

    Bit k of ``accepts[node]``: element k takes the node; of ``stars``: it takes any number of
    them. ``first`` are the elements that can begin, ``last`` is the bit beyond the last element,
    and 0 where nothing is looked for. At most ``run`` stars stand side by side.
    """

    accepts: Words
    stars: np.uint64
    first: np.uint64
    last: np.uint64
    run: int


class Cut(NamedTuple):
    """A gap of ``gap`` microseconds or more parts sessions; ``roles[mark]`` are an event's roles.

    A path goes from the first event that has the role START (if ``start``) to the first after
    it that has END (if ``end``). Of more than ``depth`` nodes the first are kept, the last, or
    both ends with `BETWEEN` in the middle. Nodes that repeat the one before are one if
    ``collapse``. ``matching``: only paths of sessions in which the pattern is found.
    """

    gap: int
    roles: Bytes
    start: bool
    end: bool
    keep: int
    depth: int
    collapse: bool
    matching: bool


class Paths(NamedTuple):
    """Path ``p`` is ``nodes[bounds[p]:bounds[p + 1]]``, of ``units[p]``.

    ``where`` is the event of each node. ``has`` says per unit what its sessions have, and
    ``sessions`` how many there are, and how many match.
    """

    nodes: Nodes
    where: Int32s
    bounds: Int32s
    units: Int32s
    has: Bytes
    sessions: Int64s


# Calls that hand arrays over count references to each, and so does what is inlined; the loop
# below hands numbers only.


@njit(nogil=True, cache=True)
def cut(  # noqa: PLR0915 (one loop, since calls that hand arrays over cost more than the work)
    events: Events, seen: Pictured, rules: Cut, pattern: Pattern, out: Paths
) -> int:
    """Fill ``out``; return how many paths there are."""
    symbols, table, seconds, micros = events.symbols, events.table, events.seconds, events.micros
    pictures, shown, roles, accepts = seen.symbols, seen.nodes, rules.roles, pattern.accepts
    nodes, where = out.nodes, out.where
    most = rules.depth if rules.keep == HEAD else len(nodes)
    units, bounds, gap = out.units, out.bounds, rules.gap
    # Where nothing parts sessions and nothing is looked for, the rest of a unit says no more.
    brief = rules.keep == HEAD and gap >= ENDLESS and not pattern.last
    paths, end, sessions, matching = 0, 0, 0, 0
    bounds[0] = 0
    for u in range(len(events.begins)):
        latest, had = -1, 0
        has, n, first, over, before, state = 0, end, -1, False, np.uint16(0), np.uint64(0)
        i, stop = events.begins[u] - 1, events.ends[u]
        while i < stop:
            i += 1
            ended = i == stop
            mark = 0 if ended else table[symbols[i]]
            if not ended and not mark:
                continue
            if latest >= 0:
                apart = np.int64(seconds[i]) - seconds[latest]
                if ended or (
                    apart * SECOND > gap - SECOND
                    and apart * SECOND + micros[i] - micros[latest] >= gap
                ):
                    had |= has
                    sessions += has & BEGUN
                    matching += has >> 1
                    if (
                        n > end
                        and (over or not rules.end)
                        and (has & MATCHED or not rules.matching)
                    ):
                        end = _shorten(rules, out, end, n) if n - end > rules.depth else n
                        units[paths] = u
                        paths += 1
                        bounds[paths] = end
                    has, n, first, over = 0, end, -1, False
                    before, state = np.uint16(0), np.uint64(0)
            if ended:
                break
            latest = i
            node = shown[pictures[i]]
            if not node:
                continue
            has |= BEGUN
            if pattern.last and not has & MATCHED and not (rules.collapse and node == before):
                taken = (state | pattern.first) & accepts[node]
                state = _moved(taken, pattern.stars, pattern.run)
                has |= MATCHED if (state | pattern.first) & pattern.last else 0
            before = node
            role = roles[mark]
            if first < 0 and (role & START or not rules.start):
                first = i
            if (
                first >= 0
                and not over
                and n - end < most
                and not (rules.collapse and n > end and nodes[n - 1] == node)
            ):
                nodes[n] = node
                where[n] = i
                n += 1
                i = stop - 1 if brief and n - end == most else i
            if first >= 0 and rules.end and role & END and (i > first or not rules.start):
                over = True
        out.has[u] = had
    out.sessions[0], out.sessions[1] = sessions, matching
    return paths


@njit(nogil=True, cache=True)
def cut_whole(events: Events, seen: Pictured, rules: Cut, out: Paths) -> int:
    """What `cut` does where paths have no start and no end, the first nodes are kept, and nothing
    is looked for: each session with a node is a path. In half the time.
    """
    symbols, table, seconds, micros = events.symbols, events.table, events.seconds, events.micros
    pictures, shown, nodes, where = seen.symbols, seen.nodes, out.nodes, out.where
    units, bounds, gap, most, collapse = (
        out.units,
        out.bounds,
        rules.gap,
        rules.depth,
        rules.collapse,
    )
    paths, end, n = 0, 0, 0
    bounds[0] = 0
    for u in range(len(events.begins)):
        latest = -1
        had = paths
        for i in range(events.begins[u], events.ends[u]):
            symbol = symbols[i]
            if not table[symbol]:
                continue
            if latest >= 0:
                apart = (np.int64(seconds[i]) - seconds[latest]) * SECOND
                if apart > gap - SECOND and apart + micros[i] - micros[latest] >= gap:
                    # Written without a branch: where there is no path, the next one overwrites it.
                    units[paths] = u
                    paths += n > end
                    bounds[paths] = end = n
            latest = i
            node = shown[pictures[i]]
            if node and n - end < most and not (collapse and n > end and nodes[n - 1] == node):
                nodes[n], where[n] = node, i
                n += 1
        if n > end:
            units[paths] = u
            paths += 1
            bounds[paths] = end = n
        out.has[u] = BEGUN if paths > had else 0
    out.sessions[0], out.sessions[1] = paths, 0
    return paths


@njit(nogil=True, cache=True)
def _moved(taken: np.uint64, stars: np.uint64, run: int) -> np.uint64:
    """The elements that may come next, after those that have taken a node."""
    state = (taken & stars) | ((taken & ~stars) << ONE)
    for _ in range(run):
        state |= (state & stars) << ONE
    return state


@njit(nogil=True, cache=True)
def _shorten(rules: Cut, out: Paths, begin: int, end: int) -> int:
    """Keep ``depth`` nodes of the path ``begin:end``, which has more; return where it ends."""
    left, head = end - begin - rules.depth, 0
    if rules.keep == ENDS:
        head = rules.depth // 2 + 1
        out.nodes[begin + head - 1] = BETWEEN
        out.where[begin + head - 1] = out.where[begin]
    for k in range(begin + head, begin + rules.depth):
        out.nodes[k] = out.nodes[k + left]
        out.where[k] = out.where[k + left]
    return begin + rules.depth


@njit(nogil=True, cache=True)
def stretch(events: Events, anchors: Int64s, gap: int, forward: bool) -> tuple[Int64s, Int64s]:
    """Where each unit's session begins and ends, from its event ``anchors[u]`` on, or up to it.

    Nothing of a unit whose anchor is -1.
    """
    begins, ends = np.empty_like(anchors), np.empty_like(anchors)
    for u in range(len(anchors)):
        begins[u] = ends[u] = events.begins[u]
        if anchors[u] < 0:
            continue
        last = anchors[u]
        i = last + 1 if forward else last - 1
        while events.begins[u] <= i < events.ends[u]:
            if events.table[events.symbols[i]]:
                a, b = min(i, last), max(i, last)
                apart = (np.int64(events.seconds[b]) - events.seconds[a]) * SECOND
                if apart + events.micros[b] - events.micros[a] >= gap:
                    break
                last = i
            i += 1 if forward else -1
        begins[u], ends[u] = (anchors[u], last + 1) if forward else (last, anchors[u] + 1)
    return begins, ends
