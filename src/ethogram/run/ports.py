"""A project as the API sees it (`ethogram.show.api.ports`)."""

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import AsyncGenerator, Generator
from contextlib import closing, contextmanager
from importlib.metadata import version
from threading import Event, Lock
from typing import BinaryIO

import msgspec
from msgspec import structs

from ethogram.ask.kpis.asking import asking_of
from ethogram.ask.plans.report import PlanReport
from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.viewing import View
from ethogram.ask.sequences.names import MOST, OTHER
from ethogram.ask.sequences.vocabulary import Vocabularies
from ethogram.ask.sql.answer import SqlAnswer
from ethogram.events.erasure import Receipt
from ethogram.events.errors import Invalid
from ethogram.events.event import Json, Recorded
from ethogram.events.plan import Plan
from ethogram.events.times import iso
from ethogram.protect.access.budget import Budget
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.roles import Role
from ethogram.protect.erasures import Unseen
from ethogram.protect.vault import Vault
from ethogram.run import assembly
from ethogram.run.audited import audited
from ethogram.run.complying import allowing_of, compliance
from ethogram.run.consents import Consents
from ethogram.run.dead_letters import listed
from ethogram.run.merging import Merging, found_of, merges
from ethogram.run.people import people
from ethogram.run.planned import plan_of
from ethogram.run.profiles import profile
from ethogram.run.reading import Reading, Sight
from ethogram.run.requests import Requests
from ethogram.run.retaining import Retention
from ethogram.run.sealing import Sealing
from ethogram.run.settings import Settings
from ethogram.run.verify import verify
from ethogram.run.workspace import Workspace
from ethogram.show.api.asked import Pair, Parting, Subject, ToErase, Unlinked
from ethogram.show.api.findings import Findings, SealedAfterwards
from ethogram.show.api.ports import (
    Behind,
    Check,
    EventName,
    Found,
    Lag,
    Letters,
    LiveEvent,
    Noisy,
    People,
    Person,
    Positions,
    PropertyName,
    Rejected,
    Saved,
    Sought,
    Status,
    Tie,
    Verdict,
    Vocabulary,
)
from ethogram.show.api.profile import AskedProfile, Profile
from ethogram.show.reports.compliance.report import Report
from ethogram.store.log.entries import DeadLetter, unpack_controls, unpack_events
from ethogram.store.log.port import Record

LEAST_DISK = 256 << 20
MOST_LAG = 1_000_000
POLL = 0.2
RECENT = 100
"""So many of the log's last entries come first, so that a page that is opened is not empty."""
LIVE_ENTRIES = 200
_HINTS = {
    OTHER: f"More than {MOST - 1:,} names of events came in; the later ones are counted here. "
    "What varies from event to event belongs in a property, not in the name."
}


MOST_VIEWS = 8
"""Copies of what roles see of a project that are kept at once."""


