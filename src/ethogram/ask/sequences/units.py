"""Whose an event is, for each kind of unit: a column of the events table, or a part of one."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.sequences.run import Int64s
from ethogram.people.identity import Identity
from ethogram.store.lake.changes import RESERVED
from ethogram.store.lake.struck import unstruck

PERSON = "person"
GROUP = "group:"
GROUPED = f"{RESERVED}of."
"""A person's index has the internal ids of each type of groups as a property called so."""
OF_GROUP = f"{RESERVED}held."
"""What an event's group holds is a property called so, by type and name, while it is asked."""
OF_TRAIT = f"{RESERVED}trait."
"""What a trait says of each event's person is a property called so, while it is asked."""
_decode = msgspec.json.Decoder(dict[str, int]).decode


def source(unit: str) -> str:
    """The column of the events table that says whose an event is.

    >>> source("device"), source("group:company")
    ('device', 'groups')
    """
    return "groups" if unit.startswith(GROUP) else unit


def owned(table: pa.Table, unit: str, identity: Identity) -> tuple[pa.Table, Int64s]:
    """The events of ``table`` that an index of ``unit`` holds, and whose each one is.

    An event without that unit belongs to none; what was erased is left out.
    """
    table = unstruck(table, identity.struck)
    owners = _owners(table, unit)
    if owners.null_count:
        there = owners.is_valid()
        table, owners = table.filter(there), owners.filter(there)
    hidden = identity.hides(table[PERSON].to_numpy())
    if hidden.any():
        seen = pa.array(~hidden)
        table, owners = table.filter(seen), owners.filter(seen)
    return table, owners.to_numpy()


def kinds_in(columns: Iterable[pa.ChunkedArray]) -> set[str]:
    """The types of groups that ``groups`` columns name."""
    texts = {text for column in columns for text in pc.unique(column).to_pylist() if text}
    return {kind for text in texts for kind in _decode(text)}


def grouped(groups: pa.ChunkedArray) -> dict[str, pa.Array]:
    """By the names that `GROUPED` begins, the groups that each event names, as texts."""
    coded = groups.combine_chunks().dictionary_encode()
    said = [_decode(text) for text in coded.dictionary.to_pylist()]
    found: dict[str, pa.Array] = {}
    for kind in sorted({kind for each in said for kind in each}):
        named = [str(each[kind]) if kind in each else None for each in said]
        found[GROUPED + kind] = pa.array(named, pa.string()).take(coded.indices)
    return found


def _owners(table: pa.Table, unit: str) -> pa.ChunkedArray:
    """The id of each event's unit, null where it has none; each different text is read once."""
    column = table[source(unit)]
    if not unit.startswith(GROUP):
        return column
    kind, coded = unit.removeprefix(GROUP), column.combine_chunks().dictionary_encode()
    named = [_decode(text).get(kind) for text in coded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(named, pa.int64()).take(coded.indices)])
