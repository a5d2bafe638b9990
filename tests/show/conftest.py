"""An installation that is not there: the ports filled with plain values."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Literal

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from tests.show.signing import PASSWORD

from ethogram.ask.plans.report import PlanReport, report
from ethogram.ask.plans.seen import look
from ethogram.ask.sequences.run import Snapshot
from ethogram.ask.sequences.run import State as Position
from ethogram.events.errors import Busy, Invalid, Throttled
from ethogram.events.plan import Plan, read
from ethogram.events.times import DAY
from ethogram.protect.access import accounts, passwords
from ethogram.protect.access.caller import Caller, owner
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.roles import Role
from ethogram.protect.consent.purposes import ConsentPurpose
from ethogram.protect.keyring import Keyring
from ethogram.show.api.app import app
from ethogram.show.api.consents import Given, PersonConsents, PurposeTold, Say
from ethogram.show.api.findings import Finding, Findings, SealedAfterwards
from ethogram.show.api.ports import (
    Behind,
    Check,
    EventName,
    Found,
    Gone,
    Lag,
    Letters,
    LiveEvent,
    People,
    Person,
    Positions,
    PropertyName,
    Rejected,
    Sought,
    Status,
    Tie,
    Verdict,
    Vocabulary,
)
from ethogram.show.api.profile import (
    AskedProfile,
    Deed,
    GroupTold,
    Profile,
    ProfileProperty,
    ProfileStep,
)
from ethogram.show.charts.answers import State
from ethogram.store.registry.port import Definition

HOSTILE = """<script>alert(1)</script>"' onload=x {b} ${y} 😀 &amp; ]]>"""


class Funnel(msgspec.Struct, tag_field="question", tag="funnel", forbid_unknown_fields=True):
    """How many people take the steps?"""

    steps: list[str]
    order: Literal["ordered", "any"] = "ordered"


class Trends(msgspec.Struct, tag_field="question", tag="trends"):
    """How much happens?"""

    interval: str = "day"


def funnel_answer(*names: str, people: int = 1000) -> dict:
    """A funnel in which half go on at each step."""
    steps = [
        {
            "event": name,
            "people": people // 2**i,
            "conversion": 0.5**i,
            "conversion_from_previous": 0.5 if i else None,
            "median_seconds": 60.0 if i else None,
        }
        for i, name in enumerate(names)
    ]
    state = {"position": 9, "identity": 1, "erasures": 0}
    definition = {"within": "7d", "timezone": "UTC", "from": None, "to": None}
    return {"question": "funnel", "definition": definition, "state": state, "steps": steps}


class FakeConsents:
    """One purpose, and one person who gave it."""

    told = PersonConsents("5", [Given("analytics", True, "2026-01-01T00:00:00Z")], [])

    def purposes(self) -> list[PurposeTold]:
        """One that was given once, and kept two events out."""
        body = ConsentPurpose("We count.")
        day = "2026-01-01"
        return [PurposeTold("analytics", 1, body, body.shown, 1, 0, [(day, 1, 0)], [(day, 2, 0)])]

    def set_purpose(self, name: str, body: bytes, note: str) -> Definition:
        """Its first version."""
        return Definition("purpose", name, 1, {}, 0, note)

    def drop_purpose(self, name: str, note: str) -> Definition:
        """Its second version."""
        return Definition("purpose", name, 2, None, 0, note)

    def show(self, id_: str, at: str | None = None) -> PersonConsents:
        """The one person."""
        return self.told

    def say(self, said: Say, source: str, by: str) -> PersonConsents:
        """The one person."""
        return self.told


class FakeRetention:
    """One rule, by which nothing is due."""

    def rules(self) -> list[Definition]:
        """The rule."""
        return [Definition("retention", "all", 1, {"keep": "90d"}, 0)]

    def save(self, name: str, body: bytes, note: str) -> Definition:
        """The rule."""
        return self.rules()[0]

    def drop(self, name: str, note: str) -> Definition:
        """The rule."""
        return self.rules()[0]

    def run(self) -> list[Gone]:
        """Nothing."""
        return []