class ProjectPorts:
    """Answers for one project out of its reading half, as far as ``sight`` lets see."""

    def __init__(
        self,
        name: str,
        workspace: Workspace,
        reading: Reading,
        vault: Vault,
        settings: Settings,
        *,
        merging: Merging,
        requests: Requests,
        consents: Consents,
        retention: Retention,
        sealing: Sealing,
        sight: Sight | None = None,
    ) -> None:
        self._name = name
        self.consents, self.retention = consents, retention
        self._workspace = workspace
        self._reading = reading
        self._vault, self._keyring = vault, vault.keyring
        self._merging, self._requests, self._sealing = merging, requests, sealing
        self._settings = settings
        self._sight = sight or reading.whole
        self._vocabularies = Vocabularies()
        self._views: OrderedDict[bytes, ProjectPorts] = OrderedDict()
        self._viewing = Lock()

    def seen_by(self, role: Role) -> "ProjectPorts":
        """The same project, as far as ``role`` sees it."""
        if not role.is_view and role.smallest == 1:
            return self
        key = msgspec.json.encode((role.where, role.hidden, role.smallest))
        with self._viewing:
            known = self._views.get(key)
            if known is None:
                sight = self._sight_of(role)
                own = self._name, self._workspace, self._reading, self._vault, self._settings
                known = self._views[key] = ProjectPorts(
                    *own,
                    merging=self._merging,
                    requests=self._requests,
                    consents=self.consents,
                    retention=self.retention,
                    sealing=self._sealing,
                    sight=sight,
                )
                if len(self._views) > MOST_VIEWS:
                    self._views.popitem(last=False)
            self._views.move_to_end(key)
            return known

    def _sight_of(self, role: Role) -> Sight:
        view = View(role.where, frozenset(role.hidden)) if role.is_view else None
        return self._reading.sight(view, role.smallest)

    def ask(self, spec: bytes, left: Event, *, cache: bool = True) -> dict[str, Json]:
        """See `Ports`."""
        return self._reading.ask(parse(spec), cache=cache, left=left, sight=self._sight).to_dict()

    def noised(self, asked: Noisy, budget: Budget, left: Event) -> bytes:
        """See `Ports`."""
        with _below("$.question"):
            spec = parse(asked.question)
        return self._reading.noised(spec, asked.noise, budget, left, self._sight)

    def people(self, asked: Behind, left: Event) -> People:
        """See `Ports`."""
        with _below("$.question"):
            asking = self._reading.asking(parse(asked.question), left, self._sight)
        with _below("$.cell"):
            return people(asking, asked.cell, asked.limit)

    def person(self, said: str) -> Person:
        """See `Ports`."""
        return self._merging.show(said)

    def merge(self, pair: Pair) -> None:
        """See `Ports`."""
        self._merging.merge(pair.one, pair.other)

    def merges(self, most: int) -> list[Tie]:
        """See `Ports`."""
        self._reading.catch_up_to_end()
        return merges(self._reading.people, most)

    def unmerge(self, parting: Parting) -> Unlinked:
        """See `Ports`."""
        return Unlinked(self._merging.unmerge(parting.id, parting.other))

    def erase(self, asked: ToErase, by: str) -> Receipt:
        """See `Ports`."""
        said = structs.asdict(asked)
        return self._requests.erase(said.pop("id"), by=by, **said)

    def receipts(self) -> list[Receipt]:
        """See `Ports`."""
        return self._requests.receipts

    def archive(self, said: str, to: BinaryIO) -> Subject:
        """See `Ports`."""
        return self._requests.archive(said, to)

    def find(self, sought: Sought) -> Found:
        """See `Ports`."""
        with closing(assembly.vault(self._workspace, self._name)) as vault:
            nodes = vault.found(sought.property, sought.value)
        return found_of(self._reading.people, nodes)

    def findings(self, one_in: int, *, anew: bool) -> Findings:
        """See `Ports`."""
        return self._sealing.scanning.look(one_in, anew=anew)

    def seal(self, property: str) -> SealedAfterwards:
        """See `Ports`."""
        return self._sealing.seal(property)

    def profile(self, asked: AskedProfile) -> Profile:
        """See `Ports`."""
        person = self._merging.show(asked.id)
        return profile(self._reading, self._vault, person, asked, self._sight)

    @property
    def saved(self) -> Saved:
        """See `Ports`."""
        return self._reading.saved

    def kpi(self, name: str, asking: bytes) -> dict[str, Json]:
        """See `Ports`."""
        return self._reading.kpi(name, asking_of(asking or b"{}"), self._sight)

    def sql(self, said: str, limit: int | None, left: Event) -> SqlAnswer:
        """See `Ports`."""
        return self._reading.sql(said, limit, left)

    def vocabulary(self) -> Vocabulary:
        """See `Ports`."""
        found = self._vocabularies.of(self._sight.of(self._reading.persons.snapshot))
        events = sorted(found.events.items(), key=lambda named: (-named[1], named[0]))
        return Vocabulary(
            [
                EventName(name, count if self._sight.k == 1 else None, _HINTS.get(name, ""))
                for name, count in events
            ],
            [PropertyName(name, types) for name, types in found.properties.items()],
            found.path,
            self._settings.simulated,
            [PropertyName(name, types) for name, types in (found.profile | self._traits()).items()],
        )

    def _traits(self) -> dict[str, list[str]]:
        """The traits, for who sees them: as properties of profiles."""
        if self._sight.view is not None:
            return {}
        return {
            each.name: ["flag" if each.body and "cohort" in each.body else "number"]
            for each in self._reading.saved.list("trait")
        }

    async def live(self, after: int | None) -> AsyncGenerator[LiveEvent | Rejected]:
        """See `Ports`."""
        log = self._reading.log
        position = max(log.end - RECENT if after is None else after, log.start)
        while True:
            for record in await asyncio.to_thread(log.read, position, LIVE_ENTRIES):
                for item in _items(record, self._vault.unseen):
                    if item.position > position:
                        yield item
                position = record.last
            if position >= log.end:
                await asyncio.sleep(POLL)

    def status(self) -> Status:
        """See `Ports`."""
        end = self._reading.log.end
        positions = Positions(
            end, self._reading.lake.position, self._reading.index.snapshot.state.position
        )
        lag = Lag(end - positions.lake, end - positions.index)
        return Status(version("ethogram"), [self._name], positions, lag, self._checks(lag))

    def dead_letters(self) -> list[Letters]:
        """See `Ports`."""
        return listed(self._reading.log, self._reading.lake)

    def plan(self) -> Plan:
        """See `Ports`."""
        return plan_of(self._reading.folder)

    def plan_report(self) -> PlanReport:
        """See `Ports`."""
        return self._reading.plan_report()

    def learn_plan(self) -> Plan:
        """See `Ports`."""
        return self._reading.learn_plan()

    def compliance(self, desk: Desk) -> Report:
        """See `Ports`."""
        own = self._workspace.id, self._name, self._reading, self._vault, desk
        return compliance(*own, allowing=allowing_of(self.consents, self._settings))

    def verify(self) -> Verdict:
        """See `Ports`."""
        verdict = verify(self._reading, self._keyring.chain)
        return audited(verdict, self._workspace, self._name)

    def _checks(self, lag: Lag) -> list[Check]:
        free = shutil.disk_usage(self._workspace.folder).free
        return [
            Check("disk", free > LEAST_DISK, f"{free >> 20:,} MiB are free."),
            Check("log", True, "The log can be read."),
            self._index_check(lag),
            Check("lag", lag.index < MOST_LAG, f"Entries that wait for the index: {lag.index:,}."),
        ]

    def _index_check(self, lag: Lag) -> Check:
        fault = self._reading.index.fault
        if fault is None:
            return Check("index", True, "The index was whole when it was opened.")
        message = f"The index was torn and is built anew. {fault}"
        return Check("index", lag.index < MOST_LAG, message)


@contextmanager
def _below(place: str) -> Generator[None]:
    """What is wrong in a part of what was sent is said with the part's ``place``."""
    try:
        yield
    except Invalid as error:
        inner = error.at.removeprefix("$")
        error.at = place + (inner if inner[:1] in ("", ".", "[") else f".{inner}")
        raise


def _items(record: Record, unseen: Unseen) -> list[LiveEvent | Rejected]:
    if record.kind == "events":
        events = enumerate(unpack_events(record.payload), record.position)
        seen = ((at, event and unseen.without(at, event)) for at, event in events)
        return [_event(position, event) for position, event in seen if event is not None]
    if record.kind == "control":
        return [
            Rejected(
                position,
                entry.code,
                entry.message,
                entry.at,
                entry.hint,
                iso(entry.received_at),
                entry.protocol,
                entry.event,
            )
            for position, entry in enumerate(unpack_controls(record.payload), record.position)
            if isinstance(entry, DeadLetter)
        ]
    return []


def _event(position: int, event: Recorded) -> LiveEvent:
    return LiveEvent(
        position,
        event.event,
        str(event.person),
        iso(event.timestamp),
        iso(event.received_at),
        event.properties,
        event.sealed is not None,
    )
