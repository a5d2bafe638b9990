"""The purposes of a project: what is asked for, in which words, and which other words mean it.

They are saved in the registry with all their versions. What holds now stands once more in a file
of the project's folder, for the process that accepts events.
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from ethogram.events.errors import Invalid

ANALYTICS = "analytics"
"""The purpose that every project has."""
_FILE = "purposes.json"


class ConsentPurpose(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What persons are asked for: the ``text`` that is shown to them.

    ``also`` are other words by which clients call it, such as ``ad_storage``. What is ``sharing``
    is given to others or sold: a browser that says `GPC` withdraws it.
    """

    text: str = ""
    also: tuple[str, ...] = ()
    sharing: bool = False

    @property
    def shown(self) -> str:
        """The SHA-256 of the text; empty where there is none."""
        return sha256(self.text.encode()).hexdigest() if self.text else ""


class InForce(msgspec.Struct, frozen=True):
    """The version of a purpose that holds, and the hash of its text."""

    version: int = 0
    shown: str = ""
    also: tuple[str, ...] = ()
    sharing: bool = False


Purposes: TypeAlias = Mapping[str, InForce]
BUILT_IN: Purposes = {ANALYTICS: InForce(also=("analytics_storage",))}


def purpose(body: bytes | str | Mapping[str, Any]) -> ConsentPurpose:
    """The purpose in ``body``, JSON or what it decodes to. Raises `Invalid` (``bad_purpose``)."""
    try:
        if isinstance(body, Mapping):
            return msgspec.convert(body, ConsentPurpose)
        return msgspec.json.decode(body, type=ConsentPurpose)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        message, _, at = str(error).partition(" - at ")
        raise Invalid("bad_purpose", f"{message}.", at=at.strip("`") or "$",
                      hint='Send {"text": "…", "also": ["ad_storage"], "sharing": false}.',
                      ) from None  # fmt: skip


def in_force(saved: Mapping[str, tuple[int, ConsentPurpose]]) -> Purposes:
    """What holds of the newest versions by name; `ANALYTICS` is always there."""
    made = {
        name: InForce(version, each.shown, each.also, each.sharing)
        for name, (version, each) in saved.items()
    }
    return {**BUILT_IN, **made}


def read(folder: Path) -> Purposes:
    """The purposes that hold in the project in ``folder``."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=dict[str, InForce])
    except FileNotFoundError:
        return BUILT_IN


def write(folder: Path, purposes: Purposes) -> None:
    """Have ``purposes`` hold, durably."""
    draft = folder / f"{_FILE}.{os.getpid()}"
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(purposes))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(file_of(folder))
    holder = os.open(folder, os.O_RDONLY)
    os.fsync(holder)
    os.close(holder)


def file_of(folder: Path) -> Path:
    """Where the purposes of the project in ``folder`` stand."""
    return folder / _FILE
