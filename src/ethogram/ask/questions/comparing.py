"""One comparison over the values of a column: the ground of the predicate language."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.questions.said import Bools, Test
from ethogram.ask.sequences.run import Column, Tag
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

_COMPARE = {
    "=": "equal",
    ">": "greater",
    ">=": "greater_equal",
    "<": "less",
    "<=": "less_equal",
}
_NUMERIC = {
    "=": np.equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
}


def compared(column: Column, predicate: Predicate, at: str = "$.where") -> Test:
    """One comparison, made ready for the values of ``column``."""
    op, value = predicate.op, predicate.value
    if op == "exists":
        return lambda first, last: column.tags[first:last] > Tag.NULL
    if op == "is_null":
        return lambda first, last: column.tags[first:last] == Tag.NULL
    if op in ("contains", "matches"):
        return _by_word(column, _search(column.words, op, str(value), at))
    if op in ("=", "in", "!=", "not_in"):
        values = value if isinstance(value, tuple) else (value,)
        among = joined([_against(column, "=", each) for each in values], np.logical_or, False)
        return among if op in ("=", "in") else other(column, among)
    return _against(column, op, value)


def _against(column: Column, op: str, value: Any) -> Test:
    """One comparison with one value: it holds only between values of one type."""
    if isinstance(value, str):
        return _by_word(column, _mask(pc.call_function(_COMPARE[op], [column.words, value])))
    tag, compare = Tag.of(value), _NUMERIC[op]
    number = float(value or 0)
    return lambda first, last: (
        (column.tags[first:last] == tag) & compare(column.values[first:last], number)
    )


def other(column: Column, equal: Test) -> Test:
    """A value is there, of whatever type, and is not ``equal``."""
    return lambda first, last: (column.tags[first:last] > Tag.NULL) & ~equal(first, last)


def _by_word(column: Column, holds: Bools) -> Test:
    """A text is looked up by its word's index, once per event."""
    table = np.append(holds, False)

    def looked_up(first: int, last: int) -> Bools:
        text = column.tags[first:last] == Tag.TEXT
        values: npt.NDArray[Any] = column.values[first:last]
        if np.issubdtype(values.dtype, np.integer):
            return text & table.take(values, mode="clip")
        word = np.where(text, values, len(table) - 1)
        return table[word.astype(np.intp, copy=False)]

    return looked_up


def _search(words: pa.StringArray, op: str, pattern: str, at: str) -> Bools:
    kind = "match_substring" if op == "contains" else "match_substring_regex"
    try:
        return _mask(pc.call_function(kind, [words], pc.MatchSubstringOptions(pattern)))
    except pa.ArrowInvalid as error:
        raise Invalid(
            "bad_pattern",
            f"{pattern[:64]!r} is not an RE2 pattern: {error}",
            at=f"{at}.value",
            hint="RE2 has no look-around and no back-references.",
        ) from None


def _mask(found: Any) -> Bools:
    return found.to_numpy(zero_copy_only=False).astype(np.bool_)


def joined(tests: list[Test], join: np.ufunc, empty: bool) -> Test:
    """Several tests as one."""
    if len(tests) == 1:
        return tests[0]

    def test(first: int, last: int) -> Bools:
        result = np.full(last - first, empty)
        for each in tests:
            join(result, each(first, last), out=result)
        return result

    return test
