"""Shredded properties of an Arrow table become property columns: a tag and a number per event."""

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.sequences.run import Column, Tag
from ethogram.events.event import Json
from ethogram.store.lake.schema import property_of

NO_WORDS = pa.array([], pa.string())
_NARROW = (np.int8, np.int16, np.int32)


def properties_of(table: pa.Table) -> dict[str, Column]:
    """Every property that has a value in ``table``; rows as they stand there."""
    found: dict[str, dict[Tag, pa.Array]] = {}
    for column in table.column_names:
        held = property_of(column)
        if held and table[column].null_count < len(table):
            found.setdefault(held[0], {})[Tag[held[1].upper()]] = table[column].combine_chunks()
    return {name: _column(typed, len(table)) for name, typed in found.items()}


def texts(words: pa.Array) -> Column:
    """A column of texts, null where there is none."""
    return _column({Tag.TEXT: words}, len(words))


def _column(typed: Mapping[Tag, pa.Array], rows: int) -> Column:
    tags, values = np.zeros(rows, np.uint8), np.zeros(rows)
    words = NO_WORDS
    for tag, array in typed.items():
        there = array.is_valid().to_numpy(zero_copy_only=False)
        if tag in (Tag.TEXT, Tag.JSON):
            words, numbers = _encode(words, array)
        elif tag is Tag.NULL:
            there = array.fill_null(False).to_numpy(zero_copy_only=False)
            numbers = values
        else:
            numbers = pc.fill_null(array.cast(pa.float64()), 0.0).to_numpy()
        tags[there] = tag
        values[there] = numbers[there]
    return Column(tags, narrow(values), words)


def _encode(words: pa.StringArray, array: pa.Array) -> tuple[pa.StringArray, npt.NDArray[np.int64]]:
    """``words`` with those of ``array`` added, and each row's index in them."""
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    both, (_, table) = unite([words, encoded.dictionary.cast(pa.string())])
    indices = encoded.indices.fill_null(0).to_numpy()
    return both, table[indices] if len(table) else np.zeros(len(array), np.int64)


def unite(lists: list[pa.StringArray]) -> tuple[pa.StringArray, list[npt.NDArray[np.int64]]]:
    """All words of ``lists``, each once, and for every list where its words stand there."""
    united = pa.concat_arrays(lists).dictionary_encode()
    ends = np.cumsum([len(words) for words in lists])
    return united.dictionary, np.split(united.indices.to_numpy().astype(np.int64), ends[:-1])


def narrow(values: npt.NDArray[np.float64]) -> npt.NDArray[np.generic]:
    """``values`` in the narrowest of int8, int16, int32 and float64 that holds them exactly.

    >>> narrow(np.array([1.0, 300.0])).dtype, narrow(np.array([0.5])).dtype
    (dtype('int16'), dtype('float64'))
    """
    if len(values) and not np.all(values == np.rint(values)):
        return values
    low, high = (values.min(), values.max()) if len(values) else (0.0, 0.0)
    for dtype in _NARROW:
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return values.astype(dtype)
    return values


def index_dtype(words: int) -> npt.DTypeLike:
    """The narrowest dtype that can index ``words`` words."""
    return next(dtype for dtype in _NARROW if words <= np.iinfo(dtype).max)


def value_at(column: Column, i: int) -> Json:
    """The value of one event as it was sent; UNSET where it has none."""
    tag, value = Tag(int(column.tags[i])), float(column.values[i].item())
    match tag:
        case Tag.MISSING:
            return msgspec.UNSET
        case Tag.NULL:
            return None
        case Tag.FLAG:
            return bool(value)
        case Tag.NUMBER:
            return int(value) if value.is_integer() else value
        case Tag.TEXT:
            return column.words[int(value)].as_py()
        case Tag.JSON:
            return msgspec.json.decode(column.words[int(value)].as_py())
