"""How often nodes, edges and whole paths came, and how long edges took, over all parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from ethogram.ask.kernels import counting as kernel
from ethogram.ask.kernels.counting import (
    GROUP,
    LANE,
    NODE,
    Counted,
    Numbering,
    fill,
    filled,
    hashed,
    lengths,
    table,
    wholes,
)
from ethogram.ask.kernels.cutting import BEGUN, MATCHED, TAIL
from ethogram.ask.questions.breakdown import Breakdown, Key, check_cells
from ethogram.ask.questions.columns import holds
from ethogram.ask.questions.counts import MOST, Counts, many
from ethogram.ask.questions.cuts import Cutting, Plan, cutter
from ethogram.ask.questions.lengths import joined
from ethogram.ask.questions.nodes import Names, names_of
from ethogram.ask.questions.occurring import places_of
from ethogram.ask.questions.packing import Packing, packing_of
from ethogram.ask.questions.said import Test
from ethogram.ask.questions.split import By
from ethogram.ask.sequences.run import Int64s, Part
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

Label: TypeAlias = Key | int | None
"""Of which paths: None: all, else a group's values, or a segment's number."""
NO_COUNTS = Counts()
EVENTS = 1 << 17
CELLS = 1 << 19
"""So many cells, of 12 bytes, are counted in place; of more most would be empty."""
LABELS = 3
"""At most, where paths are not split by values: all, and two segments."""


@dataclass(frozen=True)
class Walks:
    """Keys hold numbers of ``names`` and ``labels``; see the kernels for how.

    ``wholes`` is None where there are too many different paths to count; ``lengths`` are to so
    many ``digits`` (binary; None: to the last). ``sessions`` are how many there are, their
    people, how many match a pattern, and their people.
    """

    names: Names
    labels: tuple[Label, ...]
    steps: Counts
    wholes: Counts | None
    lengths: Counts
    digits: int | None
    sessions: Int64s
    packing: Packing


@dataclass(frozen=True)
class Split:
    """By what paths are split: the values of ``by``, or the segments ``compare``.

    A path has the values of the event that it begins with.
    """

    by: tuple[By, ...] = ()
    compare: tuple[Predicate, ...] = ()

    def of(self, part: Part) -> Callable[[Cutting], list[tuple[list[Label], Int64s]]]:
        """Lists of labels, and for each path the number of its own in the list, or -1."""
        breakdown = Breakdown(part, self.by)
        tests = [holds(each, part.run, f"$.compare[{i}]") for i, each in enumerate(self.compare)]

        def split(cutting: Cutting) -> list[tuple[list[Label], Int64s]]:
            found: list[tuple[list[Label], Int64s]] = [([None], np.zeros(cutting.n, np.int64))]
            if self.by:
                groups, keys = breakdown.groups(cutting.firsts, cutting.n)
                found.append(([*keys], groups))
            for i, test in enumerate(tests):
                found.append(([i], np.where(_held(test, cutting), 0, -1)))
            return found

        return split


def nothing(plan: Plan, split: Split) -> Walks:
    """No paths."""
    sessions, packing = np.zeros(4, np.int64), _packing(plan, split, plan.names)
    return Walks(plan.names, (), NO_COUNTS, NO_COUNTS, NO_COUNTS, None, sessions, packing)


def _packing(plan: Plan, split: Split, names: Names) -> Packing:
    return packing_of(plan.depth or 0, len(names), grouped=bool(split.by))


def counted(plan: Plan, split: Split, part: Part) -> Callable[[int, int], Walks]:
    """Counts the paths of the units ``low:high`` of ``part``: wholes of those that have a depth,
    lengths of the others.
    """
    cut, groups_of = cutter(plan, part), split.of(part)

    def partial(low: int, high: int) -> Walks:
        found = nothing(plan, split)
        tally: Tally | None = None
        for first, last in _batches(part, low, high):
            cutting = cut(first, last)
            cutting.paths.units[: cutting.n] += first - low
            if tally is None or tally.names != cutting.names:
                found = merge(found, tally.walks()) if tally else found
                tally = Tally(plan, split, cutting.names)
            tally.add(cutting, groups_of(cutting))
        return merge(found, tally.walks()) if tally else found

    return partial


def _batches(part: Part, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Ranges of units with about `EVENTS` events: their paths stay in a processor's cache."""
    offsets = part.run.offsets
    while low < high:
        last = int(np.searchsorted(offsets, offsets[low] + EVENTS, side="right")) - 1
        last = min(max(last, low + 1), high)
        yield low, last
        low = last


