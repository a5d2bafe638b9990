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
from ethogram.events.errors import Busy
from ethogram.events.event import Instant, Recorded
from ethogram.events.profile import without_changes

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

    def ready(self) -> None:
        """Have the file, which its owner alone may read. Raises `Busy` where it is not writable."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self.file.exists():
                os.close(os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600))
                folder = os.open(self.file.parent, os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)
            self.file.open("ab").close()
        except OSError as error:
            raise Busy("no_memory_of_erasures", f"What is erased cannot be written down: {error}.",
                       at=str(self.file), hint="Backups that are put back are erased again by this "
                       "file beside the master key: make it writable.") from None  # fmt: skip

    def add(self, erasure: Erasure) -> None:
        """Write ``erasure`` down; durable when this returns. Raises as `ready` does."""
        self.ready()
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
        for each in self.struck:
            if not each.meets(position, event.person, event.timestamp, event.event):
                continue
            if each.property is None:
                return None
            kept = {name: said for name, said in event.properties.items() if name != each.property}
            extra = without_changes(event.extra, each.property)
            event = replace(event, properties=kept, extra=extra)
        return event

    def sealed(self, position: int, node: int, at: Instant, event: str) -> frozenset[str]:
        """The properties that are not to be seen of what is sealed in an event of ``node``."""
        return frozenset(
            each.property for each in self.struck
            if each.property is not None and not each.open_only
            and each.meets(position, node, at, event)
        )  # fmt: skip

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
    nodes = erasure.nodes or (None,)
    return [Struck(position, node, *some, open_only=erasure.open_only) for node in nodes]
