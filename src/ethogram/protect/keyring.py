"""The keys of one project, all derived from one secret that the master key wraps.

Changing the master key wraps the secret anew and touches nothing else.
"""

import hmac
import os
from base64 import b32encode
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b, sha256
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethogram.events.errors import Broken

NONCE_BYTES = 12
Scope = Literal["write", "read"]


class Keyring:
    """A purpose's key is HMAC-SHA-256 of the purpose under the project's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._access: dict[str, bytes] = {}
        self._dedup = blake2b(digest_size=16, key=self.key("dedup"))
        self.chain = self.key("chain")
        self.lookup = self.key("lookup")

    def key(self, purpose: str) -> bytes:
        """The 32 bytes for ``purpose``."""
        return hmac.digest(self._secret, purpose.encode(), sha256)

    def access(self, scope: Scope) -> str:
        """The key that a client sends to write, or to read."""
        digits = b32encode(self.key(f"access/{scope}")[:20]).decode().lower()
        return f"eg_{scope}_{digits}"

    def permits(self, key: str, scope: Scope) -> bool:
        """Whether ``key`` is the one for ``scope``."""
        known = self._access.get(scope)
        if known is None:
            known = self._access[scope] = self.access(scope).encode()
        return hmac.compare_digest(key.encode(), known)

    def dedup_keys(self, source: str, said: Iterable[str]) -> list[bytes]:
        """The 16 bytes under which each event of ``source`` is known by the client's own key."""
        begun = self._dedup.copy()
        begun.update(f"{source}\0".encode())
        keys: list[bytes] = []
        for key in said:
            keyed = begun.copy()
            keyed.update(key.encode("utf-8", "surrogatepass"))
            keys.append(keyed.digest())
        return keys


def nonces(count: int) -> list[bytes]:
    """So many random nonces; the kernel is asked once."""
    noise = os.urandom(NONCE_BYTES * count)
    return [noise[i : i + NONCE_BYTES] for i in range(0, len(noise), NONCE_BYTES)]


def wrap(cipher: AESGCM, secret: bytes, purpose: str) -> bytes:
    """``secret`` encrypted for ``purpose`` (AES-256-GCM: nonce, ciphertext, tag)."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, secret, purpose.encode())


def unwrap(cipher: AESGCM, wrapped: bytes, purpose: str) -> bytes:
    """What `wrap` was given. Raises `Broken` where the cipher has another key."""
    try:
        return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], purpose.encode())
    except InvalidTag:
        raise Broken(
            "wrong_key",
            "This key does not open what was sealed.",
            at=purpose,
            hint="The workspace was made with another master key.",
        ) from None


def unwrap_by_any(masters: Sequence[bytes], wrapped: bytes, purpose: str) -> bytes:
    """What `wrap` was given by one of ``masters``. Raises `Broken` where it was another."""
    for master in masters[:-1]:
        with suppress(Broken):
            return unwrap(AESGCM(master), wrapped, purpose)
    return unwrap(AESGCM(masters[-1]), wrapped, purpose)
