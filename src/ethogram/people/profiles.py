"""A profile is a fold over changes: what is known of a person or a group, and since when.

It is a function of the set of changes. They count in the order of what happened; those of one
instant in that of a checksum of their events' ids; those of one event as `Op` says. So neither the
order of arrival, nor repetition, nor lateness plays a part, and the profile of persons who turn
out to be one is that of all their changes.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import isfinite
from typing import Any, NamedTuple

import msgspec

from ethogram.events.event import Instant, Json
from ethogram.events.profile import Change, Op, elements, key_of

NOTHING: Any = msgspec.UNSET
"""What a property that was never said, or was unset, holds."""


class Moment(NamedTuple):
    """One step in the history of a property: what was done, and what it was from then on.

    ``held`` is `NOTHING` where there was none any more.
    """

    change: Change
    held: Json


def in_order(changes: Iterable[Change]) -> list[Change]:
    """``changes`` as they count, each once."""
    once = {(each.at, each.turn, each.place): each for each in changes}
    return sorted(once.values(), key=_order)


def fold(changes: Iterable[Change], at: Instant | None = None) -> dict[str, Json]:
    """The profile that ``changes`` make, as it was ``at`` an instant, or is after all of them."""
    held: dict[str, Json] = {}
    for each in in_order(changes):
        if at is not None and each.at > at:
            break
        if each.op is Op.CLEAR:
            held.clear()
        else:
            _put(held, each.name, applied(held.get(each.name, NOTHING), each.op, each.value))
    return {name: plain(value) for name, value in sorted(held.items())}


def history(changes: Iterable[Change], name: str) -> list[Moment]:
    """What became of the property ``name``, the oldest change first."""
    moments, held = list[Moment](), NOTHING
    for each in in_order(changes):
        if each.op is Op.CLEAR or each.name == name:
            held = applied(held, each.op, each.value)
            moments.append(Moment(each, plain(held)))
    return moments


def applied(held: Json, op: Op, value: Json) -> Json:
    """What a property that ``held`` something holds after a change.

    A sum is exact, a `Fraction`; see `plain`. What cannot be done changes nothing: a text is not
    added to, and only a list has something removed.
    """
    match op:
        case Op.CLEAR | Op.UNSET:
            return NOTHING
        case Op.SET:
            return value
        case Op.SET_ONCE:
            return value if _empty(held) else held
        case Op.ADD:
            return _added(held, value)
        case Op.REMOVE:
            return _without(held, elements(value)) if isinstance(held, list) else held
        case _:
            return _listed(_list(held), op, elements(value))


def plain(held: Json) -> Json:
    """``held`` as JSON has it: a sum is a whole number, or the nearest float."""
    if not isinstance(held, Fraction):
        return held
    if held.denominator == 1:
        return held.numerator
    try:
        return float(held)
    except OverflowError:
        return int(held)


def _order(change: Change) -> tuple[Instant, int, Op, int]:
    return change.at, change.turn, change.op, change.place


def _put(held: dict[str, Json], name: str, value: Json) -> None:
    if value is NOTHING:
        held.pop(name, None)
    else:
        held[name] = value


def _empty(held: Json) -> bool:
    return held is NOTHING or held is None


def _added(held: Json, value: Json) -> Json:
    if not _is_number(value) or not (_empty(held) or _is_number(held)):
        return held
    return _exact(value) + (0 if _empty(held) else _exact(held))


def _is_number(value: Json) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def _exact(number: Json) -> Fraction:
    """The decimal number that was written, not the binary one beside it."""
    return number if isinstance(number, Fraction) else Fraction(repr(number))


def _list(held: Json) -> list[Json]:
    return [] if _empty(held) else elements(plain(held))


def _listed(held: list[Json], op: Op, more: list[Json]) -> list[Json]:
    if op in (Op.UNION, Op.INSERT):
        known = {key_of(each) for each in held}
        fresh = dict[object, Json]()
        for each in more:
            fresh.setdefault(key_of(each), each)
        more = [each for key, each in fresh.items() if key not in known]
    return more + held if op in (Op.PREPEND, Op.INSERT) else held + more


def _without(held: list[Json], gone: list[Json]) -> list[Json]:
    keys = {key_of(each) for each in gone}
    return [each for each in held if key_of(each) not in keys]