class Tally:
    """Counts the paths of one batch of units after the other, of nodes of the same names."""

    def __init__(self, plan: Plan, split: Split, names: Names) -> None:
        self.plan, self.names = plan, names
        self.numbering = Numbering(plan.depth or 0, plan.keep == TAIL, len(names))
        self.place: dict[Label, int] = {}
        size = LABELS * max(plan.depth or 0, 1) * len(names) ** 2
        self.cells = np.zeros((size, 3), np.int32) if size <= CELLS and not split.by else None
        self.packing = _packing(plan, split, names)
        self.places = self.packing.places
        self.steps, self.whole = table(1), table(self.places.width)
        self.long = NO_COUNTS
        self.sessions = np.zeros(4, np.int64)

    def add(self, cutting: Cutting, split: list[tuple[list[Label], Int64s]]) -> None:
        """Count a batch's paths; their units are numbered differently in every batch."""
        paths, n = cutting.paths, cutting.n
        self.sessions += _sessions(cutting)
        for labels, groups in split:
            places = [self.place.setdefault(label, len(self.place)) for label in labels]
            check_cells(len(self.place), self.numbering.depth)
            own = np.array([*places, -1], np.int32)[groups]
            if self.cells is not None:
                fill(paths, n, own, self.numbering, self.cells)
            else:
                self.steps = hashed(paths, n, own, self.numbering, self.steps)
            if self.plan.depth is None:
                self.long += Counts((lengths(cutting.looked.events, paths, n, own),))
            elif self.plan.wholes:
                self.whole = wholes(paths, n, own, self.places, self.whole)

    def walks(self) -> Walks:
        """What was counted."""
        stepped = kernel.counted(self.steps)
        if self.cells is not None:
            stepped = filled(self.cells, self.numbering)
        long, digits = joined((self.long, None), (NO_COUNTS, None))
        return Walks(
            self.names,
            tuple(self.place),
            _few(Counts((stepped,))),
            Counts((kernel.counted(self.whole),)),
            long,
            digits,
            self.sessions,
            self.packing,
        )


def merge(a: Walks, b: Walks) -> Walks:
    """The paths of both; their people are different ones."""
    names, labels = a.names, a.labels
    if a.names != b.names:
        names = names_of({*a.names[2:], *b.names[2:]})
    if a.labels != b.labels:
        labels = tuple(dict.fromkeys([*a.labels, *b.labels]))
    a, b = _in_terms_of(a, names, labels), _in_terms_of(b, names, labels)
    whole = None if a.wholes is None or b.wholes is None else a.wholes + b.wholes
    whole = None if whole is not None and many(whole) else whole
    long, digits = joined((a.lengths, a.digits), (b.lengths, b.digits))
    return replace(
        a,
        steps=_few(a.steps + b.steps),
        wholes=whole,
        lengths=long,
        digits=digits,
        sessions=a.sessions + b.sessions,
    )


def settled(walks: Walks) -> Walks:
    """The same, each key once: so that what is too many is known."""
    whole = walks.wholes and Counts((walks.wholes.whole(),))
    whole = None if whole is None or many(whole) else whole
    long, digits = joined((Counts((walks.lengths.whole(),)), walks.digits), (NO_COUNTS, None))
    stepped = _few(Counts((walks.steps.whole(),)))
    return replace(walks, steps=stepped, wholes=whole, lengths=long, digits=digits)


def _few(counts: Counts) -> Counts:
    if many(counts):
        raise Invalid(
            "too_many_edges",
            f"There are more than {MOST:,} different edges.",
            at="$",
            hint='Put events together with "group", leave some out with "hide", or take a '
            "smaller depth.",
        )
    return counts


def rows_of(
    found: Counted, labels: tuple[Label, ...], groups: Int64s
) -> Callable[[Label], Counted]:
    """Gives the rows of a label, in order; ``groups`` are the numbers of all rows' labels."""
    places = dict(zip(labels, places_of(groups, len(labels)), strict=True))

    def rows(label: Label) -> Counted:
        own = places.get(label, np.empty(0, np.int64))
        return Counted(*(column[own] for column in found))

    return rows


def _in_terms_of(walks: Walks, names: Names, labels: tuple[Label, ...]) -> Walks:
    """The same, its keys holding the numbers of other lists, which have all of its own."""
    if walks.names == names and walks.labels == labels:
        return walks
    packing = walks.packing.over(len(names))
    number = {name: node for node, name in enumerate(names)}
    nodes = np.array([number[name] for name in walks.names], np.int64)
    place = {label: group for group, label in enumerate(labels)}
    groups = np.array([place[label] for label in walks.labels], np.int64)

    def of_steps(piece: Counted) -> Counted:
        own = piece.keys & ((1 << GROUP) - 1)
        keys = own >> (2 * LANE) << (2 * LANE) | nodes[own >> LANE & NODE] << LANE
        keys |= nodes[own & NODE] | groups[piece.keys >> GROUP] << GROUP
        return piece._replace(keys=keys)

    def of_lengths(piece: Counted) -> Counted:
        keys = piece.keys.copy()
        keys[:, :1] = of_steps(piece._replace(keys=keys[:, :1])).keys
        return piece._replace(keys=keys)

    def of_wholes(piece: Counted) -> Counted:
        own = walks.packing
        keys = packing.pack(groups[own.groups(piece.keys)], nodes[own.nodes(piece.keys)])
        return piece._replace(keys=keys)

    return replace(
        walks,
        names=names,
        labels=labels,
        steps=walks.steps.changed(of_steps),
        wholes=walks.wholes and walks.wholes.changed(of_wholes),
        lengths=walks.lengths.changed(of_lengths),
        packing=packing,
    )


def _held(test: Test, cutting: Cutting) -> Any:
    seen = cutting.seen
    return test(seen.first, seen.last)[cutting.firsts - seen.first]


def _sessions(cutting: Cutting) -> Int64s:
    has, (sessions, matched) = cutting.paths.has, cutting.paths.sessions
    people = [int(np.count_nonzero(has & bit)) for bit in (BEGUN, MATCHED)]
    return np.array([sessions, people[0], matched, people[1]], np.int64)
