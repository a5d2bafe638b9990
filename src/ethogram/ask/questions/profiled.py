"""What profiles hold, compared with a value and told apart: of events, and of units."""

import msgspec
import numpy as np
from msgspec.structs import replace

from ethogram.ask.questions.comparing import Bools, Test, compared, other
from ethogram.ask.questions.profile import Profile, listed_column
from ethogram.ask.questions.said import persons, said_last
from ethogram.ask.questions.step import PropertyName
from ethogram.ask.questions.waiting import still_waited_for
from ethogram.ask.sequences.run import Column, Int64s, Run, Tag
from ethogram.ask.sequences.units import GROUP, OF_GROUP, OF_TRAIT
from ethogram.ask.sequences.within import inside
from ethogram.events.predicate import Predicate, Whose

WORDS_AT_ONCE = 1024


def profile_holds(predicate: Predicate, run: Run, at: str) -> Test:
    """One comparison with what profiles hold now, or held then, for each event of ``run``."""

    def test(first: int, last: int) -> Bools:
        offsets = persons(run)
        low, high = np.searchsorted(offsets, (first, last - 1), side="right")
        bounds = offsets[low - 1 : high + 1]
        column = held(run, predicate.property or "", predicate.of, bounds)
        own = compared_lists(column, predicate, at)(0, len(column.tags))
        if predicate.of == "profile":
            own = np.repeat(own, np.diff(bounds))
        return own[first - bounds[0] : last - bounds[0]]

    return test


def group_column(run: Run, name: PropertyName, of: Whose) -> Column | None:
    """What the group of each event holds, where `of_groups` has put that beside the events."""
    path = (name,) if isinstance(name, str) else name
    column = run.properties.get(f"{OF_GROUP}{of.removeprefix(GROUP)}.{path[0]}")
    return column if column is None or len(path) == 1 else inside(column, path)


def held_at(run: Run, name: PropertyName, of: Whose, events: Int64s) -> Column:
    """What the profiles of the persons of ``events`` hold now, or held then."""
    offsets = persons(run)
    person = np.searchsorted(offsets, events, side="right") - 1
    low, high = (int(person.min()), int(person.max())) if len(events) else (0, -1)
    bounds = offsets[low : high + 2]
    column = held(run, name, of, bounds)
    place = person - low if of == "profile" else events - bounds[0]
    return Column(column.tags[place], column.values[place], column.words)


def held(run: Run, name: PropertyName, of: Whose, bounds: Int64s) -> Column:
    """What is held by the persons whose events lie between ``bounds``: one value each, or then."""
    if of == "profile":
        return held_after(run, name, bounds[:-1], bounds[1:])
    top, *below = (name,) if isinstance(name, str) else name
    trait = run.properties.get(OF_TRAIT + top)
    whole = Profile(run, top).each(bounds) if trait is None else _slice(trait, bounds)
    return inside(whole, (top, *below)) if below else whole


def held_after(run: Run, name: PropertyName, begins: Int64s, ends: Int64s) -> Column:
    """What is held after each of the ranges of events ``begins:ends``, each one person's."""
    top, *below = (name,) if isinstance(name, str) else name
    trait = run.properties.get(OF_TRAIT + top)
    if trait is not None:
        whole = said_last(trait, begins, ends)
    else:
        whole = Profile(run, top).last(begins, ends)
    return inside(whole, (top, *below)) if below else whole


def _slice(column: Column, bounds: Int64s) -> Column:
    first, end = int(bounds[0]), int(bounds[-1])
    return Column(column.tags[first:end], column.values[first:end], column.words)


def compared_lists(column: Column, predicate: Predicate, at: str = "$.where") -> Test:
    """`compared`, but that a list is whatever any of its elements is."""
    if predicate.op in ("exists", "is_null") or not np.any(column.tags == Tag.JSON):
        return compared(column, predicate, at)
    if predicate.op in ("!=", "not_in"):
        equal = replace(predicate, op="=" if predicate.op == "!=" else "in")
        return other(column, compared_lists(column, equal, at))
    among = _elements_hold(column, predicate, at)
    own = compared(column, predicate, at)

    def test(first: int, last: int) -> Bools:
        lists = column.tags[first:last] == Tag.JSON
        word = np.where(lists, column.values[first:last], len(among) - 1).astype(np.intp)
        return own(first, last) | among[word]

    return test


def _elements_hold(column: Column, predicate: Predicate, at: str) -> Bools:
    """For each word, and none at the end, whether it is a list with an element that fits."""
    among = np.zeros(len(column.words) + 1, np.bool_)
    for begin in range(0, len(column.words), WORDS_AT_ONCE):
        still_waited_for()
        lists = [_list(word) for word in column.words[begin : begin + WORDS_AT_ONCE].to_pylist()]
        owners = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
        each = listed_column(value for those in lists for value in those)
        among[owners[compared(each, predicate, at)(0, len(owners))] + begin] = True
    return among


def _list(word: str) -> list[object]:
    try:
        value = msgspec.json.decode(word)
    except msgspec.DecodeError:
        return []
    return value if isinstance(value, list) else []
