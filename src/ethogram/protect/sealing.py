"""Personal values become one encrypted blob an event, under the person's own key.

Destroying that key makes every blob of the person unreadable at once, wherever it was copied.
"""

from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag

from ethogram.events.errors import Broken, NotFound
from ethogram.events.event import Json
from ethogram.protect.keyring import NONCE_BYTES
from ethogram.protect.vault import Vault

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def seal(vault: Vault, person: int, event_id: str, values: dict[str, Json], nonce: bytes) -> bytes:
    """``values`` encrypted under the key of ``person``, bound to the event.

    ``nonce`` is one of `nonces`, used for nothing else.
    """
    return nonce + vault.cipher(person).encrypt(nonce, _encode(values), event_id.encode())


def unseal(vault: Vault, person: int, event_id: str, sealed: bytes) -> dict[str, Json]:
    """What `seal` was given.

    Raises `NotFound` where the person's key was destroyed, `Broken` where the blob was changed.
    """
    cipher = vault.kept_cipher(person)
    if cipher is None:
        raise NotFound("erased", "The person was erased; what was sealed is gone for good.")
    try:
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return _decode(cipher.decrypt(nonce, text, event_id.encode()))
    except InvalidTag:
        raise Broken(
            "seal_changed", "A sealed value is not what was sealed.", at=event_id
        ) from None
