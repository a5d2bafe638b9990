"""Traits put beside the events of a snapshot, so that questions ask them as they ask profiles."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ethogram.ask.sequences.arrange import fixed
from ethogram.ask.sequences.columns import NO_WORDS
from ethogram.ask.sequences.run import Column, Part, Snapshot, Tag
from ethogram.ask.sequences.units import OF_TRAIT
from ethogram.ask.traits.kept import Kept


def with_traits(snapshot: Snapshot, traits: Mapping[str, tuple[Kept, bool]]) -> Snapshot:
    """``snapshot``, of persons, whose profiles hold ``traits`` too, by name; flags where said.

    A trait stands before what clients said under its name, and holds at any time what it does now.
    """
    parts = snapshot.parts
    for name, (kept, is_flag) in traits.items():
        tag = Tag.FLAG if is_flag else Tag.NUMBER
        parts = tuple(_with(part, name, kept, tag) for part in parts)
    return replace(snapshot, parts=parts)


def _with(part: Part, name: str, kept: Kept, tag: Tag) -> Part:
    run = part.run
    place = np.minimum(np.searchsorted(kept.ids, run.units), max(len(kept.ids) - 1, 0))
    known = kept.ids[place] == run.units if len(kept.ids) else np.zeros(len(place), np.bool_)
    values = np.zeros(len(place))
    values[known] = kept.values[place[known]]
    known &= ~np.isnan(values)
    values[~known] = 0
    events = np.diff(run.offsets)
    tags = np.repeat(known * np.uint8(tag), events)
    held = Column(fixed(tags), fixed(np.repeat(values, events)), NO_WORDS)
    return replace(part, run=replace(run, properties={**run.properties, OF_TRAIT + name: held}))
