"""Bodies that are forms, and values that are JSON or its base64: how browsers avoid a preflight."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

from ethogram.events.errors import Invalid

MOST_FIELDS = 64


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
        unquote_to_bytes(name).decode("utf-8", "replace"): unquote_to_bytes(
            value.replace(b"+", b" ")
        )
        for name, _, value in pairs
    }


def is_json(text: bytes) -> bool:
    """Whether ``text`` begins as an object or an array does."""
    return text.lstrip()[:1] in (b"{", b"[")


def json_or_base64(text: bytes) -> bytes:
    """JSON as it is, or what base64 of any kind says.

    A space was a plus that somebody forgot to escape. Raises `Invalid`.

    >>> json_or_base64(b"e30"), json_or_base64(b"[1]")
    (b'{}', b'[1]')
    """
    text = text.strip()
    if not text or is_json(text):
        return text
    digits = text.translate(_STANDARD).rstrip(b"=")
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True).strip()
    except binascii.Error:
        raise Invalid("bad_base64", "The data is neither JSON nor base64.", at="$.data") from None


_STANDARD = bytes.maketrans(b" -_", b"++/")
