"""Where events wait unless somebody says otherwise."""

import os
from hashlib import blake2b
from pathlib import Path


def outbox_folder(url: str, key: str) -> Path:
    """A folder for this server and project, below the user's state folder."""
    name = blake2b(f"{url}\n{key}".encode(), digest_size=8).hexdigest()
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "ethogram" / "outbox" / name
