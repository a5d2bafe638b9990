"""What the groups of a person's events hold: looked up in the groups' own index, put beside them.

A question about persons may ask what the profile of an event's company holds now. The events know
the company's id; what it holds is made a column of them before anything else sees the question.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import msgspec
import numpy as np

from ethogram.ask.questions.profile import Profile, listed_column
from ethogram.ask.questions.split import Split
from ethogram.ask.sequences.arrange import fixed
from ethogram.ask.sequences.columns import value_at
from ethogram.ask.sequences.run import Column, Run, Snapshot, Tag
from ethogram.ask.sequences.units import GROUP, GROUPED, OF_GROUP
from ethogram.events.event import Json
from ethogram.events.predicate import Predicate
from ethogram.people.holding import NOTHING


def asked_of_groups(value: Any) -> set[tuple[str, str]]:
    """(``group:TYPE``, property) for all that a spec, or a part of it, asks of groups."""
    return set(_asked(value))


def with_groups(
    snapshot: Snapshot, asked: set[tuple[str, str]], groups: Callable[[str], Snapshot]
) -> Snapshot:
    """``snapshot``, of persons, with columns of what is ``asked``; ``groups`` gives a type's."""
    for unit, name in sorted(asked):
        held = _held(groups(unit), name)
        if held is not None:
            own = OF_GROUP + unit.removeprefix(GROUP) + "." + name
            parts = (replace(part, run=_with(part.run, unit, own, held)) for part in snapshot.parts)
            snapshot = replace(snapshot, parts=tuple(parts))
    return snapshot


def _asked(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Predicate | Split) and value.of.startswith(GROUP) and value.property:
        name = value.property if isinstance(value.property, str) else value.property[0]
        yield value.of, name
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _asked(getattr(value, field))
    elif isinstance(value, tuple):
        for each in cast("tuple[Any, ...]", value):
            yield from _asked(each)


def _held(snapshot: Snapshot, name: str) -> Mapping[str, Json] | None:
    """What each group holds, by its id; None where no group ever held it."""
    found: dict[str, Json] = {}
    known = False
    for part in snapshot.parts:
        profile = Profile(part.run, name)
        known |= profile.exists
        units = np.flatnonzero(part.dead == 0)
        column = profile.last(part.run.offsets[units], part.run.offsets[units + 1])
        for place, unit in enumerate(part.run.units[units].tolist()):
            found[str(unit)] = value_at(column, place)
    return found if known else None


def _with(run: Run, unit: str, name: str, held: Mapping[str, Json]) -> Run:
    own = run.properties.get(GROUPED + unit.removeprefix(GROUP))
    if own is None:
        return run
    each = listed_column([*(held.get(word, NOTHING) for word in own.words.to_pylist()), NOTHING])
    word = np.where(own.tags == Tag.TEXT, own.values, len(own.words)).astype(np.intp)
    column = Column(fixed(each.tags[word]), fixed(each.values[word]), each.words)
    return replace(run, properties={**run.properties, name: column})
