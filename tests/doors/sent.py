"""A request as a vendor's client sends it, and how clients write its parts."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KEY = "eg_write_" + "k" * 22
"""Stands for the write key until one is known."""


@dataclass(frozen=True)
class Sent:
    """A request; `KEY` in it stands for the key, and ``pack`` makes of the body what is sent."""

    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    method: str = "POST"
    pack: Callable[[bytes], bytes] = bytes

    def by(self, key: str) -> "Sent":
        """The request of one who has ``key``, packed."""
        headers = {name: _authorized(value, key) for name, value in self.headers.items()}
        body = self.pack(self.body.replace(KEY.encode(), key.encode()))
        return Sent(self.path.replace(KEY, key), body, headers, self.method)


def _authorized(value: str, key: str) -> str:
    if value.startswith("Basic "):
        return "Basic " + b64encode(value[6:].replace(KEY, key).encode() + b":").decode()
    return value.replace(KEY, key)


def text(value: Any) -> bytes:
    """``value`` as JSON, as most clients write it."""
    return json.dumps(value, ensure_ascii=False).encode()


def iso(at: datetime) -> str:
    """As browsers write times."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def millis(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)
