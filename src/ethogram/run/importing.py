"""Importing a file: claims go through the door block by block, and on where it stopped.

How many of a file's rows are in is kept in the log with the rows themselves, under the file's
content and the mapping, for good: importing twice adds nothing, and neither does a kill. Of a file
that has grown since only what is new goes in (`stretches`).
"""

from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from hashlib import blake2b
from typing import Protocol

import msgspec
import pyarrow as pa

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome, Rejected, Step
from ethogram.collect.sources.addresses import REJECTS
from ethogram.collect.sources.ahead import ahead
from ethogram.collect.sources.claims import Chunk, EventChunk
from ethogram.collect.sources.files import by_lines, claims_of, events_of, protocol_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.collect.sources.rejects import Reject
from ethogram.collect.sources.stored import Stored
from ethogram.collect.sources.stretches import stretch, stretches

Progress = Callable[[float, "Imported"], None]


class Imported(msgspec.Struct):
    """What became of a file's rows; one that the door refused before is a duplicate too.

    ``warned`` of the accepted depart from the tracking plan; those ``withheld`` need what their
    persons did not allow.
    """

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    warned: int = 0
    rejects: str | None = None
    withheld: int = 0

    def add(self, other: "Imported") -> None:
        """Add what became of another file's rows."""
        self.read += other.read
        self.accepted += other.accepted
        self.duplicates += other.duplicates
        self.rejected += other.rejected
        self.warned += other.warned
        self.withheld += other.withheld
        self.rejects = other.rejects or self.rejects

    def count(self, outcome: Outcome) -> None:
        """Add what became of some rows."""
        self.accepted += outcome.accepted
        self.duplicates += outcome.duplicates
        self.rejected += len(outcome.rejected)
        self.warned += outcome.warned
        self.withheld += outcome.withheld


class Mark(msgspec.Struct, frozen=True):
    """An import's name in the log, how many of its rows are in, and what they are.

    Rows may bring ids of their own; events are of a protocol.
    """

    name: str
    already: int
    keyed: bool
    protocol: str


class Target(Protocol):
    """What importing needs of a workspace, in this process or another."""

    @property
    def rows(self) -> int:
        """How many rows of a table it takes at a time."""
        ...

    def imported(self, mark: str) -> int:
        """How many rows of the import ``mark`` are in."""
        ...

    def imports(self, beginning: str) -> dict[str, int]:
        """How many rows are in of each import whose mark has this ``beginning``."""
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
    keyed = mapping is not None and mapping.id is not None
    source = examine(file)
    how = f"import:{'native' if mapping is None else _digest(mapping)}"
    rows = target.imports(f"{how}:{source.head}:") | target.imports(f"{how}::")
    known = {stretch(name): name for name in rows}
    done = Imported()
    with Rejects(file) as rejects:
        for part, of in stretches(source, known, by_lines=by_lines(source, mapping)):
            name = known.get(part) or f"{how}:{source.head}:{part}"
            mark = Mark(name, rows.get(name, 0), keyed, protocol or "native")
            further = partial(_further, progress, done)
            if mapping is None or protocol is not None:
                events = events_of(of, mapping, part.digest)
                done.add(_events(target, events, mark, rejects, further))
            else:
                claims = claims_of(of, mapping, part.digest)
                done.add(_mapped(target, claims, mark, rejects, further))
    done.rejects = str(rejects.path) if done.rejected else None
    return done


def _further(progress: Progress, before: Imported, share: float, so_far: Imported) -> None:
    """Say how far a file is, of which ``before`` is in already."""
    total = copy(before)
    total.add(so_far)
    progress(share, total)


def _digest(mapping: Mapping) -> str:
    said = msgspec.json.encode(mapping, order="sorted")
    return blake2b(said, digest_size=8).hexdigest()


def _mapped(
    target: Target, chunks: Iterator[Chunk], mark: Mark, rejects: "Rejects", progress: Progress
) -> Imported:
    since = already = mark.already
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
    since = already = mark.already
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
