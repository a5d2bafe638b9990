"""What is saved in a project: cohorts, KPIs, traits, sources, purposes, rules of retention.

Each with the history of its definitions.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from ethogram.ask.kpis.definition import Definition as Kpi
from ethogram.ask.kpis.definition import definition
from ethogram.ask.questions.catalog import cohort_of, decoded
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.saved import Saved, resolved
from ethogram.ask.traits.definition import Trait, profile_names_in, trait_of
from ethogram.ask.traits.terms import terms_of
from ethogram.collect.sources.systems.definition import source
from ethogram.events.errors import Invalid
from ethogram.events.event import Json
from ethogram.events.times import now
from ethogram.protect.consent.purposes import purpose
from ethogram.protect.retention import rule
from ethogram.store.registry.port import Definition, Kind, Registry, is_name

ROUTES: Mapping[Kind, str] = {
    "cohort": "/api/cohorts/{name}",
    "kpi": "/api/kpis/{name}",
    "purpose": "/api/consent/purposes/{name}",
    "retention": "/api/retention/{name}",
    "source": "source",
    "trait": "/api/traits/{name}",
}
"""Under which words the audit has a change of each kind; a source has no route."""


class Note(Protocol):
    """Writes down durably that the machine's owner did something."""

    def __call__(self, did: str, /, **detail: Json) -> object:
        """``did`` is the method and the route by which others do the same, where there is one."""
        ...


class SavedThings:
    """The registry of a project, opened by ``opening`` when it is first needed.

    ``note`` has each change in the audit where nobody else does.
    """

    def __init__(self, opening: Callable[[], Registry], note: Note | None = None) -> None:
        self._opening, self._note = opening, note
        self._opened: Registry | None = None
        self._lock = threading.Lock()
        self.cohorts = Named(self, "cohort")
        self.kpis = Named(self, "kpi")
        self.traits = Named(self, "trait")

    @property
    def registry(self) -> Registry:
        """The registry."""
        with self._lock:
            if self._opened is None:
                self._opened = self._opening()
            return self._opened

    def cohort(self, name: str) -> Saved:
        """The cohort saved as ``name``. Raises `NotFound`."""
        found = self.show("cohort", name)
        return Saved(cohort_of(found.body or {}), found.version)

    def list(self, kind: Kind) -> list[Definition]:
        """See `Registry.list`."""
        return self.registry.list(kind)

    def show(self, kind: Kind, name: str) -> Definition:
        """See `Registry.get`."""
        return self.registry.get(kind, name)

    def history(self, kind: Kind, name: str) -> "list[Definition]":
        """See `Registry.history`."""
        return self.registry.history(kind, name)

    def save(
        self, kind: Kind, name: str, body: bytes | str | Mapping[str, Any], note: str = ""
    ) -> Definition:
        """See `Registry.save`; the body is looked at first, with what it names."""
        read: msgspec.Struct
        if kind == "source":
            read = source(body)
        elif kind == "purpose":
            read = purpose(body)
        elif kind == "retention":
            read = rule(body)
        elif kind == "cohort":
            read = self._cohort(name, cohort_of(decoded(body)))
        elif kind == "trait":
            read = self._trait(name, trait_of(body))
        else:
            read = definition(decoded(body))
        self._noted("PUT", kind, name)
        return self.registry.save(kind, name, msgspec.to_builtins(read), now(), note)

    def drop(self, kind: Kind, name: str, note: str = "") -> Definition:
        """See `Registry.drop`."""
        self._noted("DELETE", kind, name)
        return self.registry.drop(kind, name, now(), note)

    def kpi(self, name: str) -> tuple[Kpi, int]:
        """The KPI saved as ``name``, and its version. Raises `NotFound`."""
        found = self.show("kpi", name)
        return definition(found.body), found.version

    def close(self) -> None:
        """Let go of the database."""
        if self._opened is not None:
            self._opened.close()

    def _noted(self, method: str, kind: Kind, name: str) -> None:
        if self._note is not None:
            self._note(f"{method} {ROUTES[kind]}", **({"name": name} if is_name(name) else {}))

    def _trait(self, name: str, made: Trait) -> Trait:
        """``made``, which is to be ``name``, where no trait is made of another one.

        Raises `Invalid` (``trait_of_trait``), and what `cohort` does.
        """
        others = {each.name: trait_of(each.body or {}) for each in self.list("trait")}
        if made.kpi is not None:
            terms_of(made, self.kpi(made.kpi)[0].expanded())
        traits: dict[str, object] = {**others, name: self._resolved(made)}
        for own, trait in traits.items():
            if found := sorted(profile_names_in(trait) & traits.keys()):
                raise Invalid("trait_of_trait", f"The trait {own!r} asks the trait {found[0]!r}.",
                              at="$", hint="A trait is of events, cohorts and what clients said.",
                              )  # fmt: skip
        return made

    def _resolved(self, trait: Trait) -> tuple[object, ...]:
        """``trait``, and what it names."""
        specs = self.kpi(trait.kpi)[0].expanded().of.values() if trait.kpi else ()
        return resolved(trait, self.cohort)[0], *(resolved(each, self.cohort)[0] for each in specs)

    def _cohort(self, name: str, made: Cohort) -> Cohort:
        """``made``, which is to be ``name``, once every cohort that it names is found."""

        def lookup(other: str) -> Saved:
            return Saved(made, 0) if other == name else self.cohort(other)

        resolved(Cohort(saved=name), lookup)
        return made


class Named:
    """The definitions of one ``kind``."""

    def __init__(self, saved: SavedThings, kind: Kind) -> None:
        self._saved = saved
        self._kind: Kind = kind

    def save(
        self, name: str, body: msgspec.Struct | Mapping[str, Any] | str | bytes, note: str = ""
    ) -> Definition:
        """The version that ``body`` becomes; unchanged, the one that it is already."""
        said = msgspec.to_builtins(body) if isinstance(body, msgspec.Struct) else body
        return self._saved.save(self._kind, name, said, note)

    def list(self) -> list[Definition]:
        """The newest version of each, by name."""
        return self._saved.list(self._kind)

    def show(self, name: str) -> Definition:
        """The newest version. Raises `NotFound`."""
        return self._saved.show(self._kind, name)

    def history(self, name: str) -> "list[Definition]":
        """All versions, oldest first; one without a body says that it was dropped."""
        return self._saved.history(self._kind, name)

    def drop(self, name: str, note: str = "") -> Definition:
        """Save that there is none any more. Raises `NotFound`."""
        return self._saved.drop(self._kind, name, note)
