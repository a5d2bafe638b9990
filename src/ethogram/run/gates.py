"""The gates of a workspace's projects, each opened when it is first needed.

So many stand open at once; the one that was used longest ago is closed for another.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from ethogram.collect.commits import Commits
from ethogram.collect.gate import LOCAL_PROJECT, Gate
from ethogram.events.errors import Busy, NotFound, Refused, nearest
from ethogram.protect.access.addresses import network
from ethogram.protect.access.allowance import Allowance
from ethogram.protect.access.credentials import LONGEST, fingerprint, kind_of
from ethogram.protect.keyring import Scope
from ethogram.run import assembly
from ethogram.run.keyrings import Keyrings
from ethogram.run.presence import SERVED
from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace
from ethogram.run.writing import Writing

if TYPE_CHECKING:
    from ethogram.protect.access.desk import Desk

MOST_OPEN = 32
QUIET = 60.0
"""Seconds without a request after which a project's gate may be closed."""
TOKENS_HOLD = 2.0
"""Seconds for which a token is believed without being looked up again."""
LOOKS_HOLD = 3600.0
"""Seconds for which one line of the audit says that somebody reads the log."""
MOST_TOKENS = 10_000
"""Remembered at once, by their fingerprints; one that nobody knows is not."""


class ProjectGates:
    """See `ethogram.collect.gate.Gates`. Used from one event loop.

    ``desk`` is heavy to import, and needed for tokens only.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        keyrings: Keyrings,
        desk: "Callable[[], Desk]",
    ) -> None:
        self._workspace, self._settings = workspace, settings
        self._keyrings, self._desk = keyrings, desk
        self._open: OrderedDict[str, tuple[Gate, Writing]] = OrderedDict()
        self._used: dict[str, float] = {}
        self._tokens: OrderedDict[bytes, _Token] = OrderedDict()
        self._looks: dict[tuple[bytes, str], float] = {}
        self._opening = asyncio.Lock()
        self.broke = asyncio.Event()

    async def opened_by(self, key: str, scope: Scope) -> Gate | None:
        """See `Gates.opened_by`."""
        if len(key) > LONGEST:
            return None
        if kind_of(key) == "token":
            return await self._by_token(key, scope)
        for name, keyring in self._keyrings().items():
            if keyring.permits(key, scope):
                return await self.of(name)
        return None

    async def looked(self, key: str, address: str) -> None:
        """See `Gates.looked`; the same key from the same network is told once an hour."""
        where, code = network(address), fingerprint(key)
        if self._looks.get((code, where), 0.0) > monotonic():
            return
        if len(self._looks) >= MOST_TOKENS:
            self._looks.clear()
        await asyncio.to_thread(self._tell, key, where)
        self._looks[code, where] = monotonic() + LOOKS_HOLD

    async def of(self, project: str) -> Gate:
        """See `Gates.of`. Raises `Busy` where too many are in use."""
        self._used[project] = monotonic()
        known = self._open.get(project)
        if known is not None:
            self._open.move_to_end(project)
            return known[0]
        async with self._opening:
            known = self._open.get(project)
            return known[0] if known else await self._opened(project)

    @property
    def open(self) -> Mapping[str, Gate]:
        """Those that are open."""
        return {name: gate for name, (gate, _) in self._open.items()}

    async def close(self) -> None:
        """Close all of them, once what is under way has ended."""
        while self._open:
            await self._close(next(iter(self._open)))

    def _tell(self, key: str, where: str) -> None:
        from ethogram.protect.access.trail import line

        desk = self._desk()
        caller = desk.caller(key, where)
        desk.trail.keep(caller.project, line(caller, "GET /v1/log")).result()

    async def _opened(self, project: str) -> Gate:
        if project not in self._keyrings.fresh() and project != SERVED:
            raise NotFound("unknown_project", f"There is no project {project!r}.",
                           at=LOCAL_PROJECT, hint=nearest(project, self._keyrings()))  # fmt: skip
        await self._make_room()
        half = await asyncio.to_thread(assembly.writing, self._workspace, project, self._settings)
        allowance = Allowance(self._settings.events_per_second)
        gate = Gate(project, Commits(half.door), half.reader, allowance, lambda: half.vault.unseen,
                    lambda: self._workspace.masters)  # fmt: skip
        self._open[project] = gate, half
        asyncio.create_task(self._watch(gate))  # noqa: RUF006 - the gate's event ends it
        return gate

    async def _make_room(self) -> None:
        if len(self._open) < MOST_OPEN:
            return
        oldest = next(iter(self._open))
        if monotonic() - self._used[oldest] < QUIET:
            raise Busy("too_many_projects", f"{MOST_OPEN} projects are in use.",
                       hint="Try again in a minute.", retry_after=int(QUIET))  # fmt: skip
        await self._close(oldest)

    async def _close(self, project: str) -> None:
        gate, half = self._open.pop(project)
        await gate.commits.drain()
        await asyncio.to_thread(half.close)

    async def _watch(self, gate: Gate) -> None:
        """A log that may not be durable is said to whoever has the gates."""
        await gate.commits.broke.wait()
        self.broke.set()

    async def _by_token(self, key: str, scope: Scope) -> Gate | None:
        code = fingerprint(key)
        known = self._tokens.get(code)
        if known is None or known.until <= monotonic():
            known = await self._looked_up(key, known)
            self._remember(code, known)
        if known is None or scope not in known.scopes:
            return None
        gate = await self.of(known.project)
        return replace(gate, allowance=known.allowance)

    def _remember(self, code: bytes, known: "_Token | None") -> None:
        """What a token opens; where too many are remembered, the longest unasked one goes."""
        self._tokens.pop(code, None)
        if known is not None:
            self._tokens[code] = known
        while len(self._tokens) > MOST_TOKENS:
            self._tokens.popitem(last=False)

    async def _looked_up(self, key: str, before: "_Token | None") -> "_Token | None":
        allowance = before.allowance if before else Allowance(self._settings.events_per_second)
        until = monotonic() + TOKENS_HOLD
        try:
            caller = await asyncio.to_thread(lambda: self._desk().caller(key, ""))
        except Refused:
            return None
        scopes: set[Scope] = {"write"} if caller.may("write") else set()
        if caller.may("export") and not caller.role.is_view:
            scopes.add("read")
        return _Token(caller.project, frozenset(scopes), until, allowance)


@dataclass(frozen=True)
class _Token:
    """What a token opens, ``until`` it is looked up again."""

    project: str
    scopes: frozenset[Scope]
    until: float
    allowance: Allowance
