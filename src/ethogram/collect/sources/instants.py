"""Whole columns of times become instants; the rules are those of `ethogram.events.times`."""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

import re
from datetime import datetime
from enum import IntEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.sources.cells import whole_cast
from ethogram.events.errors import Invalid
from ethogram.events.times import EARLIEST, LATEST, SECOND, parse

Int64s: TypeAlias = npt.NDArray[np.int64]
Found: TypeAlias = tuple[Int64s, npt.NDArray[np.uint8]]

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DIGITS = 18
"""A longer number is out of range, and may be too long for an integer."""
_BASIC_DATE = re.compile(r"\d{8}")


class Time(IntEnum):
    """What became of one value."""

    GOOD = 0
    MISSING = 1
    BAD = 2
    OUT_OF_RANGE = 3


def instants(values: pa.Array, zone: str | None = None) -> Found:
    """Microseconds since 1970 and a `Time` for each value of text, number, date or timestamp.

    Text is ISO 8601, with or without a zone, or a Unix time; eight digits are a date
    (``20060407``). A column of one form is read as a whole, a mixed one value by value. What has
    no zone is of ``zone``, or UTC; of an hour that comes twice the first is meant, and one that
    is left out is the moment at which it is.
    """
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return _texts(values, zone)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _unix(values)
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        known = values.type.tz if pa.types.is_timestamp(values.type) else None
        exact = values.cast(pa.timestamp("us", known), safe=False)
        return _checked(exact if known else _zoned(exact, zone))
    states = np.where(np.asarray(values.is_null()), Time.MISSING, Time.BAD)
    return np.zeros(len(values), np.int64), states.astype(np.uint8)


def _texts(values: pa.Array, zone: str | None) -> Found:
    for kind in (pa.int64(), pa.timestamp("us"), pa.timestamp("us", "UTC")):
        cast = whole_cast(values, kind)
        if cast is None:
            continue
        if kind != pa.int64():
            return _checked(cast if kind.tz else _zoned(cast, zone))
        if not _has_basic_dates(cast):
            return _unix(cast)
    return _one_by_one(values, zone)


def _zoned(naive: pa.Array, zone: str | None) -> pa.Array:
    if zone is None:
        return naive
    return pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")


def _has_basic_dates(numbers: pa.Array) -> bool:
    return bool(pc.any(pc.and_(pc.greater_equal(numbers, 10**7), pc.less(numbers, 10**8))).as_py())


def _unix(values: pa.Array) -> Found:
    missing = np.asarray(values.is_null())
    exact = pa.types.is_signed_integer(values.type)
    kind = pa.int64() if exact else pa.float64()
    numbers = np.asarray(values.fill_null(0).cast(kind, safe=False))
    size = np.abs(numbers.astype(np.float64))
    scale = np.where(size < 1e11, SECOND, np.where(size < 1e14, 1000, 1))
    known = size < 1e18
    scaled = np.where(known, numbers, 0) * scale
    found = np.where(known, scaled if exact else np.rint(scaled), LATEST).astype(np.int64)
    return _ranged(found, missing)


def _checked(exact: pa.Array) -> Found:
    return _ranged(np.asarray(exact.cast(pa.int64()).fill_null(0)), np.asarray(exact.is_null()))


def _ranged(found: Int64s, missing: npt.NDArray[np.bool_]) -> Found:
    outside = (found < EARLIEST) | (found >= LATEST)
    states = np.where(missing, Time.MISSING, np.where(outside, Time.OUT_OF_RANGE, Time.GOOD))
    return found, states.astype(np.uint8)


def _one_by_one(values: pa.Array, zone: str | None) -> Found:
    encoded = values.dictionary_encode()
    read = [_one(text, zone) for text in encoded.dictionary.to_pylist()]
    index = np.asarray(encoded.indices.fill_null(len(read)))
    read.append((0, Time.MISSING))
    return (
        np.array([instant for instant, _ in read], np.int64)[index],
        np.array([state for _, state in read], np.uint8)[index],
    )


def _one(text: str, zone: str | None) -> tuple[int, Time]:
    unix = _NUMBER.fullmatch(text) and not _BASIC_DATE.fullmatch(text)
    whole = "." not in text and len(text) <= _DIGITS
    try:
        if unix:
            return parse(int(text) if whole else float(text)), Time.GOOD
        return parse(_local(text, zone) if zone else text), Time.GOOD
    except Invalid as error:
        return 0, Time.OUT_OF_RANGE if error.code == "time_out_of_range" else Time.BAD


def _local(text: str, zone: str) -> str | datetime:
    """The time of the text, in ``zone`` where it says none; the text where it is no time."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return text
    return said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone))
