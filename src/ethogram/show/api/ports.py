"""What the API needs of an installation, and the shapes in which it is told.

`run.assembly` fills the port; the tests fill it with a fake. Every method but ``live`` may
block: routes call it in a worker thread.
"""

from collections.abc import AsyncGenerator, Mapping
from threading import Event
from typing import Annotated, BinaryIO, Protocol, TypeAlias

import msgspec

from ethogram.ask.plans.report import PlanReport
from ethogram.ask.sql.answer import SqlAnswer
from ethogram.ask.telling.noise import Noise
from ethogram.events.erasure import Receipt
from ethogram.events.event import Json
from ethogram.events.plan import Plan
from ethogram.protect.access.budget import Budget
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.provider import Provider
from ethogram.protect.access.roles import Role
from ethogram.show.api.asked import Pair, Parting, Subject, ToErase, Unlinked
from ethogram.show.api.consents import Consents
from ethogram.show.api.findings import Findings, SealedAfterwards
from ethogram.show.api.profile import AskedProfile, Profile
from ethogram.show.charts.answers import State
from ethogram.show.reports.compliance.report import Report
from ethogram.store.registry.port import Definition, Kind

Catalog: TypeAlias = Mapping[str, type[msgspec.Struct]]
"""The questions: each one's name, and the type of its spec."""


class EventName(msgspec.Struct, frozen=True):
    """An event that happened here, and how often; ``hint`` says what is odd about it.

    ``count`` is null for who is told of groups of people only.
    """

    name: str
    count: int | None
    hint: str = ""


class PropertyName(msgspec.Struct, frozen=True):
    """A property that events carry, and the types its values have had."""

    name: str
    types: list[str]


class Vocabulary(msgspec.Struct, frozen=True):
    """What can be asked about; ``profile`` are the properties of persons.

    ``path`` names the events that people usually go through, in that order: a funnel to begin
    with. ``simulated``: the data was made up by ``ethogram demo``.
    """

    events: list[EventName]
    properties: list[PropertyName]
    path: list[str]
    simulated: bool = False
    profile: list[PropertyName] = []


class Behind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which number: of the answer to ``question``, a spec or a definition, the one in ``cell``.

    A cell is what the question says of it, of a funnel ``{"step": 2}``. ``limit`` is how many
    people are listed at most; null lists all.
    """

    question: dict[str, Json]
    cell: dict[str, Json] = {}
    limit: Annotated[int, msgspec.Meta(ge=0)] | None = 1000


class Noisy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ``question``, a spec, whose counts are to have ``noise``."""

    question: dict[str, Json]
    noise: Noise


class People(msgspec.Struct, frozen=True):
    """Those behind a number, by their internal ids in order, and how many there are in all."""

    people: list[str]
    count: int
    state: State


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An id and its kind: ``user:ann``, ``anonymous:…``, ``device:…``, ``person:`` a number."""

    id: str


class Tie(msgspec.Struct, frozen=True):
    """What links two internal ids: its ``kind``, when it happened and when we heard of it.

    It ``counts`` where it makes them one person's; it does not where another user had the id
    before, where the policy takes no such links, or since it was ``withdrawn``.
    """

    kind: str
    a: str
    b: str
    at: str
    known_at: str
    withdrawn_at: str | None
    counts: bool


class Person(msgspec.Struct, frozen=True):
    """A person: the internal ``id`` that was asked for, the person's own, their ids and links.

    The API tells a page of these; there are ``id_count`` and ``link_count``.
    """

    id: str
    person: str
    ids: list[str]
    links: list[Tie]
    id_count: int
    link_count: int


class Sought(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A personal ``value``, whole, and the ``property`` under which it was said."""

    property: str
    value: str


class Found(msgspec.Struct, frozen=True):
    """The people who said a value of themselves."""

    people: list[Person]


class LiveEvent(msgspec.Struct, frozen=True):
    """An accepted event. ``person`` is the id as the caller may see it; times are ISO 8601.

    ``sealed`` says that it has personal properties too; without the key of the person, neither
    their values nor their names nor how many they are can be told.
    """

    position: int
    event: str
    person: str
    timestamp: str
    received_at: str
    properties: dict[str, Json]
    sealed: bool


