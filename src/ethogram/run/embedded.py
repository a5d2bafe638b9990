"""A workspace in this process, with nothing else running: both halves of a project.

What reads is heavy to import, so it is opened when it is first needed.
"""

import threading
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from ethogram.collect.door import Outcome
from ethogram.events.event import Event, Json
from ethogram.events.plan import Plan
from ethogram.run import assembly
from ethogram.run.importing import Target
from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace

if TYPE_CHECKING:
    from ethogram.ask.kpis.asking import Asking
    from ethogram.ask.plans.learn import Sealed
    from ethogram.ask.plans.report import PlanReport
    from ethogram.ask.questions.answer import Answer
    from ethogram.ask.questions.spec import Spec
    from ethogram.ask.sequences.run import Int64s
    from ethogram.ask.sql.answer import SqlAnswer
    from ethogram.events.erasure import Erasure
    from ethogram.people.identity import Identity
    from ethogram.protect.access.desk import Desk
    from ethogram.run.consents import Consents
    from ethogram.run.dead_letters import DeadLetters
    from ethogram.run.merging import Merging
    from ethogram.run.planning import Planning
    from ethogram.run.reading import Reading
    from ethogram.run.requests import Requests
    from ethogram.run.retaining import Retention
    from ethogram.run.saved import Named
    from ethogram.run.sealing import Sealing
    from ethogram.run.sourcing.sources import Sources
    from ethogram.show.api.findings import Findings, SealedAfterwards
    from ethogram.show.api.ports import Found, People, Person, Verdict
    from ethogram.show.api.profile import Profile
    from ethogram.show.exports.sending import Sent
    from ethogram.show.reports.compliance.report import Report
    from ethogram.store.lake.lookups import Lookups
    from ethogram.store.log.entries import Consented, Statement

Said: TypeAlias = "Spec | Mapping[str, Any] | str | bytes"
"""A question: a spec, a JSON document, or what it decodes to."""


