"""The reading half of a project in one process: the log becomes lake, index and answers."""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from weakref import WeakSet

import msgspec

from ethogram.ask.engines.embedded import Asking, asking
from ethogram.ask.engines.kept import Kept
from ethogram.ask.engines.work import Patience, Work
from ethogram.ask.kpis import asking as kpi_asking
from ethogram.ask.plans.learn import learn
from ethogram.ask.plans.report import PlanReport, report
from ethogram.ask.plans.seen import look
from ethogram.ask.questions.answer import Answer
from ethogram.ask.questions.catalog import checked
from ethogram.ask.questions.of_groups import asked_of_groups, with_groups
from ethogram.ask.questions.question import PERSONS
from ethogram.ask.questions.saved import resolved
from ethogram.ask.questions.spec import Spec, check_unit, persons_as_of
from ethogram.ask.questions.viewing import View
from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.run import Snapshot, State
from ethogram.ask.sequences.units import PERSON
from ethogram.ask.sql import sandbox
from ethogram.ask.sql.answer import SqlAnswer, SqlState, stated
from ethogram.ask.sql.job import Job, Limits
from ethogram.ask.telling import noise, noisy_counts
from ethogram.ask.telling.noise import Noise
from ethogram.ask.traits.definition import profile_names_in
from ethogram.events.errors import Invalid, NotPermitted
from ethogram.events.event import Instant
from ethogram.events.plan import Plan
from ethogram.events.times import iso, now
from ethogram.people.identity import strikes_everybody
from ethogram.people.persons import Persons
from ethogram.people.policy import Policy
from ethogram.protect.access.budget import Budget
from ethogram.run.following import Following
from ethogram.run.planned import plan_of
from ethogram.run.saved import SavedThings
from ethogram.run.traits import Traits
from ethogram.run.turn import Turn
from ethogram.run.units import Units
from ethogram.store.lake.loader import LOAD_ROWS, Source, load, recover
from ethogram.store.lake.lookups import Lookups
from ethogram.store.lake.tables import Lake
from ethogram.store.log.port import LogReader


@dataclass(frozen=True, eq=False)
class Sight:
    """How much of a project is seen, and the answers that were given to who sees so much.

    Nothing is told of fewer than ``k`` people.
    """

    view: View | None = None
    kept: Kept = field(default_factory=Kept)
    k: int = 1

    def of(self, snapshot: Snapshot, unit: str = PERSON) -> Snapshot:
        """``snapshot``, of a ``unit``, as far as it is seen.

        Raises `NotPermitted` where that is chosen by persons, whom an index of others parts.
        """
        if self.view is None:
            return snapshot
        if unit not in PERSONS and self.view.of_persons:
            raise NotPermitted(
                "view_of_persons", f"Your role sees events by their persons, and no {unit[:64]!r}.",
                at="$.unit", hint="Ask about persons, without what groups hold.",
            )  # fmt: skip
        return self.view.of(snapshot)


