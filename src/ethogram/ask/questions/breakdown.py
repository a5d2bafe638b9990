"""By which values of its properties an answer is split."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels.grouping import TAGS, packed, renumber
from ethogram.ask.questions.chunk import frozen
from ethogram.ask.questions.cohort import key_of
from ethogram.ask.questions.columns import column_of
from ethogram.ask.questions.profiled import group_column, held_at
from ethogram.ask.questions.said import Bools, said_at
from ethogram.ask.questions.split import By, Split, heading, null_heading, split
from ethogram.ask.questions.step import PropertyName
from ethogram.ask.sequences.run import Column, Int64s, Part, Run, Tag
from ethogram.ask.sequences.units import GROUP
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Whose

Value: TypeAlias = str | int | float | bool | None
Typed: TypeAlias = tuple[int, Value]
"""A value with its tag: in Python True equals 1, and None stands for missing and for null."""
Key: TypeAlias = tuple[Typed, ...]
"""One value per property of ``by``."""

MOST_CELLS = 1_000_000
"""Of all groups of an answer over time: what bounds the memory that it takes."""
Splitter: TypeAlias = Callable[[Int64s], tuple[list[Typed], Int64s]]
_TAGS = TAGS
MISSING: Typed = (int(Tag.MISSING), None)
NULL: Typed = (int(Tag.NULL), None)
_OTHER = _TAGS + 1
_NARROW = {"int8": 1 << 8, "int16": 1 << 16}


class Breakdown:
    """The groups of a part's events by the values of what ``by`` names."""

    def __init__(self, part: Part, by: tuple[By, ...]) -> None:
        self.columns = [_splitter(part, split(each)) for each in by]

    def groups(self, events: Int64s, n: int) -> tuple[Int64s, list[Key]]:
        """The group of each of ``n`` ``events`` (indices into the run), and each group's key.

        Every key listed is some event's.
        """
        groups, keys = np.zeros(n, np.int64), [()]
        for values_of in self.columns:
            values, inverse = values_of(events)
            if len(keys) == 1:
                keys, groups = [(*keys[0], value) for value in values], inverse
                continue
            combined, groups = _distinct(groups * len(values) + inverse)
            keys = [(*keys[both // len(values)], values[both % len(values)]) for both in combined]
        return groups, keys if n else []


def _splitter(part: Part, by: Split) -> Splitter:
    """The values of one of ``by`` at some events."""
    if by.cohort is not None:
        return partial(_membership, part.run, part.among[key_of(by.cohort)])
    if by.of.startswith("profile"):
        values_of = partial(_held, part.run, by.property or "", by.of)
    else:
        name, is_group = by.property or "", by.of.startswith(GROUP)
        column = group_column(part.run, name, by.of) if is_group else column_of(part.run, name)
        if column is None:
            return lambda events: ([MISSING], np.zeros(len(events), np.int64))
        if by.of == "event" or is_group:
            values_of = partial(distinct_at, column)
        else:
            values_of = partial(_said, part.run, column, by.of)
    return values_of if by.bins is None else partial(_binned, values_of, by.bins)


def _said(run: Run, column: Column, of: Whose, events: Int64s) -> tuple[list[Typed], Int64s]:
    return _distinct_values(said_at(run, column, events, of))


def _held(run: Run, name: PropertyName, of: Whose, events: Int64s) -> tuple[list[Typed], Int64s]:
    return _distinct_values(held_at(run, name, of, events))


def _binned(
    values_of: Splitter, bins: tuple[float, ...], events: Int64s
) -> tuple[list[Typed], Int64s]:
    values, inverse = values_of(events)
    numbers = [float(value or 0) if tag == Tag.NUMBER else -np.inf for tag, value in values]
    table = np.searchsorted(np.array(bins), np.array(numbers), side="right")
    found, place = _distinct(table[inverse])
    names: list[Typed] = [MISSING, *((int(Tag.NUMBER), _whole(number)) for number in bins)]
    return [names[code] for code in found], place


def _membership(run: Run, among: Bools, events: Int64s) -> tuple[list[Typed], Int64s]:
    units = np.searchsorted(run.offsets, events, side="right") - 1
    found, inverse = _distinct(among[units].astype(np.int64))
    return [(int(Tag.FLAG), bool(code)) for code in found], inverse


def check_cells(groups: int, each: int) -> None:
    """Raise `Invalid` (``too_many_groups``) where groups of ``each`` cells are too large."""
    if groups * each > MOST_CELLS:
        raise Invalid(
            "too_many_groups",
            f"{groups:,} groups of {each:,} cells each are more than the {MOST_CELLS:,} cells "
            "that an answer over time may have.",
            at="$.by" if groups > 1 else "$",
            hint="Ask for longer periods, a shorter range, or a property of fewer values.",
        )


def shown(by: tuple[By, ...], key: Key) -> dict[str, Value]:
    """A group as an answer shows it: None is a missing value, and null where it is said to be."""
    values: dict[str, Value] = {}
    for each, typed in zip(by, key, strict=True):
        values[heading(each)] = typed[1]
        if typed == NULL:
            values[null_heading(each)] = True
    return values


def other(by: tuple[By, ...]) -> Key:
    """The key of the groups that are too many to be shown apart."""
    return ((_OTHER, "other"),) * len(by)


def counted(cells: int, a: Mapping[Key, Int64s], b: Mapping[Key, Int64s]) -> dict[Key, Int64s]:
    """The counts of both, who are different people; a group has ``cells``."""
    both = dict(a)
    for key, more in b.items():
        both[key] = both[key] + more if key in both else more
    check_cells(len(both), cells)
    return both


def chosen(by: tuple[By, ...], keys: list[Key], said: Mapping[str, Value] | None) -> Bools:
    """Which of ``keys`` is the group that ``said`` means, as `shown`; None means all of them.

    Raises `Invalid` (``no_such_group``) where ``said`` does not name the properties ``by``.
    """
    if said is None:
        return np.ones(len(keys), np.bool_)
    names = [heading(each) for each in by]
    if not {*names} <= said.keys() <= {*names, *map(null_heading, by)}:
        raise Invalid("no_such_group", f"The groups have values of {names}.", at="by")
    wanted = _told_apart(said)
    return np.array([_told_apart(shown(by, key)) == wanted for key in keys], np.bool_)


def _told_apart(values: Mapping[str, Value]) -> dict[str, tuple[bool, Value]]:
    return {name: (isinstance(value, bool), value) for name, value in values.items()}


def in_order(keys: list[Key]) -> list[Key]:
    """Keys sorted by value, types apart; null, missing and the others last."""
    return sorted(keys, key=lambda key: [ranked(value) for value in key])


def ranked(typed: Typed) -> tuple[int, float, str]:
    """What a value is sorted by."""
    tag, value = typed
    if value is None:
        return _TAGS, float(tag == Tag.MISSING), ""
    return (tag, 0, value) if isinstance(value, str) else (tag, float(value), "")


def distinct_at(column: Column, events: Int64s) -> tuple[list[Typed], Int64s]:
    """The distinct values of ``column`` at ``events``, and which of them each event has."""
    width = _NARROW.get(column.values.dtype.name)
    if width is not None:
        low = -width // 2
        arrays = (frozen(column.tags), frozen(column.values), frozen(events))
        codes = packed(*arrays, low, int(Tag.FLAG))
        found = renumber(codes, width * _TAGS).tolist()
        return [_python(column, code % _TAGS, code // _TAGS + low) for code in found], codes
    return _distinct_values(Column(column.tags[events], column.values[events], column.words))


def _distinct_values(column: Column) -> tuple[list[Typed], Int64s]:
    tags = column.tags
    values = np.where(tags >= Tag.FLAG, column.values, 0)
    if len(column.words) and not np.any((tags == Tag.NUMBER) | (tags == Tag.FLAG)):
        found, inverse = _distinct(values.astype(np.int64) * _TAGS + tags)
        return [_python(column, code % _TAGS, code // _TAGS) for code in found], inverse
    numbers, place = np.unique(values.astype(np.float64), return_inverse=True)
    found, inverse = _distinct(place * _TAGS + tags)
    return [_python(column, code % _TAGS, float(numbers[code // _TAGS])) for code in found], inverse


def _python(column: Column, tag: int, value: float) -> Typed:
    if tag in (Tag.TEXT, Tag.JSON):
        return tag, str(column.words[int(value)])
    if tag == Tag.FLAG:
        return tag, bool(value)
    if tag == Tag.NUMBER:
        return tag, _whole(value)
    return tag, None


def _whole(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def _distinct(codes: npt.NDArray[np.int64]) -> tuple[list[int], npt.NDArray[np.int64]]:
    """The distinct codes in order and each one's place, without a sort where they are small."""
    top = int(codes.max(initial=0)) + 1
    if top > 4 * len(codes) + 4096:
        found, place = np.unique(codes, return_inverse=True)
        return found.tolist(), place
    there = np.zeros(top, np.bool_)
    there[codes] = True
    return np.flatnonzero(there).tolist(), (np.cumsum(there) - 1)[codes]
