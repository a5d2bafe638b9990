"""The traits of a project: saved definitions, and a file of values for each, kept up when asked."""

import threading
from collections.abc import Collection
from hashlib import blake2b
from pathlib import Path

import msgspec

from ethogram.ask.questions.saved import resolved
from ethogram.ask.sequences.run import Snapshot
from ethogram.ask.traits.beside import with_traits
from ethogram.ask.traits.definition import trait_of
from ethogram.ask.traits.kept import Kept, Meaning, read, refreshed, write
from ethogram.ask.traits.terms import terms_of
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.event import Json
from ethogram.events.times import now
from ethogram.people.persons import Persons
from ethogram.run.saved import SavedThings

FOLDER = "traits"


class Traits:
    """The traits of the project in ``folder``. Threads may share it."""

    def __init__(self, folder: Path, saved: SavedThings, persons: Persons) -> None:
        self._folder, self._saved, self._persons = folder / FOLDER, saved, persons
        self._known: dict[str, Kept] = {}
        self._refreshing = threading.Lock()

    def names(self) -> list[str]:
        """Which there are."""
        return [each.name for each in self._saved.list("trait")]

    def refresh(self, name: str, snapshot: Snapshot) -> tuple[Kept, bool]:
        """The values of a trait as of now, and whether they are flags. Raises `NotFound`."""
        meaning = self._meaning(name)
        with self._refreshing:
            path = self._path(name)
            before = self._known.get(name) or read(path)
            kept = refreshed(before, meaning, snapshot, now())
            if before is None or kept.computed or len(kept.ids) != len(before.ids):
                write(path, kept)
            self._known[name] = kept
        return kept, meaning.trait.cohort is not None

    def meanings(self, names: Collection[str]) -> list[str]:
        """What the traits called ``names`` mean now: others, where a definition is another."""
        return [self._meaning(name).text for name in sorted(names)]

    def _meaning(self, name: str) -> Meaning:
        """What a trait means now, with the names that it speaks of looked up."""
        trait = trait_of(self._saved.show("trait", name).body or {})
        plain, versions = resolved(trait, self._saved.cohort)
        kpi, number = self._saved.kpi(trait.kpi) if trait.kpi else (None, 0)
        terms = terms_of(plain, kpi.expanded() if kpi else None)
        identity = self._persons.identity
        erased = [identity.erasures, len(identity.struck)]
        text = msgspec.json.encode([plain, versions, number, erased]).decode()
        return Meaning(plain, terms, text)

    def beside(self, names: Collection[str], snapshot: Snapshot) -> Snapshot:
        """``snapshot`` with the traits called ``names``."""
        return with_traits(snapshot, {name: self.refresh(name, snapshot) for name in names})

    def of(self, person: int, snapshot: Snapshot) -> dict[str, Json]:
        """What each trait says of a person."""
        found: dict[str, Json] = {}
        for name in self.names():
            try:
                kept, is_flag = self.refresh(name, snapshot)
            except (Invalid, NotFound):  # a cohort or a KPI that it names is gone
                continue
            value = kept.of(person)
            if value is not None:
                found[name] = bool(value) if is_flag else _whole(value)
        return found

    def forget(self) -> int:
        """Let go of all values, which are made again when asked for; how many files there were."""
        with self._refreshing:
            files = list(self._folder.glob("*"))
            for path in files:
                path.unlink(missing_ok=True)
            self._known.clear()
            return len(files)

    def _path(self, name: str) -> Path:
        return self._folder / f"{blake2b(name.encode(), digest_size=16).hexdigest()}.arrow"


def _whole(value: float) -> Json:
    return int(value) if value.is_integer() else value
