"""JSON texts that are taken apart before they are understood, so that one bad part spoils no other.

msgspec does it where the whole is sound. Where it is not (nested too deep, half of a surrogate
pair, NaN), the outermost commas are found from the brackets and quotes alone.
"""

import re
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from ethogram.events.errors import Invalid, TooLarge

T = TypeVar("T")
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding JSON raises."""

MOST_EVENTS = 40_000
"""More than a megabyte holds of the smallest events; what has more was made to cost."""

_BLOCK = 1 << 20

_elements = msgspec.json.Decoder(list[msgspec.Raw])
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_escape = re.compile(rb"\\.", re.DOTALL)
_member = re.compile(rb'\s*"([^"\\]*)"\s*:(.*)', re.DOTALL)


def elements(array: bytes) -> list[bytes]:
    """The texts of an array's elements.

    Raises `Invalid` (``bad_json``) where it is none, `TooLarge` above `MOST_EVENTS`.
    """
    _check_count(array, b"[")
    try:
        return [bytes(raw) for raw in counted(_elements.decode(array))]
    except UNREADABLE as error:
        parts = _parts(array, b"[")
        if parts is None:
            raise bad_json(error) from None
        return counted(parts)


def members(object_: bytes) -> dict[str, bytes]:
    """The texts of an object's values; raises as `elements` does."""
    _check_count(object_, b"{")
    try:
        return {name: bytes(raw) for name, raw in _members.decode(object_).items()}
    except UNREADABLE as error:
        found = [_member.fullmatch(part) for part in _parts(object_, b"{") or ()]
        if not found or None in found:
            raise bad_json(error) from None
        return {each[1].decode("utf-8", "replace"): each[2].strip() for each in found if each}


def counted(events: list[T]) -> list[T]:
    """``events``, where a request may have so many. Raises `TooLarge`."""
    if len(events) > MOST_EVENTS:
        raise _too_many()
    return events


def _check_count(text: bytes, opening: bytes) -> None:
    """Raise `TooLarge` where ``text`` has too many parts, before anything is made of them."""
    if text.count(b",") >= MOST_EVENTS:
        cuts = _cuts(text.strip(), opening)
        if cuts is not None and len(cuts) >= MOST_EVENTS:
            raise _too_many()


def _too_many() -> TooLarge:
    return TooLarge(
        "too_many_events",
        f"A request has at most {MOST_EVENTS:,} events.",
        hint="Send fewer events at a time.",
    )


def bad_json(error: Exception) -> Invalid:
    """The error of a text that is not JSON."""
    return Invalid(
        "bad_json", f"{error}.", at="$", hint="Send JSON in UTF-8, without NaN or Infinity."
    )


def _parts(text: bytes, opening: bytes) -> list[bytes] | None:
    """What stands between the outermost commas; None where brackets or quotes do not close."""
    text = text.strip()
    cuts = _cuts(text, opening)
    if cuts is None:
        return None
    starts, ends = [0, *cuts.tolist()], [*cuts.tolist(), len(text) - 1]
    parts = [text[start + 1 : end].strip() for start, end in zip(starts, ends, strict=True)]
    return [] if parts == [b""] else parts


def _cuts(text: bytes, opening: bytes) -> npt.NDArray[np.int64] | None:
    """Where the outermost commas are; None where brackets or quotes do not close."""
    if text[:1] != opening:
        return None
    marks = np.frombuffer(_escape.sub(b"__", text), np.uint8)
    quotes, depth, found = 0, 0, list[npt.NDArray[np.int64]]()
    for start in range(0, len(marks), _BLOCK):
        block = marks[start : start + _BLOCK]
        quoted = np.cumsum(block == ord('"'), dtype=np.int32) + quotes
        outside = quoted % 2 == 0
        opens = outside & ((block == ord("[")) | (block == ord("{")))
        closes = outside & ((block == ord("]")) | (block == ord("}")))
        depths = np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int32) + depth
        quotes, depth = int(quoted[-1]), int(depths[-1])
        closed = np.flatnonzero(depths <= 0) + start
        if len(closed) and closed.tolist() != [len(marks) - 1]:
            return None
        found.append(np.flatnonzero(outside & (depths == 1) & (block == ord(","))) + start)
    return np.concatenate(found) if depth == 0 and quotes % 2 == 0 else None
