"""The master key of a workspace: made when it is made, kept outside its folder.

Whoever has the folder but not this key has no ids, no personal values and no proof. It comes
from ``ETHOGRAM_MASTER_KEY`` (64 hexadecimal digits), or from the file that
``ETHOGRAM_MASTER_KEY_FILE`` names, or else from ``ethogram/WORKSPACE.key`` in the user's
configuration folder.
"""

import os
from pathlib import Path

from ethogram.events.errors import Invalid, NotFound

KEY_BYTES = 32
LEAST_DISTINCT = 16
"""Different bytes in a key; a random one has fewer once in thirty million billion."""


def create(workspace: str) -> bytes:
    """The key for a new workspace: the environment's, or a random one written to its file.

    A key that stands there already is used: two processes may make a workspace at once.
    """
    given = os.environ.get("ETHOGRAM_MASTER_KEY")
    if given:
        return _decoded(given, "ETHOGRAM_MASTER_KEY")
    path = location(workspace)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = os.urandom(KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return load(workspace)
    os.write(descriptor, key.hex().encode())
    os.fsync(descriptor)
    os.close(descriptor)
    _sync(path.parent)
    return key


def load(workspace: str) -> bytes:
    """The key of an existing workspace. Raises `NotFound` where it is not on this machine."""
    given = os.environ.get("ETHOGRAM_MASTER_KEY")
    if given:
        return _decoded(given, "ETHOGRAM_MASTER_KEY")
    path = location(workspace)
    try:
        return _decoded(path.read_text(), str(path))
    except FileNotFoundError:
        raise NotFound(
            "no_master_key",
            "The master key of this workspace is not on this machine.",
            at=str(path),
            hint="Copy it here from where the workspace was made, or set ETHOGRAM_MASTER_KEY.",
        ) from None


def location(workspace: str) -> Path:
    """Where the key of ``workspace`` is looked for."""
    named = os.environ.get("ETHOGRAM_MASTER_KEY_FILE")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    base = Path(home) if home else Path.home() / ".config"
    return base / "ethogram" / f"{workspace}.key"


def _decoded(text: str, at: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Invalid(
            "bad_master_key",
            "A master key is 64 hexadecimal digits.",
            at=at,
            hint="Restore it from your backup of keys; a new one opens nothing old.",
        )
    if len(set(key)) < LEAST_DISTINCT:
        raise Invalid("known_master_key", "A master key is random; this one anybody could guess.",
                      at=at, hint="`openssl rand -hex 32` makes one.")  # fmt: skip
    return key


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
