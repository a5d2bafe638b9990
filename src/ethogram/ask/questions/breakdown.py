"""By which values of its properties an answer is split."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.ask.questions.columns import column_of
from ethogram.ask.questions.spec import PropertyName
from ethogram.ask.sequences.run import Column, Int64s, Run, Tag
from ethogram.events.errors import Invalid

Value: TypeAlias = str | int | float | bool | None
Typed: TypeAlias = tuple[int, Value]
"""A value with its tag, since in Python True equals 1; (MISSING, None) for null too."""
Key: TypeAlias = tuple[Typed, ...]
"""One value per property of ``by``."""

MOST_CELLS = 1_000_000
"""Of all groups of an answer over time: what bounds the memory that it takes."""
_TAGS = len(Tag)
_MISSING: Typed = (int(Tag.MISSING), None)
_OTHER = _TAGS + 1


class Breakdown:
    """The groups of a run's events by the values of the properties ``by``."""

    def __init__(self, run: Run, by: tuple[PropertyName, ...]) -> None:
        self.columns = [column_of(run, name) for name in by]

    def groups(self, events: Int64s | slice, n: int) -> tuple[Int64s, list[Key]]:
        """The group of each of ``n`` ``events`` (indices into the run), and each group's key.

        Every key listed is some event's.
        """
        groups, keys = np.zeros(n, np.int64), [()]
        for column in self.columns:
            if column is None:
                keys = [(*key, _MISSING) for key in keys]
                continue
            values, inverse = _values(column, events)
            if len(keys) == 1:
                keys, groups = [(*keys[0], value) for value in values], inverse
                continue
            combined, groups = _distinct(groups * len(values) + inverse)
            keys = [(*keys[both // len(values)], values[both % len(values)]) for both in combined]
        return groups, keys if n else []


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


def shown(by: tuple[PropertyName, ...], key: Key) -> dict[str, Value]:
    """A group as an answer shows it."""
    names = [name if isinstance(name, str) else ".".join(name) for name in by]
    return {name: value for name, (_, value) in zip(names, key, strict=True)}


def other(by: tuple[PropertyName, ...]) -> Key:
    """The key of the groups that are too many to be shown apart."""
    return ((_OTHER, "other"),) * len(by)


def in_order(keys: list[Key]) -> list[Key]:
    """Keys sorted by value, types apart, missing and the others last."""
    return sorted(keys, key=lambda key: [_rank(value) for value in key])


def _rank(typed: Typed) -> tuple[int, float, str]:
    tag, value = typed
    if value is None:
        return _TAGS, 0, ""
    return (tag, 0, value) if isinstance(value, str) else (tag, float(value), "")


def _values(column: Column, events: Int64s | slice) -> tuple[list[Typed], npt.NDArray[np.int64]]:
    tags, values = column.tags[events], column.values[events]
    if len(column.words) and issubclass(values.dtype.type, np.integer):
        text = tags == Tag.TEXT
        if not np.any((tags > Tag.NULL) != text):
            nothing = len(column.words)
            found, inverse = _distinct(np.where(text, values, np.int32(nothing)))
            return [_MISSING if code == nothing else _python(column, Tag.TEXT, code)
                    for code in found], inverse  # fmt: skip
    coded = np.where(tags >= Tag.FLAG, tags, Tag.MISSING)
    if len(column.words) and not np.any((tags == Tag.NUMBER) | (tags == Tag.FLAG)):
        found, inverse = _distinct(values.astype(np.int64) * _TAGS + coded)
        return [_python(column, code % _TAGS, code // _TAGS) for code in found], inverse
    numbers, place = np.unique(np.where(coded, values, 0).astype(np.float64), return_inverse=True)
    found, inverse = _distinct(place * _TAGS + coded)
    return [_python(column, code % _TAGS, float(numbers[code // _TAGS])) for code in found], inverse


def _python(column: Column, tag: int, value: float) -> Typed:
    if tag in (Tag.TEXT, Tag.JSON):
        return tag, str(column.words[int(value)])
    if tag == Tag.FLAG:
        return tag, bool(value)
    if tag == Tag.NUMBER:
        return tag, int(value) if float(value).is_integer() else value
    return _MISSING


def _distinct(codes: npt.NDArray[np.integer[Any]]) -> tuple[list[int], npt.NDArray[np.int64]]:
    """The distinct codes in order and each one's place, without a sort where they are small."""
    top = int(codes.max(initial=0)) + 1
    if top > 4 * len(codes) + 4096:
        found, place = np.unique(codes, return_inverse=True)
        return found.tolist(), place
    there = np.zeros(top, np.bool_)
    there[codes] = True
    return np.flatnonzero(there).tolist(), (np.cumsum(there) - 1)[codes]
