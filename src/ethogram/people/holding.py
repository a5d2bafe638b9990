"""What one property of a profile holds, while changes are made to it one after the other."""

from fractions import Fraction
from math import isfinite
from typing import Any

import msgspec

from ethogram.events.event import Json
from ethogram.events.profile import Op, elements, key_of

MOST_LISTED = 1000
"""What is added to a list of so many elements is not kept; of a longer one the first are."""
NOTHING: Any = msgspec.UNSET
"""What a property that was never said, or was unset, holds."""


class Holding:
    """What a property holds while changes are made to it, one after the other.

    A sum is exact. What cannot be done changes nothing: a text is not added to, and only a list
    has something removed.
    """

    def __init__(self, held: Json = NOTHING) -> None:
        self._held: Json = held
        self._keys: list[object] | None = None
        self._known = set[object]()

    @property
    def held(self) -> Json:
        """As JSON has it: a sum is a whole number, or the nearest float.

        A list is the one that further changes are made to.
        """
        return _plain(self._held)

    def change(self, op: Op, value: Json) -> bool:
        """Make a change; whether anything is other than before."""
        match op:
            case Op.CLEAR | Op.UNSET:
                return self._put(NOTHING)
            case Op.SET:
                return self._put(value)
            case Op.SET_ONCE:
                return _empty(self._held) and self._put(value)
            case Op.ADD:
                return self._add(value)
            case Op.REMOVE:
                return isinstance(self._held, list) and self._remove(elements(value))
            case _:
                return self._insert(op, elements(value))

    def _put(self, value: Json) -> bool:
        same = key_of(self.held) == key_of(value)
        self._held, self._keys = value, None
        return not same

    def _add(self, value: Json) -> bool:
        before = self._held
        if not is_number(value) or not (_empty(before) or is_number(before)):
            return False
        self._held = _exact(value) + (0 if _empty(before) else _exact(before))
        return _empty(before) or self._held != _exact(before)

    def _insert(self, op: Op, more: list[Json]) -> bool:
        began, keys = self._listed(), [key_of(each) for each in more]
        if op in (Op.UNION, Op.INSERT):
            new = dict[object, Json]()
            for key, each in zip(keys, more, strict=True):
                if key not in self._known:
                    new.setdefault(key, each)
            keys, more = list(new), list(new.values())
        room, at_front = MOST_LISTED - len(self._held), op in (Op.PREPEND, Op.INSERT)
        kept = slice(max(len(more) - room, 0), None) if at_front else slice(room)
        place = 0 if at_front else len(self._held)
        self._held[place:place], self._own[place:place] = more[kept], keys[kept]
        self._known.update(keys[kept])
        return began or bool(keys[kept])

    def _remove(self, those: list[Json]) -> bool:
        began = self._listed()
        gone = self._known.intersection(map(key_of, those))
        if not gone:
            return began
        left = [(key, each) for key, each in zip(self._own, self._held, strict=True)
                if key not in gone]  # fmt: skip
        self._keys, self._held = [key for key, _ in left], [each for _, each in left]
        self._known -= gone
        return True

    def _listed(self) -> bool:
        """Make a list of what is held, with the keys of its elements; whether that is a change."""
        if self._keys is not None:
            return False
        before = self._held
        self._held = [] if _empty(before) else elements(self.held)[:MOST_LISTED]
        self._keys = [key_of(each) for each in self._held]
        self._known = set(self._keys)
        return not isinstance(before, list) or len(before) > MOST_LISTED

    @property
    def _own(self) -> list[object]:
        assert self._keys is not None, "only lists have keys"
        return self._keys


def _plain(held: Json) -> Json:
    if not isinstance(held, Fraction):
        return held
    if held.denominator == 1:
        return held.numerator
    try:
        return float(held)
    except OverflowError:
        return int(held)


def _empty(held: Json) -> bool:
    return held is NOTHING or held is None


def is_number(value: Json) -> bool:
    """Whether ``value`` can be added to another."""
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def _exact(number: Json) -> Fraction:
    """The decimal number that was written, not the binary one beside it."""
    return number if isinstance(number, Fraction) else Fraction(repr(number))
