"""Rows become a look-up: typed columns, without what names a person."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import pyarrow as pa

from ethogram.collect.sources.systems.plain import plain
from ethogram.collect.sources.systems.rows import Row
from ethogram.events.errors import Invalid
from ethogram.protect.detectors import personal

_FORBIDDEN = re.compile(r"[ ,;{}()\n\t=]")


def lookup(rows: Sequence[Row]) -> tuple[pa.Table, list[str]]:
    """The table that ``rows`` are, and the columns that were left out of it.

    A look-up is for everybody and has no keys of persons, so a column in which something names
    one is left out. What differs in type within a column becomes text, what is nested JSON.
    Raises `Invalid` where two columns would have one name, which SQL reads in small letters.
    """
    names = list(dict.fromkeys(column for row in rows for column in row))
    columns, left, called = dict[str, pa.Array](), list[str](), dict[str, str]()
    for name in names:
        values = [row.get(name) for row in rows]
        if any(personal(name, plain(value)) for value in values if value is not None):
            left.append(name)
            continue
        column = column_of(name)
        if (other := called.setdefault(column.lower(), name)) != name:
            raise Invalid("same_column", f"{other!r} and {name!r} would be one column.",
                          hint="Give one of them another name in the source.")  # fmt: skip
        columns[column] = _typed([_cell(value) for value in values])
    return pa.table(columns), left


def column_of(name: str) -> str:
    """What the column ``name`` is called in a look-up, as Delta allows it."""
    return _FORBIDDEN.sub("_", name)


def _cell(value: Any) -> Any:
    """A scalar of Arrow; JSON of what is none."""
    if isinstance(value, datetime | date):
        return value
    found = plain(value)
    return msgspec.json.encode(found).decode() if isinstance(found, dict | list) else found


def _typed(values: list[Any]) -> pa.Array:
    try:
        found = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        found = pa.array([None if value is None else str(value) for value in values])
    if pa.types.is_null(found.type):
        return found.cast(pa.string())
    return found.cast(pa.timestamp("us", "UTC")) if pa.types.is_timestamp(found.type) else found
