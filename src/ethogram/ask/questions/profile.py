"""What profiles hold: their columns of changes, folded for some units or for each of their events.

Numbers, texts and flags go through a kernel. A property that is ever treated as a list is folded
as `people.profiles` does, change by change.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from math import inf

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ethogram.ask.kernels import profiles as kernel
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.waiting import still_waited_for
from ethogram.ask.sequences.columns import NO_WORDS, unite, value_at
from ethogram.ask.sequences.run import Bytes, Column, Int64s, Run, Tag
from ethogram.ask.sequences.units import OF_GROUP, OF_TRAIT
from ethogram.events.errors import TooLarge
from ethogram.events.event import Json
from ethogram.events.profile import LISTING, TARGETS, Op
from ethogram.people.holding import NOTHING, Holding
from ethogram.store.lake.changes import TURN, Changed, change_name, change_of

Floats = npt.NDArray[np.float64]
MOST_WORDS = 64 << 20
"""Characters of all the lists, and texts beside them, of one column that is made of changes."""
_OPS = (Op.SET, Op.SET_ONCE, Op.ADD, Op.CLEAR, Op.UNSET, *LISTING)


def profile_names(names: Iterable[str]) -> frozenset[str]:
    """The properties of profiles that columns called ``names`` hold, those of groups by type.

    Traits are some of them.
    """
    found = {name: change_of(name) for name in names}
    own = (each.name for each in found.values() if each and each.op is not Op.CLEAR)
    of_groups = (name for name in found if name.startswith(OF_GROUP))
    traits = (name.removeprefix(OF_TRAIT) for name in found if name.startswith(OF_TRAIT))
    return frozenset((*own, *of_groups, *traits))


class Profile:
    """One property of the profiles of a run's units, persons or groups."""

    def __init__(self, run: Run, name: str) -> None:
        self._run = run
        self._of = {op: column for op in _OPS if (column := _column(run, op, name))}
        self._turns = run.properties.get(TURN)
        self._ops = sorted(self._of)
        self._listed = not self._of.keys().isdisjoint(LISTING)
        plain_ops = [self._of[op] for op in (Op.SET, Op.SET_ONCE) if op in self._of]
        self._words, self._tables = unite([NO_WORDS, *(each.words for each in plain_ops)])

    @property
    def exists(self) -> bool:
        """Whether anything was ever said of it."""
        return not self._of.keys() <= {Op.CLEAR}

    def last(self, begins: Int64s, ends: Int64s) -> Column:
        """What is held after each of the ranges of events ``begins:ends``, each one unit's."""
        if self._listed:
            ranges = zip(begins.tolist(), ends.tolist(), strict=True)
            return listed_column(self._held(begin, end) for begin, end in ranges)
        tags, values = np.zeros(len(begins), np.uint8), np.zeros(len(begins))
        if len(begins):
            first, end = int(begins.min()), int(ends.max())
            kernel.last(self._changes(first, end), frozen(begins - first), frozen(ends - first),
                        tags, values)  # fmt: skip
        return Column(tags, values, self._words)

    def each(self, offsets: Int64s) -> Column:
        """What is held after the instant of each of the events of the units with ``offsets``."""
        first, end = int(offsets[0]), int(offsets[-1])
        if self._listed:
            return self._each(offsets)
        tags, values = np.zeros(end - first, np.uint8), np.zeros(end - first)
        bounds = frozen(offsets - first)
        kernel.each(self._changes(first, end), bounds[:-1], bounds[1:], tags, values)
        return Column(tags, values, self._words)

    def _changes(self, first: int, end: int) -> kernel.Changes:
        none = np.zeros(end - first, np.uint8)
        nothing = frozen(none), frozen(np.zeros(end - first))
        cleared, unset = self._tags(Op.CLEAR, first, end), self._tags(Op.UNSET, first, end)
        empties = (cleared > 0) * np.uint8(1) + (unset > 0) * np.uint8(2)
        said = [self._typed(op, first, end) or nothing for op in (Op.SET, Op.SET_ONCE, Op.ADD)]
        turns = nothing[1] if self._turns is None else self._turns.values[first:end]
        clock = frozen(self._run.seconds[first:end]), frozen(self._run.micros[first:end])
        set_, once, add = said
        any_ = empties | set_[0] | once[0] | add[0]
        return kernel.Changes(*clock, frozen(turns.astype(np.int64)), frozen(any_),
                              frozen(empties), *set_, *once, *add)  # fmt: skip

    def _tags(self, op: Op, first: int, end: int) -> Bytes:
        column = self._of.get(op)
        return np.zeros(end - first, np.uint8) if column is None else column.tags[first:end]

    def _typed(self, op: Op, first: int, end: int) -> tuple[Bytes, Floats] | None:
        """Tags and values of what ``op`` says, texts by their places in all words."""
        column = self._of.get(op)
        if column is None:
            return None
        tags, values = column.tags[first:end], column.values[first:end].astype(np.float64)
        if op is not Op.ADD and len(column.words):
            table = self._tables[1 if op is Op.SET or Op.SET not in self._of else 2]
            texts = tags >= Tag.TEXT
            values[texts] = table[values[texts].astype(np.int64)]
        return frozen(tags), frozen(values)

    def _held(self, begin: int, end: int) -> Json:
        holding = Holding()
        for _ in self._moments(begin, end, holding):
            pass
        return holding.held

    def _each(self, offsets: Int64s) -> Column:
        words, first = _Words(), int(offsets[0])
        tags, values = np.zeros(int(offsets[-1]) - first, np.uint8), np.zeros(offsets[-1] - first)
        for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
            holding, since, (tag, value) = Holding(), begin - first, (Tag.MISSING, 0.0)
            for at in self._moments(begin, end, holding):
                tags[since : at - first], values[since : at - first] = tag, value
                since, (tag, value) = at - first, words.typed(holding.held)
            tags[since : end - first], values[since : end - first] = tag, value
        return Column(tags, values, words.column)

    def _moments(self, begin: int, end: int, holding: Holding) -> Iterator[int]:
        """Make the changes of a unit's events ``begin:end`` to ``holding``.

        After those of each instant at which it changes: the first event that then happened.
        """
        said = np.zeros(end - begin, np.bool_)
        for column in self._of.values():
            said |= column.tags[begin:end] != Tag.MISSING
        for _, rows in groupby((np.flatnonzero(said) + begin).tolist(), self._instant):
            still_waited_for()
            tied = list(rows)
            start = self._first_of(tied[0], begin)
            made = [self._change(holding, row) for row in sorted(tied, key=self._turn)]
            if any(made):
                yield start

    def _instant(self, row: int) -> tuple[int, int]:
        return int(self._run.seconds[row]), int(self._run.micros[row])

    def _first_of(self, row: int, begin: int) -> int:
        """The first of the unit's events, which begin with ``begin``, at the instant of ``row``."""
        while row > begin and self._instant(row - 1) == self._instant(row):
            row -= 1
        return row

    def _turn(self, row: int) -> float:
        return 0 if self._turns is None else float(self._turns.values[row])

    def _change(self, holding: Holding, row: int) -> bool:
        changed = False
        for op in self._ops:
            column = self._of[op]
            if column.tags[row] != Tag.MISSING:
                changed |= holding.change(op, value_at(column, row))
        return changed


