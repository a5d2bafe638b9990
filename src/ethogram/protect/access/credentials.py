"""Random words by which somebody is known: shown once, kept as their hash alone.

They are random in 256 bits, so that one round of SHA-256 hides them; passwords are another
matter (`passwords`).
"""

import secrets
from base64 import b32encode
from hashlib import sha256
from typing import Literal, TypeAlias

LONGEST = 100
"""Characters of a credential at most; what is longer is none."""

Kind: TypeAlias = Literal["token", "session", "invitation", "setup", "device"]


def made(kind: Kind) -> str:
    """A new credential, such as ``eg_token_…``: its prefix says to scanners of code what it is."""
    digits = b32encode(secrets.token_bytes(32)).decode().rstrip("=").lower()
    return f"eg_{kind}_{digits}"


def kind_of(said: str) -> str:
    """What ``said`` looks like: a `Kind`, ``read``, ``write``, or nothing.

    >>> kind_of("eg_read_abc"), kind_of("hello"), kind_of("eg_token_" + "a" * LONGEST)
    ('read', '', '')
    """
    if len(said) > LONGEST:
        return ""
    mark, _, rest = said.partition("_")
    kind, _, digits = rest.partition("_")
    return kind if mark == "eg" and digits else ""


def fingerprint(said: str) -> bytes:
    """By what a credential is found."""
    return sha256(said.encode("utf-8", "surrogatepass")).digest()


def short_id() -> str:
    """A random id that is no secret."""
    return secrets.token_hex(8)