class FakePorts:
    """Answers of plain values; ``fails`` is raised by every method that could fail."""

    consents, retention = FakeConsents(), FakeRetention()

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.asked_after: int | None = -1
        self.checks = [Check("disk", True, "12 GB free"), Check("lag", True, "0 records")]

    def ask(self, spec: bytes, left: threading.Event, *, cache: bool = True) -> dict:
        """A funnel of the steps that were asked for."""
        self.asked_with_cache = cache
        if self.fails:
            raise self.fails
        try:
            asked = msgspec.json.decode(spec, type=Funnel)
        except msgspec.ValidationError as error:
            raise Invalid("bad_spec", str(error), at="$.steps") from None
        return funnel_answer(*asked.steps)

    def people(self, asked: Behind, left: threading.Event) -> People:
        """Three people, as many of them as were asked for."""
        if self.fails:
            raise self.fails
        return People(["1", "2", "3"][: asked.limit], 3, State(9, 1, 0))

    def person(self, said: str) -> Person:
        """Somebody with two ids."""
        if self.fails:
            raise self.fails
        at = "2026-01-01T00:00:00Z"
        return Person("7", "5", ["5", "7"], [Tie("identify", "7", "5", at, at, None, True)], 2, 1)

    def find(self, sought: Sought) -> Found:
        """Somebody, whatever was said."""
        return Found([self.person(sought.value)])

    def findings(self, one_in: int, *, anew: bool) -> Findings:
        """An address, in each event."""
        at = "2026-01-01T00:00:00Z"
        return Findings([Finding("note", "e-mail", 9, 1.0, at, at, "a…@e….org")], 9, 9)

    def seal(self, property: str) -> SealedAfterwards:
        """Done at once."""
        return SealedAfterwards(property, 9, 0)

    def profile(self, asked: AskedProfile) -> Profile:
        """Somebody with a plan, who did one thing."""
        if self.fails:
            raise self.fails
        at = "2026-01-01T00:00:00Z"
        plan = ProfileProperty("plan", [ProfileStep(at, "set", "pro")], 1, at, "pro")
        done = Deed(at, "view", 1, 1, {}, {"email": "a@b.c"} if asked.personal else {})
        return Profile("5", [], [plan], [GroupTold("company", "9")], {"vip": True}, [done], 1, None)

    def vocabulary(self) -> Vocabulary:
        """One event with a hostile name, one property."""
        if self.fails:
            raise self.fails
        properties = [PropertyName("price", ["number"])]
        return Vocabulary([EventName(HOSTILE, 7)], properties, [HOSTILE], True)

    async def live(self, after: int | None) -> AsyncGenerator[LiveEvent | Rejected]:
        """One accepted event and one rejected, then the end."""
        self.asked_after = after
        at = "2026-01-01T00:00:00Z"
        yield LiveEvent(8, "cart\nx", "123", at, at, {"note": "a\n\nb"}, True)
        yield Rejected(9, "bad_time", "No time.", "$.timestamp", "Write ISO 8601.", at, "native")

    def status(self) -> Status:
        """A log of nine records, one of them not yet in the lake."""
        if self.fails:
            raise self.fails
        return Status("0.1.0", ["default"], Positions(9, 8, 9), Lag(1, 0), self.checks)

    def dead_letters(self) -> list[Letters]:
        """Two letters of one reason."""
        if self.fails:
            raise self.fails
        at = "2026-01-01T00:00:00Z"
        return [Letters("cart", "no_id", HOSTILE, "$", "", "native", 2, 1, at, at, 9)]

    def plan(self) -> Plan:
        """One event with a price."""
        if self.fails:
            raise self.fails
        return read('events.cart.properties.price = { type = "number", required = true }')

    def plan_report(self) -> PlanReport:
        """The plan beside nothing."""
        seen = look(Snapshot((), Position(9)), self.plan(), DAY)
        return report(self.plan(), seen, 9)

    def learn_plan(self) -> Plan:
        """The same plan."""
        return self.plan()

    def verify(self) -> Verdict:
        """One event too few in the lake."""
        if self.fails:
            raise self.fails
        return Verdict(False, {"events": 9}, {"events": 8}, {"events": 9}, ["The lake has 8."])