def _column(run: Run, op: Op, name: str) -> Column | None:
    """The changes of one kind; a run holds those of one target only."""
    own = "" if op is Op.CLEAR else name
    names = (change_name(Changed(target, op, own)) for target in TARGETS)
    return next((run.properties[each] for each in names if each in run.properties), None)


def listed_column(held: Iterable[Json]) -> Column:
    """Values as a column; a list is the JSON of it."""
    words = _Words()
    found = [words.typed(value) for value in held]
    tags, values = zip(*found, strict=True) if found else ((), ())
    return Column(np.array(tags, np.uint8), np.array(values, np.float64), words.column)


class _Words:
    """The texts of a column that is being made, each once."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._bytes = 0

    @property
    def column(self) -> pa.StringArray:
        """All of them."""
        return pa.array(list(self._known), pa.string())

    def typed(self, value: Json) -> tuple[Tag, float]:
        """A value as a column has it."""
        if value is NOTHING:
            return Tag.MISSING, 0
        if value is None:
            return Tag.NULL, 0
        if isinstance(value, str):
            return Tag.TEXT, self._place(value)
        if isinstance(value, list | dict):
            return Tag.JSON, self._place(msgspec.json.encode(value).decode())
        try:
            return Tag.of(value), float(value)
        except OverflowError:
            return Tag.NUMBER, inf if value > 0 else -inf

    def _place(self, word: str) -> int:
        """The place of ``word``. Raises `TooLarge` where there are too many."""
        place = self._known.setdefault(word, len(self._known))
        if place == len(self._known) - 1:
            self._bytes += len(word)
        if self._bytes > MOST_WORDS:
            raise TooLarge(
                "lists_too_large", "The lists that these profiles held are too many to compare.",
                at="$", hint='Ask what they hold now ("of": "profile"), or about fewer people.',
            )  # fmt: skip
        return place
