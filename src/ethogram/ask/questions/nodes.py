"""As what events are shown in paths: by name, under a group's name, with a property, or not."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.kernels.cutting import Pictured
from ethogram.ask.questions.breakdown import MISSING, Typed, distinct_at
from ethogram.ask.questions.chunk import Chunk, frozen
from ethogram.ask.questions.columns import column_of
from ethogram.ask.questions.step import PropertyName
from ethogram.ask.sequences.run import Run
from ethogram.events.errors import Invalid

BETWEEN = "..."
_FIRST = 2
_MOST = (1 << 16) - _FIRST

Names: TypeAlias = tuple[str, ...]
"""The name of each node: 0 is none, 1 `BETWEEN`, and from 2 on they are sorted."""
Picture: TypeAlias = Callable[[Chunk], tuple[Pictured, Names]]


class Grouping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Events that are shown under one name, ``as``.

    Those whose name an RE2 pattern ``matches`` somewhere, or is ``like`` a pattern in which
    ``*`` stands for any letters.
    """

    as_: str = msgspec.field(name="as")
    matches: str | None = None
    like: str | None = None


class Naming(msgspec.Struct, frozen=True):
    """Of what is shown: which events, which property beside their names, under which groups."""

    hide: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    label: PropertyName | None = None
    group: tuple[Grouping, ...] = ()

    def shows(self, event: str) -> bool:
        """Whether events of this name are shown."""
        return event not in self.hide and (not self.only or event in self.only)


def check_grouping(group: Iterable[Grouping]) -> None:
    """Raise `Invalid` where a group says not how it is made up."""
    for i, each in enumerate(group):
        if (each.matches is None) == (each.like is None):
            raise Invalid("bad_group", 'A group has one of "matches" and "like".',
                          at=f"$.group[{i}]")  # fmt: skip
        _members(each, [], f"$.group[{i}].matches")


def names_of(shown: Iterable[str]) -> Names:
    """The nodes of these names; raises `Invalid` where they are too many."""
    names = sorted({*shown})
    if len(names) > _MOST:
        raise Invalid("too_many_nodes", f"There are more than {_MOST:,} different nodes.", at="$",
                      hint='Put them together with "group", or leave "label" out.')  # fmt: skip
    return ("", BETWEEN, *names)


def picture(run: Run, naming: Naming, names: Names) -> Picture:
    """Shows the events of ``run``; without a label ``names`` are those of every event."""
    if naming.label is not None:
        return partial(_labelled, run, naming)
    number = {name: node for node, name in enumerate(names) if node >= _FIRST}
    shown = zip(run.names, grouped(run.names, naming.group), strict=True)
    nodes = [number[name] if naming.shows(event) else 0 for event, name in shown]
    table = frozen(np.array([*nodes, 0], np.uint16))
    return lambda seen: (Pictured(seen.codes, table), names)


def grouped(names: Iterable[str], group: Iterable[Grouping]) -> list[str]:
    """The names under which ``names`` are shown: the first group that has one counts."""
    result = list(names)
    left = list(range(len(result)))
    for i, each in enumerate(group):
        held = _members(each, [result[k] for k in left], f"$.group[{i}].matches")
        for k, inside in zip(left, held, strict=True):
            result[k] = each.as_ if inside else result[k]
        left = [k for k, inside in zip(left, held, strict=True) if not inside]
    return result


def _members(group: Grouping, names: list[str], at: str) -> list[bool]:
    pattern = group.matches or ""
    if group.like is not None:
        pattern = rf"(?s)\A{'.*'.join(map(re.escape, group.like.split('*')))}\z"
    texts, options = pa.array(names, pa.string()), pc.MatchSubstringOptions(pattern)
    try:
        return pc.call_function("match_substring_regex", [texts], options).to_pylist()
    except pa.ArrowInvalid as error:
        raise Invalid("bad_pattern", f"This is not an RE2 pattern: {error}", at=at) from None


def _labelled(run: Run, naming: Naming, seen: Chunk) -> tuple[Pictured, Names]:
    """Nodes of a chunk: pairs of an event's name and its label's value."""
    n = seen.last - seen.first
    label = naming.label or ""
    column, here = column_of(run, label), np.arange(seen.first, seen.last)
    keys, values = [MISSING], np.zeros(n, np.int64)
    if column is not None:
        keys, values = distinct_at(column, here)
    pairs = seen.codes[:n] * np.int64(len(keys)) + values
    found, place = np.unique(pairs, return_inverse=True)
    events = [run.names[pair // len(keys)] for pair in found.tolist()]
    texts = [
        event + _beside(keys[pair % len(keys)])
        for event, pair in zip(events, found.tolist(), strict=True)
    ]
    texts = grouped(texts, naming.group)
    shown = [naming.shows(event) for event in events]
    names = names_of(text for text, is_shown in zip(texts, shown, strict=True) if is_shown)
    number = {name: node for node, name in enumerate(names)}
    nodes = [number[text] if is_shown else 0 for text, is_shown in zip(texts, shown, strict=True)]
    own = np.array([*nodes, 0], np.uint16)
    table = frozen(np.arange(len(names), dtype=np.uint16))
    return Pictured(frozen(own[place]), table), names


def _beside(typed: Typed) -> str:
    value = typed[1]
    if value is None:
        return ""
    return f": {value if isinstance(value, str) else msgspec.json.encode(value).decode()}"
