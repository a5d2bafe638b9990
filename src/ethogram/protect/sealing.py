"""Personal values become one encrypted blob an event, under the person's own key.

Destroying that key makes every blob of the person unreadable at once, wherever it was copied.
"""

from typing import Any, Literal, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag

from ethogram.events.errors import Broken, NotFound
from ethogram.events.event import Json
from ethogram.events.profile import without_changes
from ethogram.protect.keyring import NONCE_BYTES, nonces
from ethogram.protect.vault import Vault

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


Part: TypeAlias = Literal["event", "proof"]
"""What is sealed: an event's own values, or the proof of a consent that it said."""


def seal(
    vault: Vault,
    person: int,
    event_id: str,
    values: dict[str, Json],
    nonce: bytes,
    *,
    part: Part = "event",
) -> bytes:
    """``values`` encrypted under the key of ``person``, bound to the event and the part of it.

    ``nonce`` is one of `nonces`, used for nothing else.
    """
    return nonce + vault.cipher(person).encrypt(nonce, _encode(values), _bound(part, event_id))


def unseal(
    vault: Vault, person: int, event_id: str, sealed: bytes, *, part: Part = "event"
) -> dict[str, Json]:
    """What `seal` was given.

    Raises `NotFound` where the person's key was destroyed, `Broken` where the blob was changed.
    """
    cipher = vault.kept_cipher(person)
    if cipher is None:
        raise NotFound("erased", "The person was erased; what was sealed is gone for good.")
    try:
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return _decode(cipher.decrypt(nonce, text, _bound(part, event_id)))
    except InvalidTag:
        raise Broken(
            "seal_changed", "A sealed value is not what was sealed.", at=event_id
        ) from None


def resealed(vault: Vault, person: int, event_id: str, text: bytes, name: str) -> bytes | None:
    """What is sealed of an event without its property ``name``; None where nothing is left.

    Who was erased has no key any more, and what nobody can read stays as it is.
    """
    if vault.kept_cipher(person) is None:
        return text
    values = unseal(vault, person, event_id, text)
    left = without_property(values, name)
    if left == values:
        return text
    return seal(vault, person, event_id, left, nonces(1)[0]) if left else None


def _bound(part: Part, event_id: str) -> bytes:
    return f"{part}/{event_id}".encode()


def without_property(values: dict[str, Json], name: str) -> dict[str, Json]:
    """What was sealed of an event without its property, and what changes it of the profile."""
    left = dict(values)
    if name in values.get("properties", {}):
        left["properties"] = {k: v for k, v in values["properties"].items() if k != name}
    if "extra" in values:
        left["extra"] = without_changes(values["extra"], name)
    return {part: said for part, said in left.items() if said}