class Rejected(msgspec.Struct, frozen=True):
    """An event that was not accepted, and why; ``at`` is the place in what was sent.

    ``event`` is its name, where the plan has it.
    """

    position: int
    code: str
    message: str
    at: str
    hint: str
    received_at: str
    protocol: str
    event: str = ""


class Letters(msgspec.Struct, frozen=True):
    """Events that were refused for one reason, and how many came in again since.

    ``event`` is their name, where the plan has it. ``first`` and ``last`` say when such were
    received, ``newest`` is the last one's position.
    """

    event: str
    code: str
    message: str
    at: str
    hint: str
    protocol: str
    count: int
    replayed: int
    first: str
    last: str
    newest: int


class Positions(msgspec.Struct, frozen=True):
    """How far each has come: the log is the truth, the lake and the index follow."""

    log: int
    lake: int
    index: int


class Lag(msgspec.Struct, frozen=True):
    """How many records of the log the lake and the index have not taken yet."""

    lake: int
    index: int


class Check(msgspec.Struct, frozen=True):
    """One condition of being ready, such as ``disk``, ``log`` or ``lag``, in words."""

    name: str
    ok: bool
    message: str


class Status(msgspec.Struct, frozen=True):
    """How the installation is."""

    version: str
    projects: list[str]
    positions: Positions
    lag: Lag
    checks: list[Check]


class Verdict(msgspec.Struct, frozen=True):
    """Whether log, lake and index agree; counts are entries and rows up to each position."""

    ok: bool
    log: dict[str, int]
    lake: dict[str, int]
    index: dict[str, int]
    problems: list[str]


class Gone(msgspec.Struct, frozen=True):
    """What went by a rule: everything of this kind from before ``until``; the receipt's number."""

    rule: str
    until: str
    receipt: str
    event: str | None = None
    property: str | None = None
    letters: int = 0


class Retention(Protocol):
    """The rules of retention. Every method may raise `EthogramError`."""

    def rules(self) -> list[Definition]:
        """The rules that hold."""
        ...

    def save(self, name: str, body: bytes, note: str) -> Definition:
        """Save a rule."""
        ...

    def drop(self, name: str, note: str) -> Definition:
        """Drop a rule."""
        ...

    def run(self) -> list[Gone]:
        """Have everything go that is due; what went."""
        ...


class Saved(Protocol):
    """What is saved by name, and its history. Every method may raise `EthogramError`."""

    def list(self, kind: Kind) -> list[Definition]:
        """The newest version of each."""
        ...

    def show(self, kind: Kind, name: str) -> Definition:
        """The newest version."""
        ...

    def history(self, kind: Kind, name: str) -> "list[Definition]":
        """All versions, oldest first."""
        ...

    def save(self, kind: Kind, name: str, body: bytes, note: str) -> Definition:
        """The version that ``body``, JSON, becomes."""
        ...

    def drop(self, kind: Kind, name: str, note: str) -> Definition:
        """The version that says that there is none any more."""
        ...


