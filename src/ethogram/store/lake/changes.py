"""Changes of profiles as columns of their events: one for each target, operation and property.

They are called as no client's property can be, and for the rest are properties like any other, so
that whatever keeps, merges, hides or erases events does so with them. What several changes of one
event come to together stands in one value.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterable
from functools import lru_cache
from math import fsum
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.event import Json
from ethogram.events.profile import LISTING, TARGETS, Op, changes_of, elements, key_of, turn
from ethogram.store.lake.cells import TAG, Cells, filled
from ethogram.store.lake.schema import Tag, column_name

RESERVED = "\0profile."
"""How the names of all these columns' properties begin."""
TURN = f"{RESERVED}turn"
"""Of an event with changes: which turn it has among those of its instant (`events.profile`)."""


class _Extra(msgspec.Struct):
    profile_ops: list[dict[str, Any]] = []


_decode = msgspec.json.Decoder(_Extra).decode


class Changed(NamedTuple):
    """What a column holds: an operation on a property of the person or the group."""

    target: str
    op: Op
    name: str


def is_reserved(name: str) -> bool:
    """Whether ``name`` is none of a client's properties, but one of these columns'."""
    return name.startswith(RESERVED)


@lru_cache(maxsize=4096)
def change_name(changed: Changed) -> str:
    """The name of the property whose columns hold ``changed``.

    >>> change_name(Changed("person", Op.SET, "plan"))
    '\\x00profile.person.set.plan'
    """
    return f"{RESERVED}{changed.target}.{changed.op.name.lower()}.{changed.name}"


@lru_cache(maxsize=4096)
def change_of(name: str) -> Changed | None:
    """What the columns of the property ``name`` hold; None where it is another's.

    >>> change_of(change_name(Changed("group", Op.ADD, "a.b")))
    Changed(target='group', op=<Op.ADD: 3>, name='a.b')
    """
    target, _, rest = name.removeprefix(RESERVED).partition(".")
    if not is_reserved(name) or target not in TARGETS:
        return None
    op, _, own = rest.partition(".")
    return Changed(target, Op[op.upper()], own)


def holds(name: str, property: str) -> bool:
    """Whether ``name`` is that of a ``property`` of events, or of columns of its changes."""
    return said_name(name) == property


def said_name(name: str) -> str | None:
    """The property, as clients say it, of a column called ``name``; None for `TURN`."""
    changed = change_of(name)
    if changed is not None:
        return changed.name or None
    return None if is_reserved(name) else name


def with_changes(table: pa.Table, admits: Callable[[str], bool]) -> pa.Table:
    """An events table with the columns of the changes that its events make.

    ``admits`` says which have columns.
    """
    said = pc.fill_null(pc.match_substring(table["extra"], '"profile_ops":'), False)
    rows = np.flatnonzero(said.to_numpy())
    if not len(rows):
        return table
    cells: dict[str, Cells] = {}
    changing = table.select(["event_id", "extra"]).take(rows)
    for row, event_id, extra in zip(
        rows.tolist(), *(column.to_pylist() for column in changing.columns), strict=True
    ):
        _put(cells, row, event_id, _decode(extra).profile_ops, admits)
    for name, each in cells.items():
        table = table.append_column(name, filled(each, table.num_rows))
    return table


def _put(
    cells: dict[str, Cells], row: int, event_id: str, said: list[Any], admits: Callable[[str], bool]
) -> None:
    for target in TARGETS:
        values: dict[Changed, list[Json]] = {}
        for each in changes_of(0, event_id, said, target):
            values.setdefault(Changed(target, each.op, each.name), []).append(each.value)
        for changed, those in values.items():
            name = change_name(changed)
            if admits(name) and admits(TURN):
                _cell(cells, name, row, _together(changed.op, those))
                if row not in _cells_of(cells, TURN, "number").rows[-1:]:
                    _cell(cells, TURN, row, turn(event_id))


def _cell(cells: dict[str, Cells], name: str, row: int, value: Json) -> None:
    _cells_of(cells, name, TAG[value.__class__]).put(row, value)


def _cells_of(cells: dict[str, Cells], name: str, tag: Tag) -> Cells:
    return cells.setdefault(column_name(name, tag), Cells(tag))


def _together(op: Op, values: list[Json]) -> Json:
    """What several values come to that one event says of one property with one operation."""
    if op in (Op.CLEAR, Op.UNSET):
        return True
    if op is Op.SET:
        return values[-1]
    if op is Op.SET_ONCE:
        return next((value for value in values if value is not None), None)
    if op is Op.ADD:
        return _sum(values)
    assert op in LISTING
    lists = [elements(value) for value in values]
    if op is Op.INSERT:
        lists = _once(lists)
    if op in (Op.PREPEND, Op.INSERT):
        lists.reverse()
    those = [value for each in lists for value in each]
    return those[0] if len(those) == 1 and isinstance(those[0], str | float | int) else those


def _once(lists: list[list[Json]]) -> list[list[Json]]:
    """``lists`` with each value only where it is first."""
    known: set[object] = set()
    found = list[list[Json]]()
    for each in lists:
        new = dict[object, Json]()
        for value in each:
            if (key := key_of(value)) not in known:
                new.setdefault(key, value)
        found.append(list(new.values()))
        known.update(new)
    return found


def _sum(values: Iterable[Json]) -> Json:
    """Null where there is nothing to add, or more than a float holds."""
    numbers = [value for value in values
               if isinstance(value, int | float) and not isinstance(value, bool)]  # fmt: skip
    try:
        return fsum(numbers) if numbers[1:] else next(iter(numbers), None)
    except OverflowError:
        return None
