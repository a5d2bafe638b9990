"""Importing a file: claims go through the door block by block, and on where it stopped.

How many of a file's rows are in is kept in the log with the rows themselves, under the file's
content and the mapping, for good: importing twice adds nothing, and neither does a kill.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Protocol

import msgspec
import pyarrow as pa

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome, Rejected, Step
from ethogram.collect.sources.addresses import REJECTS
from ethogram.collect.sources.ahead import ahead
from ethogram.collect.sources.claims import Chunk, EventChunk
from ethogram.collect.sources.files import claims_of, events_of, protocol_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.collect.sources.rejects import Reject
from ethogram.collect.sources.stored import Stored

Progress = Callable[[float, "Imported"], None]


class Imported(msgspec.Struct):
    """What became of a file's rows; one that the door refused before is a duplicate too.

    ``warned`` of the accepted depart from the tracking plan.
    """

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    warned: int = 0
    rejects: str | None = None

    def add(self, other: "Imported") -> None:
        """Add what became of another file's rows."""
        self.read += other.read
        self.accepted += other.accepted
        self.duplicates += other.duplicates
        self.rejected += other.rejected
        self.warned += other.warned
        self.rejects = other.rejects or self.rejects

    def count(self, outcome: Outcome) -> None:
        """Add what became of some rows."""
        self.accepted += outcome.accepted
        self.duplicates += outcome.duplicates
        self.rejected += len(outcome.rejected)
        self.warned += outcome.warned


class Mark(msgspec.Struct, frozen=True):
    """An import's name in the log, whether its rows bring ids of their own, or its protocol."""

    name: str
    keyed: bool = False
    protocol: str = "native"


class Target(Protocol):
    """What importing needs of a workspace, in this process or another."""

    @property
    def rows(self) -> int:
        """How many rows of a table it takes at a time."""
        ...

    def imported(self, mark: str) -> int:
        """How many rows of the import ``mark`` are in."""
        ...

    def append_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        """Keep the next rows of an import, and that so many are in; durable after `flush`.

        Raises `Invalid` (``import_elsewhere``) where another import of the same is under way.
        """
        ...

    def flush(self) -> None:
        """Wait until all that was appended is durable."""
        ...

    def append_claims(self, claims: list[Claim], step: Step, protocol: str = "native") -> Outcome:
        """Keep the next events of an import, durably; raises as `append_table` does.

        ``step`` ends with the last of ``claims``.
        """
        ...


def import_file(
    target: Target, file: Stored, mapping: Mapping | None, progress: Progress
) -> Imported:
    """Import ``file``: by ``mapping``, or as native events where there is none.

    Why which row was not taken stands in a file beside it; what the row holds does not.
    """
    protocol = protocol_of(mapping)
    source = examine(file)
    content = file.fingerprint()
    name = f"import:{content}:{'native' if mapping is None else _digest(mapping)}"
    with Rejects(file) as rejects:
        if protocol is not None:
            events = events_of(source, mapping, content)
            done = _events(target, events, Mark(name, protocol=protocol), rejects, progress)
        else:
            assert mapping is not None
            mark = Mark(name, keyed=mapping.id is not None)
            claims = claims_of(source, mapping, content)
            done = _mapped(target, claims, mark, rejects, progress)
    done.rejects = str(rejects.path) if done.rejected else None
    return done


def _digest(mapping: Mapping) -> str:
    said = msgspec.json.encode(mapping, order="sorted")
    return blake2b(said, digest_size=8).hexdigest()


def _mapped(
    target: Target, chunks: Iterator[Chunk], mark: Mark, rejects: "Rejects", progress: Progress
) -> Imported:
    since = already = target.imported(mark.name)
    done = Imported()
    for chunk in ahead(chunks):
        rejects.keep(chunk.rejects)
        rows = chunk.table.num_rows
        for at in range(_known(done, len(chunk.rejects), rows, already), rows, target.rows):
            part = chunk.table.slice(at, target.rows)
            done.read += part.num_rows
            step = Step(mark.name, since, done.read)
            outcome = target.append_table(part, step, keyed=mark.keyed)
            since = step.upto
            rejects.keep([_reject(int(chunk.places[at + r.index]), r) for r in outcome.rejected])
            done.count(outcome)
        progress(chunk.done, done)
    target.flush()
    return done


def _events(
    target: Target,
    chunks: Iterator[EventChunk],
    mark: Mark,
    rejects: "Rejects",
    progress: Progress,
) -> Imported:
    since = already = target.imported(mark.name)
    done = Imported()
    for chunk in chunks:
        rejects.keep(chunk.rejects)
        known = _known(done, len(chunk.rejects), len(chunk.claims), already)
        if claims := chunk.claims[known:]:
            done.read += len(claims)
            step = Step(mark.name, since, done.read)
            outcome = target.append_claims(claims, step, mark.protocol)
            since = step.upto
            rejects.keep([_reject(chunk.places[known + r.index], r) for r in outcome.rejected])
            done.count(outcome)
        progress(chunk.done, done)
    return done


def _known(done: Imported, rejects: int, rows: int, already: int) -> int:
    """How many of a part's ``rows`` are in; they and the part's ``rejects`` are counted."""
    done.rejected += rejects
    done.read += rejects
    known = min(max(already - done.read, 0), rows)
    done.read += known
    done.duplicates += known
    return known


def _reject(line: int, said: Rejected) -> Reject:
    return Reject(line, said.code, said.message, said.hint, said.at)


class Rejects:
    """The file of reasons, beside the one that was imported: why which row was not taken."""

    def __init__(self, file: Stored) -> None:
        self.path = file.beside.with_name(file.beside.name + REJECTS)
        self._lines: list[bytes] = []
        self._begun = False

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def keep(self, rejects: list[Reject]) -> None:
        """Add ``rejects`` to the file."""
        self._lines += [msgspec.json.encode(reject) for reject in rejects]
        if len(self._lines) >= 10_000:
            self._write()

    def _write(self) -> None:
        if self._lines:
            with self.path.open("ab" if self._begun else "wb") as file:
                file.writelines(line + b"\n" for line in self._lines)
            self._begun, self._lines = True, []
