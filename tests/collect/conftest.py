"""One project's door on a real vault and log, and a client that speaks ASGI to it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethogram.collect.admission import Claim, Rules
from ethogram.collect.app import Collector, Limits
from ethogram.collect.cleaning.facts import NOBODY, Sender
from ethogram.collect.commits import Commits
from ethogram.collect.door import Door, Outcome
from ethogram.collect.gate import Gate
from ethogram.collect.group import Group
from ethogram.events.errors import NotFound, nearest
from ethogram.events.event import Recorded
from ethogram.events.plan import Plan
from ethogram.events.times import now
from ethogram.protect.access.allowance import Allowance
from ethogram.protect.consent.standing import Standing
from ethogram.protect.keyring import Keyring, Scope, unwrap
from ethogram.protect.sealing import unseal
from ethogram.protect.vault import Vault
from ethogram.store.log.entries import DeadLetter, unpack_controls, unpack_events
from ethogram.store.log.seen import Seen
from ethogram.store.log.sqlite import SqliteLog


class Project:
    """A door on files in ``folder``, and what came through it."""

    def __init__(self, folder: Path, plan: Plan | None = None) -> None:
        self.folder = folder
        self.vault = Vault(folder / "vault.sqlite", b"m" * 32)
        self.log = SqliteLog(folder / "log.sqlite", self.vault.keyring.chain)
        self.seen = Seen(self.log.keys(0))
        self.standing = Standing(folder / "consent.sqlite")
        self.standing.catch_up(self.log)
        self.rules = Rules(plan or Plan())
        self.door = Door(self.log, self.seen, self.vault, self.standing, lambda: self.rules)

    def take(
        self,
        claims: list[Claim],
        protocol: str = "native",
        at: int | None = None,
        sender: Sender = NOBODY,
    ) -> Outcome:
        """Admit and commit ``claims``."""
        group = Group()
        outcome = self.door.admit(group, claims, at or now(), protocol, sender)
        self.door.close_group(group)
        if at:
            group.received_at = at
        self.door.commit(group)
        self.door.settle(group)
        return outcome

    @property
    def events(self) -> list[Recorded]:
        """Every event of the log."""
        records = [r for r in self.log.read(0, 1_000_000) if r.kind == "events"]
        return [event for record in records for event in unpack_events(record.payload)]

    @property
    def letters(self) -> list[DeadLetter]:
        """Every dead letter."""
        records = [r for r in self.log.read(0, 1_000_000) if r.kind == "control"]
        entries = [entry for record in records for entry in unpack_controls(record.payload)]
        return [entry for entry in entries if isinstance(entry, DeadLetter)]

    def raw(self, letter: DeadLetter) -> bytes:
        """What the client sent."""
        key = AESGCM(self.vault.keyring.key("dead letters"))
        return unwrap(key, letter.sealed, "dead letter")

    def unsealed(self, event: Recorded) -> dict[str, Any]:
        """The personal values of an event, by place."""
        assert event.sealed is not None
        return unseal(self.vault, event.person, event.event_id, event.sealed)

    def key(self, scope: str = "write") -> dict[str, str]:
        """The header that carries the project's key."""
        return {"authorization": f"Bearer {self.vault.keyring.access(scope)}"}

    def close(self) -> None:
        """Let go of the files."""
        self.log.close()
        self.vault.close()
        self.standing.close()


@pytest.fixture
def make_project(tmp_path: Path):
    made: list[Project] = []

    def make(plan: Plan | None = None) -> Project:
        """The project; made again, it is the one after a restart."""
        if made:
            made.pop().close()
        made.append(Project(tmp_path, plan))
        return made[-1]

    yield make
    for project in made:
        project.close()


@pytest.fixture
def project(make_project: Callable[[], Project]) -> Project:
    return make_project()


@dataclass
class Answer:
    """What a request was answered with."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        """The code of the one error shape, all of whose parts are there."""
        error = self.json["error"]
        assert set(error) == {"code", "message", "hint", "at"}
        return error["code"]


class Client:
    """Sends requests to a collector; ``local`` ones come through the workspace's own socket."""

    def __init__(self, collector: Collector, project: Project, commits: Commits) -> None:
        self.collector = collector
        self.project = project
        self.commits = commits

    async def send(
        self,
        method: str,
        path: str,
        body: bytes | list[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        *,
        local: bool = False,
        scope: Mapping[str, Any] | None = None,
        after: Callable[[], Awaitable[dict[str, Any]]] | None = None,
        heard: Callable[[bytes], None] = lambda chunk: None,
    ) -> Answer:
        """``after`` gives what comes once the chunks of ``body`` were received."""
        chunks = [body] if isinstance(body, bytes) else list(body)
        answer = Answer()

        async def receive() -> dict[str, Any]:
            if chunks:
                chunk = chunks.pop(0)
                more = bool(chunks) or after is not None
                return {"type": "http.request", "body": chunk, "more_body": more}
            if after is not None:
                return await after()
            return await asyncio.Event().wait() or {}

        async def respond(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                answer.body += message.get("body", b"")
                heard(message.get("body", b""))

        path, _, query = path.partition("?")
        said = headers if headers is not None else {} if local else self.project.key()
        asked: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in said.items()],
            "server": ("/run/a.sock", None) if local else ("127.0.0.1", 8000),
            "client": None if local else ("127.0.0.1", 50_000),
        }
        await self.collector(asked | dict(scope or {}), receive, respond)
        return answer

    async def post(
        self, body: bytes | list[bytes], path: str = "/v1/events", **more: Any
    ) -> Answer:
        """Send events."""
        return await self.send("POST", path, body, **more)


class OneGate:
    """The gate of the one project, for its own keys."""

    def __init__(self, gate: Gate, keyring: Keyring) -> None:
        self.gate, self.keyring = gate, keyring

    async def opened_by(self, key: str, scope: Scope) -> Gate | None:
        """The gate, for its key."""
        return self.gate if self.keyring.permits(key, scope) else None

    async def looked(self, key: str, address: str) -> None:
        """Nobody is told."""

    async def of(self, project: str) -> Gate:
        """The gate, by its name."""
        if project != self.gate.name:
            raise NotFound("unknown_project", "None.", hint=nearest(project, [self.gate.name]))
        return self.gate


@pytest.fixture
def serving(project: Project):
    """A collector over ``project`` within a running loop."""

    @asynccontextmanager
    async def serve(limits: Limits | None = None, rate: float = 0.0) -> AsyncGenerator[Client]:
        commits = Commits(project.door)
        gate = Gate("default", commits, project.log, Allowance(rate))

        async def behind(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 299, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        collector = Collector(OneGate(gate, project.vault.keyring), behind, limits or Limits())
        try:
            yield Client(collector, project, commits)
        finally:
            await commits.drain()

    return serve
