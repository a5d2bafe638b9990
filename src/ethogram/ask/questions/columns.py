"""The predicate language over a run's columns: one of its three evaluators."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.said import Bools, Test, held_by
from ethogram.ask.sequences.run import Column, Run, Tag
from ethogram.ask.sequences.within import walk
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


def holds(predicate: Predicate, run: Run, at: str = "$.where") -> Test:
    """``predicate`` made ready for ``run``: words are compared once, not once per event."""
    if predicate.all is not None:
        return _joined([holds(part, run, at) for part in predicate.all], np.logical_and, True)
    if predicate.any is not None:
        return _joined([holds(part, run, at) for part in predicate.any], np.logical_or, False)
    if predicate.not_ is not None:
        inner = holds(predicate.not_, run, at)
        return lambda first, last: ~inner(first, last)
    column = column_of(run, predicate.property or "")
    if column is None:
        return lambda first, last: np.zeros(last - first, np.bool_)
    own = compared(column, predicate, at)
    return own if predicate.of == "event" else held_by(run, column, own, predicate.of)


def column_of(run: Run, name: str | tuple[str, ...]) -> Column | None:
    """The column of a property; for a path, what its JSON objects hold there."""
    if isinstance(name, str):
        return run.properties.get(name)
    top, *below = name
    return facts_of(run).within(name) if below else run.properties.get(top)


def names_beside(words: Iterable[str], path: tuple[str, ...]) -> list[str] | None:
    """None where one of the JSON values ``words`` of ``path[0]`` has something at ``path``.

    Else what they have instead, as far down as any of them goes, with dots between the names.
    """
    beside: dict[int, set[str]] = {}
    for word in words:
        here = walk(word, ())
        for depth, name in enumerate(path[1:], 1):
            if not isinstance(here, dict):
                break
            if name not in here:
                beside.setdefault(depth, set()).update(cast("dict[str, Any]", here))
                break
            here = here[name]
        else:
            return None
    depth = max(beside, default=0)
    return [".".join((*path[:depth], name)) for name in beside.get(depth, ())]


def _joined(tests: list[Test], join: np.ufunc, empty: bool) -> Test:
    if len(tests) == 1:
        return tests[0]

    def joined(first: int, last: int) -> Bools:
        result = np.full(last - first, empty)
        for each in tests:
            join(result, each(first, last), out=result)
        return result

    return joined


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
        among = _joined([_against(column, "=", each) for each in values], np.logical_or, False)
        return among if op in ("=", "in") else _other(column, among)
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


def _other(column: Column, equal: Test) -> Test:
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