@dataclass
class Reading:
    """A project's log, lake and index. ``source`` is the log as loading needs it.

    ``index`` is that of persons. While it is open no other process has them, for it is this
    one's ``turn``.
    """

    folder: Path
    log: LogReader
    source: Source
    lake: Lake
    index: Index
    turn: Turn
    threads: int | None
    question_seconds: float
    limits: Limits
    saved: SavedThings
    policy: Policy
    _loading: threading.Lock = field(default_factory=threading.Lock)
    _past: tuple[tuple[Instant, State], Snapshot] | None = None
    _past_making: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.index.fault:
            print(f"The index is built anew. {self.index.fault}", file=sys.stderr)
        recover(self.source, self.lake)
        self.people = Persons(self.lake, self.policy)
        self.lookups = Lookups(self.folder)
        self._sights = WeakSet[Sight]()
        self.whole = self.sight()
        self.persons = self._follow(self.index)
        self.people.reach(self.index.snapshot.state.position, self.log)
        if not strikes_everybody(self.index.identity, self.people.identity):
            self.index.identify(self.people.identity)
        self.traits = Traits(self.folder, self.saved, self.people)
        self.units = Units(self.folder, self.log, self.lake, self._follow)

    def sight(self, view: View | None = None, k: int = 1) -> Sight:
        """The project as far as ``view`` lets see; all of it without one. See `Sight`."""
        made = Sight(view, k=k)
        self._sights.add(made)
        return made

    def following(self, spec: Spec) -> Following:
        """The index that answers ``spec``; see `Units.of`. Sessions are made of persons."""
        check_unit(spec)
        return self.persons if spec.unit in PERSONS else self.units.of(spec.unit)

    def asking(
        self, spec: Spec, left: threading.Event | None = None, sight: Sight | None = None
    ) -> Asking:
        """``spec``, to be answered from everything that the index holds now and ``sight`` lets see.

        Setting ``left`` says that nobody waits for the answer any more.
        """
        plain, _ = resolved(spec, self.saved.cohort)
        sight = sight or self.whole
        patience = Patience(self.question_seconds, left or threading.Event())
        snapshot = self._seen(plain, sight, patience)
        return asking(plain, snapshot, now(), self.threads, patience)

    def _seen(self, spec: Spec, sight: Sight, patience: Patience) -> Snapshot:
        """What ``spec`` is answered from."""

        def seen() -> Snapshot:
            return self._beside(spec, sight.of(self._snapshot(spec), spec.unit), sight)

        return Work(self.threads, patience).run(seen)

    def _beside(self, spec: Spec, snapshot: Snapshot, sight: Sight) -> Snapshot:
        """``snapshot`` with what ``spec`` asks of traits, and of its events' groups.

        Traits are of all that people did, so who sees a part of that does not see them.
        """
        if spec.unit in PERSONS and sight.view is None:
            snapshot = self.traits.beside(self._traits_in(spec), snapshot)
        asked = asked_of_groups(spec)
        if not asked:
            return snapshot
        return with_groups(
            snapshot, asked, lambda unit: sight.of(self.units.of(unit).caught_up(), unit)
        )

    def _traits_in(self, spec: Spec) -> set[str]:
        """The traits that ``spec`` names."""
        names = profile_names_in(spec)
        return names.intersection(self.traits.names()) if names else names

    def _kept(self, spec: Spec, sight: Sight) -> Kept | None:
        """Where answers to ``spec`` are kept; None where they may change at one state.

        What traits say and what groups hold does.
        """
        return None if asked_of_groups(spec) or self._traits_in(spec) else sight.kept

    def _snapshot(self, spec: Spec) -> Snapshot:
        """What answers ``spec``; for persons as of a time the last such one is kept."""
        following = self.following(spec)
        snapshot, at = following.snapshot, persons_as_of(spec)
        if at is None:
            return snapshot
        with self._past_making:
            asked = at, snapshot.state
            if self._past is None or self._past[0] != asked:
                self._past = asked, following.index.seen_by(self.people.as_of(at))
            return self._past[1]

    def ask(
        self,
        spec: Spec,
        *,
        cache: bool = True,
        left: threading.Event | None = None,
        sight: Sight | None = None,
    ) -> Answer:
        """The answer; with ``cache`` also one that was given before at the same state."""
        plain, versions = resolved(spec, self.saved.cohort)
        sight = sight or self.whole
        kept = self._kept(plain, sight) if cache else None
        given = self.asking(plain, left, sight).answer(kept, sight.k)
        if not versions:
            return given
        return replace(given, definition={**given.definition, "saved": versions})

    def noised(
        self, spec: Spec, said: Noise, budget: Budget, left: threading.Event, sight: Sight
    ) -> bytes:
        """The answer, JSON, with noise in its counts, paid for out of ``budget``.

        The same question at the same state is answered as it was. Raises `NotPermitted` where the
        budget is spent, and what asking raises.
        """
        plain, _ = resolved(spec, self.saved.cohort)
        plain = noisy_counts.settled(checked(plain), now())
        if asked_of_groups(plain):
            raise Invalid("no_noise", "One person may change what a group holds for all in it.",
                          at="$", hint="Ask what persons or events hold.")  # fmt: skip
        patience = Patience(self.question_seconds, left)
        snapshot = self._seen(plain, sight, patience)
        view = None if sight.view is None else (sight.view.where, sorted(sight.view.hidden))
        traits = self.traits.meanings(self._traits_in(plain))
        asked = [plain, said, snapshot.state, view, *traits]
        key = sha256(msgspec.json.encode(asked)).digest()

        def ask(each: Spec) -> dict[str, Any]:
            asked = asking(each, snapshot, now(), self.threads, patience)
            return asked.answer(self._kept(each, sight)).results

        known = budget.kept(key)
        if known is not None:
            return known
        found = noisy_counts.counts(plain, said, ask)

        def make() -> bytes:
            definition = msgspec.to_builtins(plain)
            return msgspec.json.encode({
                "question": definition["question"],
                **noise.noised(found, said),
                "definition": definition | {"rules": noise.RULES},
                "state": snapshot.state,
            })  # fmt: skip

        return budget.spend(key, said.epsilon, make)

    def kpi(
        self, name: str, refined: kpi_asking.Asking, sight: Sight | None = None
    ) -> dict[str, Any]:
        """The KPI called ``name`` as of now. Raises `NotFound`, `Invalid`."""
        kpi, version = self.saved.kpi(name)
        sight = sight or self.whole
        snapshot, at = sight.of(self.persons.snapshot), now()
        held = {PERSON: snapshot}

        def answered(spec: Spec) -> Answer:
            unit = PERSON if spec.unit == "session" else spec.unit
            if unit not in held:
                held[unit] = sight.of(self.following(spec).snapshot, unit)
            patience = Patience(self.question_seconds)
            snapshot = Work(self.threads, patience).run(
                lambda: self._beside(spec, held[unit], sight)
            )
            asked = asking(spec, snapshot, at, self.threads, patience)
            return asked.answer(self._kept(spec, sight), sight.k)

        every = sight.k == 1
        found = kpi_asking.asked(kpi, refined, self.saved.cohort, answered, every=every)
        found["definition"]["now"] = refined.now or iso(at)
        state = msgspec.to_builtins(snapshot.state)
        return {"question": "kpi", "kpi": name, "version": version, **found, "state": state}

    def sql(
        self, said: str, rows: int | None = None, left: threading.Event | None = None
    ) -> SqlAnswer:
        """What the statement finds in the lake as it is now; at most ``rows``.

        Setting ``left`` ends it.
        """
        files = self.lake.events.files()
        state = SqlState(files.position, self.log.end)
        limits = self.limits.at_most(rows)
        lookups = {name: self.lookups.files(name) for name in self.lookups.names()}
        hidden = self.people.identity
        erased = hidden.erased.tolist()
        job = Job(said, files.paths, files.columns, limits, lookups, erased, hidden.struck)
        return stated(sandbox.run(job, left), state)

    def plan_report(self) -> PlanReport:
        """The tracking plan beside what the index has seen."""
        plan, snapshot = plan_of(self.folder), self.persons.snapshot
        return report(plan, look(snapshot, plan, now()), snapshot.state.position)

    def learn_plan(self) -> Plan:
        """The tracking plan that what the index has seen fits."""
        snapshot = self.persons.snapshot
        return learn(look(snapshot, Plan(), now()), snapshot)

    def catch_up(self) -> int:
        """Take what the log has into the persons' index, once; the index's position."""
        return self.persons.catch_up()

    def catch_up_to_end(self) -> None:
        """Take all that the log has now into the persons' index."""
        end = self.log.end
        while self.catch_up() < end:
            pass

    @property
    def indexes(self) -> list[Index]:
        """Those that are open: that of persons, then those of other units."""
        return [each.index for each in (self.persons, *self.units.known)]

    def forget_answers(self) -> int:
        """Let go of every answer that is kept; how many there were."""
        with self._past_making:
            self._past = None
        return sum(sight.kept.clear() for sight in list(self._sights))

    def load(self, limit: int = LOAD_ROWS) -> int:
        """Load the next entries into the lake; its position."""
        with self._loading:
            position = load(self.source, self.lake, limit)
            self.people.store()
            return position

    def load_all(self) -> int:
        """Load everything that the log has now; the position reached."""
        end = self.log.end
        while self.lake.position < end:
            self.load()
        return end

    def load_until(self, done: threading.Event) -> None:
        """Load whenever enough waits, beside an import, until it is ``done``."""
        loaded = self.lake.position
        while not done.wait(0.05):
            if self.log.end - loaded >= LOAD_ROWS:
                loaded = self.load()

    @contextmanager
    def unloaded(self) -> Generator[None]:
        """The lake stays as it is for as long as this lasts."""
        with self._loading:
            yield

    def settle(self) -> int:
        """Load and index everything that the log has now; the position both reach."""
        end = self.load_all()
        self.catch_up_to_end()
        return end

    def close(self) -> None:
        """Write the indexes down and let go of the files."""
        for index in self.indexes:
            index.fold()
        self.log.close()
        self.saved.close()
        self.turn.close()

    def _follow(self, index: Index) -> Following:
        return Following(index, self.log, self.lake, self.load, self.people)
