"""The sources of a project: saved as definitions, run on demand or by a server's schedule."""

import builtins
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ethogram.collect.sources.systems.definition import Source, source
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant
from ethogram.events.times import now
from ethogram.run.saved import SavedThings
from ethogram.run.sourcing.means import Means
from ethogram.run.sourcing.place import Place, Run
from ethogram.run.sourcing.running import failed, run
from ethogram.store.registry.port import Definition


class Status(msgspec.Struct, frozen=True):
    """A source and how it stands; ``next`` is when a server runs it again, None for never.

    A ``last`` run without an end that is not ``running`` was cut off. A definition that was saved
    when others were allowed has an error there, and no ``kind``.
    """

    name: str
    version: int
    kind: str
    tables: list[str]
    every: str | None
    running: bool
    last: Run | None
    next: Instant | None


class Sources:
    """What is saved as sources; ``settle`` makes what a run brought visible to questions."""

    def __init__(
        self,
        saved: SavedThings,
        project: Path,
        means: Means,
        settle: Callable[[], object],
    ) -> None:
        self._saved, self._project, self._means, self._settle = saved, project, means, settle

    def add(
        self, name: str, body: msgspec.Struct | Mapping[str, Any] | str | bytes, note: str = ""
    ) -> Definition:
        """Save a definition (TOML, JSON or what they decode to); it is the newest version.

        Raises `Invalid` where it is none, or holds a secret.
        """
        said = msgspec.to_builtins(body) if isinstance(body, msgspec.Struct) else body
        return self._saved.save("source", name, said, note)

    def show(self, name: str) -> Definition:
        """The newest version. Raises `NotFound`."""
        return self._saved.show("source", name)

    def remove(self, name: str, note: str = "") -> Definition:
        """Drop a source. How far it was read stays: added again, it goes on from there."""
        return self._saved.drop("source", name, note)

    def run(self, name: str, *, moved: bool = False) -> Run:
        """Read what is new; returns when questions see it. Raises what the source failed with.

        With ``moved`` the system at another address than before is the one that was read there.
        """
        found = self.show(name)
        done = run(name, source(found.body or {}), found.version, self.place(name), self._means,
                   moved=moved)  # fmt: skip
        self._settle()
        return done

    def list(self) -> builtins.list[Status]:
        """Every source and how it stands, by name."""
        return statuses(self._saved, self._project)

    def place(self, name: str) -> Place:
        """What the source leaves behind."""
        return place_of(self._project, name)


def place_of(project: Path, name: str) -> Place:
    """What the source called ``name`` leaves behind in the folder of its ``project``."""
    return Place(project / "sources" / name)


def statuses(saved: SavedThings, project: Path) -> list[Status]:
    """Every source that is saved and how it stands, by name."""
    return [_status(each, project) for each in saved.list("source")]


def _status(found: Definition, project: Path) -> Status:
    place = place_of(project, found.name)
    last = place.last()
    try:
        said = source(found.body or {})
    except Invalid as error:
        last = failed(last or Run(found.version, now()), error)
        return Status(found.name, found.version, "", [], None, place.taken, last, None)
    return Status(found.name, found.version, said.kind, list(said.tables), said.every,
                  place.taken, last, _next(said, last))  # fmt: skip


def _next(said: Source, last: Run | None) -> Instant | None:
    """A run that was cut off is due at once, and one that a wrong clock says is to come."""
    if said.pause is None:
        return None
    if last is None or last.ended is None or last.began > now():
        return 0
    return last.began + said.pause
