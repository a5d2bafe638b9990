"""Passwords, kept as their argon2id hash."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ethogram.events.errors import Invalid

SHORTEST, LONGEST = 10, 1000
_HASHER = PasswordHasher()
_AT_ONCE = BoundedSemaphore(2)
"""A hash takes 64 MiB."""


def hashed(password: str) -> str:
    """The hash to keep. Raises `Invalid` for a password that is too short, or endless."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid("bad_password", f"A password has {SHORTEST} to {LONGEST:,} characters.",
                      at="$.password", hint="Several words are good ones.")  # fmt: skip
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one; as slow where there is none to compare with."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _nobodys(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("")
