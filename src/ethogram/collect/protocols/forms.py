"""Bodies that are forms, and values that are JSON or its base64: how browsers avoid a preflight."""

import base64
import binascii

import numpy as np

from ethogram.events.errors import Invalid, TooLarge

MOST_FIELDS = 64
MOST_VALUES = 1_000_000
"""More than six megabytes of events have; what has more was made to cost."""


def form(body: bytes) -> dict[str, bytes]:
    """The fields of a form; the last of several with one name. Raises `Invalid`.

    >>> form(b"data=%7B%7D&ip=1")
    {'data': b'{}', 'ip': b'1'}
    """
    parts = body.split(b"&", MOST_FIELDS)
    if len(parts) > MOST_FIELDS:
        raise Invalid("bad_form", f"A form has at most {MOST_FIELDS} fields.", at="$")
    pairs = [part.partition(b"=") for part in parts]
    return {
        unquoted(name).decode("utf-8", "replace"): unquoted(value.replace(b"+", b" "))
        for name, _, value in pairs
    }


def unquoted(text: bytes) -> bytes:
    """``text`` without its percent signs, in time that does not depend on how many there are.

    >>> unquoted(b"a%20%zz%C3%BC%4")
    b'a %zz\\xc3\\xbc%4'
    """
    if b"%" not in text:
        return text
    marks = np.frombuffer(text, np.uint8)
    at = np.flatnonzero(marks[:-2] == ord("%"))
    high, low = _DIGITS[marks[at + 1]], _DIGITS[marks[at + 2]]
    sound = (high < 16) & (low < 16)
    at = at[sound]
    said, kept = marks.copy(), np.ones(len(marks), bool)
    said[at] = high[sound] * 16 + low[sound]
    kept[at + 1] = kept[at + 2] = False
    return said[kept].tobytes()


def is_json(text: bytes) -> bool:
    """Whether ``text`` begins as an object or an array does."""
    return text.lstrip()[:1] in (b"{", b"[")


def json_or_base64(text: bytes) -> bytes:
    """JSON as it is, or what base64 of any kind says.

    A space was a plus that somebody forgot to escape. Raises `Invalid`, and `TooLarge` above
    `MOST_VALUES`.

    >>> json_or_base64(b"e30"), json_or_base64(b"[1]")
    (b'{}', b'[1]')
    """
    text = text.strip()
    if text and not is_json(text):
        text = _decoded(text)
    if text.count(b",") > MOST_VALUES:
        raise TooLarge(
            "too_many_values",
            f"A request has at most {MOST_VALUES:,} values.",
            hint="Send fewer events at a time.",
        )
    return text


def _decoded(text: bytes) -> bytes:
    digits = text.translate(_STANDARD).rstrip(b"=")
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True).strip()
    except binascii.Error:
        message = "The data is neither JSON nor base64."
        raise Invalid("bad_base64", message, at="$.data") from None


_STANDARD = bytes.maketrans(b" -_", b"++/")
_DIGITS = np.array([int(chr(i), 16) if chr(i) in "0123456789abcdefABCDEF" else 16
                    for i in range(256)], np.uint8)  # fmt: skip