class Ports(Protocol):
    """A project as the API sees it."""

    def ask(self, spec: bytes, left: Event, *, cache: bool = True) -> dict[str, Json]:
        """The answer to the question in ``spec`` (JSON). Raises `EthogramError`.

        ``left`` is set when the one who asked goes away. Without ``cache`` it is worked out also
        where it is known.
        """
        ...

    def noised(self, asked: Noisy, budget: Budget, left: Event) -> bytes:
        """The answer, JSON, with noise, paid for out of ``budget``; see `ask`."""
        ...

    def people(self, asked: Behind, left: Event) -> People:
        """The people behind a number; see `ask`."""
        ...

    def person(self, said: str) -> Person:
        """The person whose id was ``said``, as in `Whose`. Raises `NotFound`, `Invalid`."""
        ...

    def merge(self, pair: Pair) -> None:
        """Make two ids one person's. Raises `NotFound`, `Invalid`."""
        ...

    def merges(self, most: int) -> list[Tie]:
        """The newest links that somebody in charge joined or parted, the newest first."""
        ...

    def unmerge(self, parting: Parting) -> Unlinked:
        """Part an id. Raises `NotFound` where nothing links it."""
        ...

    def erase(self, asked: ToErase, by: str) -> Receipt:
        """Have something forgotten; nobody can read it then. Raises `NotFound`, `Invalid`."""
        ...

    def receipts(self) -> list[Receipt]:
        """Those of all erasures, oldest first."""
        ...

    def archive(self, said: str, to: BinaryIO) -> Subject:
        """Write all that is kept about a person into ``to``, a ZIP. Raises as `person`."""
        ...

    def find(self, sought: Sought) -> Found:
        """Who said a personal value of themselves. Raises `Invalid` where nobody is found so."""
        ...

    def findings(self, one_in: int, *, anew: bool) -> Findings:
        """What looks like personal data; each call goes on. Raises `Invalid` for no sample."""
        ...

    def seal(self, property: str) -> SealedAfterwards:
        """Seal a property, and what stands of it. Raises `NotFound`, `Invalid`."""
        ...

    def profile(self, asked: AskedProfile) -> Profile:
        """What is known of a person, and what they did. Raises `NotFound`, `Invalid`."""
        ...

    @property
    def consents(self) -> Consents:
        """What persons allow."""
        ...

    @property
    def retention(self) -> Retention:
        """How long what is kept."""
        ...

    @property
    def saved(self) -> Saved:
        """Saved cohorts and KPIs."""
        ...

    def kpi(self, name: str, asking: bytes) -> dict[str, Json]:
        """The KPI called ``name``, refined by ``asking`` (JSON). Raises `EthogramError`."""
        ...

    def sql(self, said: str, limit: int | None, left: Event) -> SqlAnswer:
        """What a SELECT finds in the lake, at most ``limit`` rows; see `ask` for ``left``.

        Raises `EthogramError`.
        """
        ...

    def vocabulary(self) -> Vocabulary:
        """The events and properties that exist."""
        ...

    def live(self, after: int | None) -> AsyncGenerator[LiveEvent | Rejected]:
        """What arrives after position ``after``, or from now on, without end.

        The next item is fetched only when the last one was taken, so a slow reader holds
        nothing in memory.
        """
        ...

    def status(self) -> Status:
        """Positions, lag and checks, now."""
        ...

    def dead_letters(self) -> list[Letters]:
        """The refused events by reason, the most frequent first; nothing of what they hold."""
        ...

    def plan(self) -> Plan:
        """The tracking plan that holds."""
        ...

    def plan_report(self) -> PlanReport:
        """The tracking plan beside what was seen."""
        ...

    def learn_plan(self) -> Plan:
        """The tracking plan that what was seen fits."""
        ...

    def compliance(self, desk: Desk) -> Report:
        """The state of compliance; ``desk`` knows who may look."""
        ...

    def verify(self) -> Verdict:
        """Whether nothing that was acknowledged is lost, doubled or changed."""
        ...


class Installation(Protocol):
    """A served workspace as the API sees it."""

    @property
    def questions(self) -> Catalog:
        """What can be asked."""
        ...

    @property
    def desk(self) -> Desk:
        """Who may look."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether a key in the address is enough to look, while nobody has an account."""
        ...

    @property
    def provider(self) -> Provider | None:
        """Another provider by which people sign in."""
        ...

    @property
    def public_url(self) -> str:
        """The address by which browsers reach the server, where it is not the one they ask for."""
        ...

    def allow(self, caller: Caller) -> None:
        """Count a question of ``caller``. Raises `Throttled` where there were too many."""
        ...

    def allow_look(self, caller: Caller) -> None:
        """Count that ``caller`` looks for somebody by a personal value. Raises `Throttled`."""
        ...

    def checks(self) -> list[Check]:
        """The conditions of being ready."""
        ...

    def ports(self, project: str, role: Role) -> Ports:
        """A project that stands, as far as ``role`` sees it."""
        ...
