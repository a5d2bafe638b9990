"""What the cells of a CSV column are: numbers, flags or text, told by all of them."""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.store.lake.schema import Tag, column_name

CellType: TypeAlias = Literal["empty", "number", "flag", "text"]

EXACT = 2**53
"""From here on a float64 no longer tells whole numbers apart."""
_TRIED = 32
_ODD_NUMBER = r"^-?0[0-9]|^\+|\.$"
_FLAGS = ("true", "false", "True", "False", "TRUE", "FALSE")


def cell_type(values: pa.StringArray, before: CellType = "empty") -> CellType:
    """The type of a column whose cells so far were ``before`` and go on with ``values``.

    A column is of numbers only if no cell would lose by it: leading zeros, ``NaN`` and whole
    numbers that float64 cannot tell apart make it text.

    >>> cell_type(pa.array(["1", None, "-2.5"])), cell_type(pa.array(["1", "007"]))
    ('number', 'text')
    """
    if before == "text" or values.null_count == len(values):
        return before
    if before in ("empty", "number") and _are_numbers(values):
        return "number"
    if (
        before in ("empty", "flag")
        and pc.all(pc.is_in(values.drop_null(), pa.array(_FLAGS))).as_py()
    ):
        return "flag"
    return "text"


def _are_numbers(values: pa.StringArray) -> bool:
    numbers = whole_cast(values, pa.float64())
    if numbers is None:
        return False
    size = np.abs(np.asarray(numbers.drop_null()))
    if not np.isfinite(size).all() or _has_odd_spelling(values):
        return False
    large = values.drop_null().filter(pa.array(size >= EXACT))
    return not pc.any(pc.match_substring_regex(large, r"^-?[0-9]+$")).as_py()


def whole_cast(values: pa.StringArray, kind: pa.DataType) -> pa.Array | None:
    """The values as ``kind``, or None if some value is not one.

    A few are tried first, since Arrow makes an error for every value that it cannot cast.
    """
    try:
        values.drop_null()[:_TRIED].cast(kind)
        return values.cast(kind)
    except pa.ArrowInvalid:
        return None


def _has_odd_spelling(values: pa.StringArray) -> bool:
    """Whether some number is written as Arrow reads it but JSON would not, as 007 or +5."""
    suspects = values.filter(
        pc.or_(
            pc.or_(pc.starts_with(values, "0"), pc.starts_with(values, "-0")),
            pc.or_(pc.starts_with(values, "+"), pc.ends_with(values, ".")),
        )
    )
    return bool(pc.any(pc.match_substring_regex(suspects, _ODD_NUMBER)).as_py())


def as_type(name: str, texts: pa.StringArray, kind: Tag) -> dict[str, pa.Array]:
    """The columns of a property that is of ``kind``: its own, and one of the texts that are not.

    >>> [*as_type("price", pa.array(["1", "?"]), "number")]
    ['p_price_number', 'p_price_text']
    """
    if kind == "text":
        return {column_name(name, "text"): texts}
    good = pc.match_substring_regex(texts, _SPELLED[kind])
    fitting = pc.if_else(good, texts, pa.scalar(None, pa.string()))
    typed = fitting.cast(pa.float64()) if kind == "number" else pc.is_in(fitting, pa.array(_TRUE))
    if kind == "flag":
        typed = pc.if_else(fitting.is_valid(), typed, pa.scalar(None, pa.bool_()))
    found = {column_name(name, kind): typed}
    others = pc.if_else(good, pa.scalar(None, pa.string()), texts)
    return (
        found if others.null_count == len(others) else found | {column_name(name, "text"): others}
    )


_SPELLED = {
    "number": r"^-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][-+]?[0-9]{1,2})?$",
    "flag": r"^(?:true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|1|0)$",
}
_TRUE = ("true", "True", "TRUE", "yes", "Yes", "YES", "1")