class FakeInstallation:
    """Two projects of the same values, and the desk that a real one has."""

    def __init__(self, ports: FakePorts, folder: Path) -> None:
        self.questions = {"funnel": Funnel, "trends": Trends}
        self.keyrings = {name: Keyring(name.encode() * 8) for name in ("default", "other")}
        self.desk = Desk(
            f"sqlite:///{folder}/access.sqlite", lambda: [bytes(32)], lambda: self.keyrings
        )
        self.fake = ports
        self.is_open, self.provider, self.public_url = True, None, ""
        self.allowed, self.most = 0, 1000

    def allow_look(self, caller: Caller) -> None:
        """As ``allow``."""
        self.allow(caller)

    def allow(self, caller: Caller) -> None:
        """So many questions at most, of whomever."""
        self.allowed += 1
        if self.allowed > self.most:
            raise Throttled("too_many_questions", "Too many.", retry_after=7)

    def checks(self) -> list[Check]:
        """Those of the one project."""
        return self.fake.status().checks

    def ports(self, project: str, role: Role) -> FakePorts:
        """The same for each."""
        return self.fake


@pytest.fixture
def hostile() -> str:
    """A name that tries to be everything but a name."""
    return HOSTILE


@pytest.fixture
def answer_of() -> Callable[..., dict]:
    """Makes a funnel's answer of names."""
    return funnel_answer


@pytest.fixture
def ports() -> FakePorts:
    """The project, which a test may change."""
    return FakePorts()


class Here(httpx.BaseTransport):
    """Requests answered by an application in this process."""

    def __init__(self, application: Starlette) -> None:
        self._transport = httpx.ASGITransport(application, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The whole response, once it has ended."""
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        said = await self._transport.handle_async_request(request)
        return httpx.Response(said.status_code, headers=said.headers, content=await said.aread())


@pytest.fixture
def installation(ports: FakePorts, tmp_path: Path) -> Iterator[FakeInstallation]:
    """The installation with its desk, in a folder of its own."""
    made = FakeInstallation(ports, tmp_path)
    yield made
    made.desk.close()


@pytest.fixture
def key(installation: FakeInstallation) -> str:
    """The read key."""
    return installation.keyrings["default"].access("read")


@pytest.fixture
def client_of(installation: FakeInstallation) -> Callable[..., httpx.Client]:
    """Makes a client without a key, of a server that answers to ``hosts`` too."""

    def made(*hosts: str) -> httpx.Client:
        url = "http://localhost:8000"
        return httpx.Client(
            transport=Here(app(installation, hosts=hosts)), base_url=url, follow_redirects=True
        )

    return made


@pytest.fixture
def stranger(client_of: Callable[..., httpx.Client]) -> httpx.Client:
    """A client without a key."""
    return client_of()


@pytest.fixture
def client(stranger: httpx.Client, key: str) -> httpx.Client:
    """A client with the read key."""
    stranger.headers["Authorization"] = f"Bearer {key}"
    return stranger


@pytest.fixture
def busy() -> Busy:
    """An error that passes."""
    return Busy("lagging", "The index is behind.", retry_after=3)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little: what is tested is not how slow they are."""
    hasher = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)


@pytest.fixture
def ann(installation: FakeInstallation) -> accounts.Member:
    """An admin of the default project."""
    return accounts.add(installation.desk, owner("default"), "Ann@Shop.eu", "admin", PASSWORD)


@pytest.fixture
def at(installation: FakeInstallation, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Moves the desk's clock."""
    began = installation.desk.clock()

    def moved(later: int) -> None:
        monkeypatch.setattr(installation.desk, "clock", lambda: began + later)

    moved(0)
    return moved
