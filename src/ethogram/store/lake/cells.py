"""Values of one type and the rows they stand in, which become a column."""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from ethogram.store.lake.schema import TYPES, Tag

TAG: dict[type, Tag] = {
    bool: "flag",
    int: "number",
    float: "number",
    str: "text",
    list: "json",
    dict: "json",
    type(None): "null",
}
"""By the type of a value that JSON decoded to."""

_encode = msgspec.json.Encoder().encode


class Cells:
    """The values of one property and type, and the rows they stand in."""

    def __init__(self, tag: Tag) -> None:
        self.tag: Tag = tag
        self.rows: list[int] = []
        self.values: list[Any] = []

    def put(self, row: int, value: Any) -> None:
        """Have ``value`` stand in ``row``, which comes after those before."""
        self.rows.append(row)
        self.values.append(value)


def filled(cells: Cells, rows: int) -> pa.Array:
    """An array of ``rows`` slots with the cells' values in theirs."""
    values = _array(cells)
    if len(values) == rows:
        return values
    slots = np.zeros(rows, np.int64)
    empty = np.ones(rows, np.bool_)
    slots[cells.rows] = np.arange(len(values))
    empty[cells.rows] = False
    return values.take(pa.array(slots, mask=empty))


def _array(cells: Cells) -> pa.Array:
    values = cells.values
    if cells.tag == "number":
        values = _floats(values)
    elif cells.tag == "json":
        values = [_encode(value) for value in values]
    elif cells.tag == "null":
        values = np.ones(len(values), np.bool_)
    return pa.array(values, TYPES[cells.tag])


def _floats(values: list[int | float]) -> Any:
    """The nearest float64 of each; an integer beyond them all is infinite, as IEEE 754 rounds."""
    try:
        return np.array(values, np.float64)
    except OverflowError:
        return np.array([_float(value) for value in values])


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
