"""What was erased: kept with the vault, and once more beside the master key.

A backup of the folder that is put back knows nothing of what was erased since. What stands beside
the key does, and is erased again before anything is served. Both have internal ids only.
"""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ethogram.events.erasure import Erasure, Said, Struck, outdone
from ethogram.events.event import Recorded

_encode = msgspec.json.Encoder().encode


class _Line(msgspec.Struct, frozen=True):
    project: str
    erasure: Erasure


_decode = msgspec.json.Decoder(_Line).decode


@dataclass(frozen=True)
class Remembered:
    """The erasures of one ``project`` in ``file``, a JSON document a line; projects share it."""

    file: Path
    project: str

    def add(self, erasure: Erasure) -> None:
        """Write ``erasure`` down; durable when this returns."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.file.open("ab") as file:
            file.write(b"\n" + _encode(_Line(self.project, erasure)))
            file.flush()
            os.fsync(file.fileno())

    def all(self) -> list[Erasure]:
        """What was written down; a last line that a power cut took half of is passed over."""
        try:
            lines = self.file.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [said.erasure for said in map(_line, lines) if said and said.project == self.project]


def _line(text: bytes) -> _Line | None:
    try:
        return _decode(text)
    except msgspec.MsgspecError:
        return None


@dataclass(frozen=True)
class Unseen:
    """What the erasures ``said``, each at a position of the log, hide of log entries."""

    said: tuple[Said, ...] = ()

    def without(self, position: int, event: Recorded) -> Recorded | None:
        """What may be seen of an event at ``position``; None for nothing of it."""
        if event.person in self.nodes:
            return None
        for struck in self.struck:
            if position >= struck.position or not _meets(struck, event):
                continue
            if struck.property is None:
                return None
            kept = {k: v for k, v in event.properties.items() if k != struck.property}
            event = replace(event, properties=kept)
        return event

    def letter(self, position: int) -> bool:
        """Whether the dead letter at ``position`` is not to be seen."""
        return position in self._letters

    @cached_property
    def nodes(self) -> frozenset[int]:
        """Those whose events are not to be seen."""
        whole = (erasure for _, erasure in self.said if erasure.whole and erasure.events)
        return frozenset(node for erasure in whole for node in erasure.nodes)

    @cached_property
    def _letters(self) -> frozenset[int]:
        said = ((at, letter) for at, erasure in self.said for letter in erasure.letters)
        return frozenset(letter for at, letter in said if letter < at)

    @cached_property
    def struck(self) -> tuple[Struck, ...]:
        """What of nodes that stay is not to be seen."""
        return outdone(
            each for position, erasure in self.said for each in struck(erasure, position)
        )


def struck(erasure: Erasure, position: int) -> list[Struck]:
    """What ``erasure``, said at ``position`` of the log, strikes out, where no person goes."""
    some = erasure.some
    if some is None:
        return []
    return [Struck(position, node, *some) for node in erasure.nodes or (None,)]


def _meets(struck: Struck, event: Recorded) -> bool:
    return (
        struck.node in (None, event.person)
        and (struck.since is None or event.timestamp >= struck.since)
        and (struck.until is None or event.timestamp < struck.until)
        and struck.event in (None, event.event)
    )