class Embedded:
    """One project of a workspace; raises `Busy` where a server has it."""

    def __init__(self, workspace: Workspace, settings: Settings, project: str = "default") -> None:
        self._workspace, self._settings, self._project = workspace, settings, project
        self._writing = assembly.writing(workspace, project, settings)
        self._turn = assembly.turn(workspace, project)
        self._opening = threading.Lock()
        self._opened: Reading | None = None

    @property
    def _reading(self) -> "Reading":
        with self._opening:
            if self._opened is None:
                self._opened = assembly.reading(
                    self._workspace, self._project, self._writing, self._settings, self._turn,
                    note=self._noted,
                )  # fmt: skip
            return self._opened

    @property
    def sources(self) -> "Sources":
        """Other people's systems, whose rows come in."""
        return assembly.sources(
            self._workspace,
            self._project,
            self._reading.saved,
            target=self._writing,
            keyring=self._writing.vault.keyring,
            settle=self._reading.settle,
        )

    @property
    def lookups(self) -> "Lookups":
        """The look-up tables."""
        return self._reading.lookups

    def append(self, events: Sequence[Event]) -> Outcome:
        """Keep ``events``: durable when this returns, and visible to the next question."""
        return self._writing.append_claims(events)

    @contextmanager
    def importing(self) -> Generator[Target]:
        """Where files are imported to; their rows are visible to questions when this ends."""
        done = threading.Event()
        with ThreadPoolExecutor(1, "load") as pool:
            loading = pool.submit(lambda: self._reading.load_until(done))
            try:
                yield self._writing
            finally:
                done.set()
        loading.result()
        self._reading.settle()

    def ask(self, spec: Said, *, cache: bool = True) -> "Answer":
        """The answer to a question: a spec, a JSON document, or what it decodes to.

        Asked again at the same state it is remembered, unless ``cache`` is false.
        """
        from ethogram.run.drawable import drawable

        asked = self._caught_up(spec)
        if asked.__struct_config__.tag == "journey":
            self._noted("POST /api/ask", question="journey")
        found = drawable(self._reading.ask(asked, cache=cache))
        if (drill := found.drill) is None:
            return found

        def told(cell: Mapping[str, Any]) -> "Int64s":
            self._noted("POST /api/people")
            return drill(cell)

        return replace(found, drill=told)

    def people(self, spec: Said, cell: Mapping[str, Any], limit: int | None = 1000) -> "People":
        """The ids of those behind the number of the answer that ``cell`` names."""
        from ethogram.run.people import people

        self._noted("POST /api/people")
        return people(self._reading.asking(self._caught_up(spec)), cell, limit)

    def _caught_up(self, spec: Said) -> "Spec":
        """What ``spec`` says; the index that answers it has all that was appended."""
        from ethogram.ask.questions.catalog import checked, parse
        from ethogram.ask.questions.spec import Spec

        parsed = checked(spec) if isinstance(spec, Spec) else parse(spec)
        following = self._reading.following(parsed)
        while following.catch_up() < self._writing.log.end:
            pass
        return parsed

    @cached_property
    def dead_letters(self) -> "DeadLetters":
        """What was refused, and how it comes in again."""
        from ethogram.run.dead_letters import DeadLetters

        return DeadLetters(
            self._reading.log,
            self._reading.lake,
            self._writing.vault.keyring,
            self._writing.append_letters,
        )

    @property
    def merging(self) -> "Merging":
        """Who is who, and how that is changed."""
        from ethogram.run.merging import Merging
        from ethogram.store.log.entries import Joined

        def append(statements: "Sequence[Statement]") -> None:
            verb = "merge" if isinstance(statements[0], Joined) else "unmerge"
            self._noted(f"POST /api/person/{verb}", statements=len(statements))
            self._writing.append_statements(statements)

        return Merging(self._person, append)

    def _person(self, said: str) -> "Person":
        self._noted("POST /api/person")
        return self._found(said)

    def _found(self, said: str) -> "Person":
        from ethogram.run.merging import node_of, person_of

        self._reading.catch_up_to_end()
        node = node_of(said, self._writing.vault, self._reading)
        return person_of(self._reading.people, node)

    def find(self, property: str, value: str) -> "Found":
        """The people who said ``value`` of themselves under ``property``; the audit says it."""
        from ethogram.run.merging import found_of

        nodes = self._writing.vault.found(property, value)
        self._noted("POST /api/people/find")
        self._reading.catch_up_to_end()
        return found_of(self._reading.people, nodes)

    def findings(self, one_in: int = 1, *, anew: bool = False) -> "Findings":
        """Personal data that nobody tagged, in a step of the scan; see `Scanning.look`."""
        self._noted("GET /api/privacy/findings")
        self._reading.load_all()
        return self._sealing.scanning.look(one_in, anew=anew)

    def seal(self, property: str) -> "SealedAfterwards":
        """Seal a property, and what stands of it; the audit says it."""
        self._noted("POST /api/privacy/seal")
        return self._sealing.seal(property)

    @cached_property
    def _sealing(self) -> "Sealing":
        from ethogram.run.scanning import Scanning

        return assembly.sealing(
            self._workspace,
            self._project,
            self._writing,
            self.requests,
            Scanning(self._reading),
        )

    @cached_property
    def requests(self) -> "Requests":
        """What people may ask of what is kept about them."""
        reading, writing = self._reading, self._writing

        def forget(erasure: "Erasure") -> None:
            self._noted("POST /api/erasures", number=erasure.number)
            writing.erase(erasure)

        erasing = assembly.erasing(
            self._workspace, self._project, reading, writing.vault, writing.erase_entries, tidy=None
        )
        return assembly.requests(
            self._workspace,
            self._project,
            reading,
            self._person,
            forget=forget,
            erasing=erasing,
        )

    @property
    def consents(self) -> "Consents":
        """What persons allow."""

        def append(said: "Sequence[Consented]") -> None:
            self._noted("POST /api/consent")
            self._writing.append_statements(said)

        return assembly.consents(
            self.requests.looking, self._reading.saved, self._person, append, self._identity
        )

    def _identity(self) -> "Identity":
        self._reading.catch_up_to_end()
        return self._reading.people.identity

    @property
    def retention(self) -> "Retention":
        """How long what is kept."""
        from ethogram.run.retaining import Retention

        return Retention(self._reading.saved, self.requests, self._reading.load_all)

    def profile(self, id_: str, **asked: Any) -> "Profile":
        """What is known of a person, and what they did: the fields of `AskedProfile`."""
        from ethogram.run.profiles import profile
        from ethogram.show.api.profile import AskedProfile

        said = AskedProfile(id_, **asked)
        opened: dict[str, Json] = {"permission": "personal"} if said.personal else {}
        self._noted("POST /api/person/profile", **opened)
        person = self._found(id_)
        return profile(self._reading, self._writing.vault, person, said, self._reading.whole)

    @cached_property
    def plan(self) -> "Planning":
        """The tracking plan at work."""
        from ethogram.run.planning import Planning

        folder = self._workspace.project(self._project)
        return Planning(folder, self._plan_report, self._learn_plan, self._sealed)

    @property
    def cohorts(self) -> "Named":
        """The saved cohorts."""
        return self._reading.saved.cohorts

    @property
    def traits(self) -> "Named":
        """The saved traits."""
        return self._reading.saved.traits

    @property
    def kpis(self) -> "Named":
        """The saved KPIs."""
        return self._reading.saved.kpis

    def kpi(self, name: str, asking: "Asking | Mapping[str, Any] | None" = None) -> dict[str, Any]:
        """The value of a KPI and its series, refined by ``asking``: `POST /api/kpis/NAME/ask`."""
        from ethogram.ask.kpis.asking import asking_of

        self._reading.catch_up_to_end()
        return self._reading.kpi(name, asking_of(asking or {}))

    def sql(self, said: str, limit: int | None = None) -> "SqlAnswer":
        """What a SELECT over the views ``events``, ``sessions`` and ``people`` finds.

        At most ``limit`` rows, or as many as the setting ``sql_rows`` says.
        """
        self._noted("POST /api/sql")
        self._reading.load_all()
        return self._reading.sql(said, limit)

    def export(self, to: str, **said: Any) -> "Sent":
        """Send a table, an answer or what SQL finds ``to`` another system; see `Export`."""
        from ethogram.run.exporting import Export

        exporter = assembly.exporter(
            self._workspace, self._project, self._settings, self.ask, self._reading.load_all,
            sending=lambda: self.consents.sending, note=self._noted,
        )  # fmt: skip
        return exporter.export(Export(to=to, **said))

    def verify(self) -> "Verdict":
        """Whether chain, lake and indexes agree."""
        from ethogram.run.audited import audited
        from ethogram.run.verify import verify

        self._reading.catch_up()
        self._reading.units.open()
        verdict = verify(self._reading, self._writing.vault.keyring.chain)
        return audited(verdict, self._workspace, self._project)

    def compliance(self) -> "Report":
        """The state of compliance: what is held, who may look, each law's controls."""
        from ethogram.run.complying import allowing_of, compliance

        self._noted("GET /api/audit/report")
        self._reading.catch_up_to_end()
        vault, allowing = self._writing.vault, allowing_of(self.consents, self._settings)
        own = self._workspace.id, self._project, self._reading, vault, self._desk
        return compliance(*own, allowing=allowing)

    def keys(self) -> dict[str, str]:
        """The project's write key and read key."""
        keyring = self._writing.vault.keyring
        return {"write": keyring.access("write"), "read": keyring.access("read")}

    @cached_property
    def _desk(self) -> "Desk":
        return assembly.desk(self._workspace)

    def _noted(self, did: str, /, **detail: Json) -> None:
        """What the owner looks at or changes is in the audit, as a server has it there."""
        from ethogram.protect.access.caller import owner
        from ethogram.protect.access.trail import line

        self._desk.trail.keep(self._project, line(owner(self._project), did, **detail)).result()

    def _plan_report(self) -> "PlanReport":
        self._reading.catch_up_to_end()
        return self._reading.plan_report()

    def _learn_plan(self) -> Plan:
        self._reading.catch_up_to_end()
        return self._reading.learn_plan()

    def _sealed(self) -> "Sealed":
        from ethogram.run.planning import sealed

        return sealed(self._reading.log, self._reading.lake, self._writing.vault)

    def close(self) -> None:
        """Write down what is only in memory and let go of the files."""
        (self._opened or self._turn).close()
        self._writing.close()
        if "_desk" in self.__dict__:
            self._desk.close()

    def __enter__(self) -> "Embedded":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
