"""The master key of a workspace: made when it is made, kept outside its folder.

Whoever has the folder but not this key has no ids, no personal values and no proof. It comes
from ``ETHOGRAM_MASTER_KEY`` (64 hexadecimal digits), or from the file that
``ETHOGRAM_MASTER_KEY_FILE`` names, or else from ``ethogram/WORKSPACE.key`` in the user's
configuration folder. The file has the digits, or the key as a key service wrapped it (`kms`).

While keys are rotated there are two, the new one first: in the file a line each, in the
environment parted by a comma.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import msgspec

from ethogram.events.errors import Invalid, NotFound
from ethogram.protect.kms import Kms, decrypted, encrypted, from_environment

KEY_BYTES = 32
LEAST_DISTINCT = 16
"""Different bytes in a key; a random one has fewer once in thirty million billion."""
Keys: TypeAlias = tuple[bytes, ...]
"""The first one wraps; what a rotation has not reached yet is opened by the second."""


class Wrapped(msgspec.Struct, frozen=True):
    """What the file holds where a key service wraps the keys."""

    kms: Kms
    wrapped: tuple[bytes, ...]


_decode = msgspec.json.Decoder(Wrapped).decode


def create(workspace: str) -> None:
    """Make the key of a new workspace, unless the environment has it.

    A key that stands there already is used: two processes may make a workspace at once.
    """
    if given():
        return
    path = location(workspace)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    os.write(descriptor, os.urandom(KEY_BYTES).hex().encode())
    os.fsync(descriptor)
    os.close(descriptor)
    _sync(path.parent)


def load(workspace: str) -> Keys:
    """The keys of an existing workspace, as they are now.

    Raises `NotFound` where they are not on this machine, `Broken` where the key service does not
    open them.
    """
    if found := given():
        return found
    path = location(workspace)
    text = _read(path)
    if text.startswith(b"{"):
        return _unwrapped(text, os.environ.get("ETHOGRAM_KMS_DECRYPT", ""))
    lines = text.decode("latin-1").split() or [""]
    return tuple(_decoded(line, str(path)) for line in lines)


def given() -> Keys:
    """The keys that the environment has; none where it leaves that to the file."""
    said = os.environ.get("ETHOGRAM_MASTER_KEY", "")
    return tuple(_decoded(each, "ETHOGRAM_MASTER_KEY") for each in filter(None, said.split(",")))


def kms_of(workspace: str) -> Kms | None:
    """The key service that wraps the keys in the file; None where they lie there as they are."""
    text = _read(location(workspace))
    return from_environment(_wrapped(text).kms) if text.startswith(b"{") else None


def keep(workspace: str, keys: Keys, kms: Kms | None) -> None:
    """Write ``keys`` in place of what the file holds, wrapped by ``kms`` if there is one.

    The file has the old or the new, whatever happens. Raises `Broken` as `kms.encrypted` does.
    """
    if kms is None:
        text = "\n".join(key.hex() for key in keys).encode()
    else:
        text = msgspec.json.encode(Wrapped(kms, tuple(encrypted(kms, key) for key in keys)))
    path = location(workspace)
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
    _sync(path.parent)


def location(workspace: str) -> Path:
    """Where the key of ``workspace`` is looked for."""
    named = os.environ.get("ETHOGRAM_MASTER_KEY_FILE")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    base = Path(home) if home else Path.home() / ".config"
    return base / "ethogram" / f"{workspace}.key"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            "no_master_key",
            "The master key of this workspace is not on this machine.",
            at=str(path),
            hint="Copy it here from where the workspace was made, or set ETHOGRAM_MASTER_KEY.",
        ) from None


@lru_cache(1)
def _unwrapped(text: bytes, _: str) -> Keys:
    """The keys in a file; its service is asked once, and anew where another one is named."""
    found = _wrapped(text)
    kms = from_environment(found.kms)
    return tuple(decrypted(kms, each) for each in found.wrapped)


def _wrapped(text: bytes) -> Wrapped:
    try:
        return _decode(text)
    except msgspec.DecodeError as error:
        raise _bad(f"The file of the master key cannot be read: {error}.", "") from None


def _decoded(text: str, at: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise _bad("A master key is 64 hexadecimal digits.", at)
    if len(set(key)) < LEAST_DISTINCT:
        raise Invalid("known_master_key", "A master key is random; this one anybody could guess.",
                      at=at, hint="`openssl rand -hex 32` makes one.")  # fmt: skip
    return key


def _bad(message: str, at: str) -> Invalid:
    hint = "Restore it from your backup of keys; a new one opens nothing old."
    return Invalid("bad_master_key", message, at=at, hint=hint)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
