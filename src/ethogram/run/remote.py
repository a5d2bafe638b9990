"""A workspace that a server has, spoken to through the server's sockets."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import replace

from ethogram.ask.kpis.asking import Asking
from ethogram.ask.plans.report import PlanReport
from ethogram.ask.questions.answer import Answer
from ethogram.ask.questions.catalog import CATALOG, plain
from ethogram.ask.sequences.run import Int64s, State
from ethogram.ask.sql.answer import SqlAnswer
from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Letter, Outcome, Step
from ethogram.collect.letters import Replayed
from ethogram.events.errors import (
    Busy,
)
from ethogram.events.event import Event
from ethogram.events.plan import Plan
from ethogram.protect.keyring import Keyring
from ethogram.run import assembly
from ethogram.run.audited import note
from ethogram.run.calling import answered, client_of, told
from ethogram.run.dead_letters import DeadLetters
from ethogram.run.drawable import drawable
from ethogram.run.embedded import Said
from ethogram.run.exporting import Export
from ethogram.run.importing import Target
from ethogram.run.looking import Looking
from ethogram.run.planning import Planning
from ethogram.run.presence import Presence
from ethogram.run.remote_consents import RemoteConsents, RemoteRetention
from ethogram.run.remote_people import RemoteMerging, RemoteRequests
from ethogram.run.saved import SavedThings
from ethogram.run.settings import load
from ethogram.run.workspace import Workspace
from ethogram.show.api.findings import Findings, SealedAfterwards
from ethogram.show.api.ports import Found, People, Verdict
from ethogram.show.api.profile import AskedProfile, Profile
from ethogram.show.api.sql import ARROW
from ethogram.show.exports.sending import Sent
from ethogram.show.reports.compliance.report import Report
from ethogram.store.lake.lookups import Lookups
from ethogram.store.log.entries import pack_table

BODY_BYTES = 900_000
FORGETTING = 600.0
STARTING = 60.0
"""Seconds that a server may take to answer after it takes events."""
_encode = msgspec.json.Encoder(enc_hook=plain).encode


class Remote:
    """See `ethogram.run.embedded.Embedded`; the server must run on this machine."""

    rows = 5_000
    """Of an import at a time: a server takes nothing else meanwhile, some 25 ms."""

    def __init__(
        self,
        here: Presence,
        keyring: Keyring,
        saved: SavedThings,
        looking: Looking,
        workspace: Workspace,
        *,
        project: str = "default",
    ) -> None:
        self._looking = looking
        self.dead_letters = DeadLetters(looking.log, looking.lake, keyring, self.append_letters)
        self.plan = Planning(looking.folder, self._plan_report, self._learn_plan, looking.sealed)
        self._saved = saved
        self.sources = assembly.sources(
            workspace, project, saved, target=self, keyring=keyring, settle=self._settle
        )
        settings = load(workspace.folder, {})
        self._exporter = assembly.exporter(
            workspace,
            project,
            settings,
            self.ask,
            self._status,
            sending=lambda: self.consents.sending,
            note=partial(note, workspace, project),
        )
        self.lookups = Lookups(workspace.project(project))
        self.cohorts = saved.cohorts
        self.kpis = saved.kpis
        self.traits = saved.traits
        self._keyring = keyring
        self._writer = client_of(here.socket, {"x-ethogram-project": project})
        self._asker = client_of(here.owner, {"x-ethogram-project": project, "host": "localhost"})
        self.merging = RemoteMerging(self._asker)
        self.requests = RemoteRequests(self._asker)
        self.consents = RemoteConsents(self._asker, saved, looking, settings.identity)
        self.retention = RemoteRetention(self._asker)

    def append(self, events: Sequence[Event]) -> Outcome:
        """Keep ``events``: durable when this returns, visible to questions soon after."""
        return self.append_claims(list(events))

    @contextmanager
    def importing(self) -> Generator[Target]:
        """See `Embedded.importing`."""
        yield self
        self._settle()

    def ask(self, spec: Said, *, cache: bool = True) -> Answer:
        """See `Embedded.ask`. The answer's people are those at the time of listing them."""
        body = spec if isinstance(spec, bytes | str) else _encode(spec)
        query = {} if cache else {"cache": "false"}
        found: dict[str, Any] = told(self._asker, "POST", "/api/ask", content=body, params=query)
        question, definition = found.pop("question"), found.pop("definition")
        state, cached = State(**found.pop("state")), found.pop("cached", False)
        rows = CATALOG[question].rows(found)

        def drill(cell: Mapping[str, Any]) -> Int64s:
            return np.array(self.people(definition, cell, None).people, np.int64)

        return drawable(Answer(question, definition, state, found, rows, drill, cached=cached))

    def people(self, spec: Said, cell: Mapping[str, Any], limit: int | None = 1000) -> People:
        """See `Embedded.people`."""
        question = msgspec.Raw(spec) if isinstance(spec, bytes | str) else spec
        body = _encode({"question": question, "cell": cell, "limit": limit})
        return msgspec.convert(told(self._asker, "POST", "/api/people", content=body), People)

    def find(self, property: str, value: str) -> Found:
        """See `Embedded.find`."""
        body = {"property": property, "value": value}
        return msgspec.convert(told(self._asker, "POST", "/api/people/find", json=body), Found)

    def findings(self, one_in: int = 1, *, anew: bool = False) -> Findings:
        """See `Embedded.findings`: in what a server has loaded into the lake by now."""
        query = {"one_in": str(one_in), "anew": str(anew).lower()}
        said = told(self._asker, "GET", "/api/privacy/findings", params=query)
        return msgspec.convert(said, Findings)

    def seal(self, property: str) -> SealedAfterwards:
        """See `Embedded.seal`."""
        said = told(self._asker, "POST", "/api/privacy/seal", json={"property": property})
        return msgspec.convert(said, SealedAfterwards)

    def profile(self, id_: str, **asked: Any) -> Profile:
        """See `Embedded.profile`."""
        body = _encode(AskedProfile(id_, **asked))
        return msgspec.convert(
            told(self._asker, "POST", "/api/person/profile", content=body), Profile
        )

    def kpi(self, name: str, asking: Asking | Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The value of a KPI and its series, refined by ``asking``: `POST /api/kpis/NAME/ask`."""
        path = f"/api/kpis/{quote(name, safe='')}/ask"
        return told(self._asker, "POST", path, content=_encode(asking or {}))

    def sql(self, said: str, limit: int | None = None) -> SqlAnswer:
        """What a SELECT over the views ``events``, ``sessions`` and ``people`` finds.

        At most ``limit`` rows, or as many as the setting ``sql_rows`` says.
        """
        body = {"sql": said} if limit is None else {"sql": said, "limit": limit}
        headers = {"accept": ARROW}
        found = answered(self._asker, "POST", "/api/sql", json=body, headers=headers)
        return SqlAnswer(pa.ipc.open_stream(found).read_all())

    def export(self, to: str, **said: Any) -> Sent:
        """See `Embedded.export`: what a server has loaded into the lake by now."""
        return self._exporter.export(Export(to=to, **said))

    def verify(self) -> Verdict:
        """Whether chain, lake and index agree."""
        return msgspec.convert(told(self._asker, "GET", "/api/verify"), Verdict)

    def compliance(self) -> Report:
        """The state of compliance."""
        return msgspec.convert(told(self._asker, "GET", "/api/audit/report"), Report)

    def keys(self) -> dict[str, str]:
        """The project's write key and read key."""
        return {"write": self._keyring.access("write"), "read": self._keyring.access("read")}

    def imported(self, mark: str) -> int:
        """See `Target`."""
        return told(self._writer, "GET", "/claims", params={"mark": mark})["rows"]

    def imports(self, beginning: str) -> dict[str, int]:
        """See `Target`."""
        return told(self._writer, "GET", "/claims", params={"beginning": beginning})["imports"]

    def append_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        """See `Target`."""
        query = _query(step) | {"form": "table", "keyed": str(keyed).lower()}
        said = told(self._writer, "POST", "/claims", params=query, content=pack_table(claims))
        return msgspec.convert(said, Outcome)

    def flush(self) -> None:
        """See `Target`: what a server has answered is durable."""

    def append_claims(
        self, claims: list[Claim], step: Step | None = None, protocol: str = "native"
    ) -> Outcome:
        """See `Target`."""
        total = Outcome()
        for first, count, body in _bodies(claims):
            path, query = "/v1/events", dict[str, str]()
            if step is not None:
                upto = step.upto - len(claims) + first + count
                path, query = "/claims", _query(replace(step, upto=upto))
                query |= {"form": "events", "protocol": protocol}
                step = replace(step, since=upto)
            said = told(self._writer, "POST", path, params=query, content=body)
            part = msgspec.convert(said, Outcome)
            total.accepted += part.accepted
            total.duplicates += part.duplicates
            total.warned += part.warned
            total.withheld += part.withheld
            total.rejected += [replace(each, index=each.index + first) for each in part.rejected]
        return total

    def append_letters(self, letters: Sequence[Letter]) -> Replayed:
        """See `Writing.append_letters`."""
        said = told(self._writer, "POST", "/replays", content=_encode(letters))
        return msgspec.convert(said, Replayed)

    def close(self) -> None:
        """Let go of the connections."""
        self._writer.close()
        self._asker.close()
        self._looking.close()
        self._saved.close()

    def __enter__(self) -> "Remote":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _plan_report(self) -> PlanReport:
        return msgspec.convert(told(self._asker, "GET", "/api/plan/report"), PlanReport)

    def _learn_plan(self) -> Plan:
        return msgspec.convert(told(self._asker, "GET", "/api/plan/learnt"), Plan)

    def _settle(self) -> None:
        """Wait until questions see what was appended."""
        end = self._status()["log"]
        while self._status()["index"] < end:
            sleep(0.05)

    def _status(self) -> dict[str, int]:
        """The positions, once the process that asks is there: it starts after that which takes."""
        until = monotonic() + STARTING
        while True:
            try:
                return told(self._asker, "GET", "/api/status")["positions"]
            except Busy:
                if monotonic() > until:
                    raise
                sleep(0.05)


def stand(here: Presence, project: str) -> None:
    """Have the server make the log of a ``project`` that is new."""
    with client_of(here.socket, {"x-ethogram-project": project}) as writer:
        told(writer, "GET", "/claims", params={"mark": ""})


def rewrap(here: Presence, project: str) -> bool:
    """Have the server wrap the secret of ``project`` by the newest of the master keys.

    False where it is to be asked again.
    """
    with client_of(here.socket, {"x-ethogram-project": project}) as writer:
        try:
            answered(writer, "POST", "/masters", content=b"{}")
        except Busy as error:
            if error.code != "still_read":
                raise
            return False
        return True


def _query(step: Step) -> dict[str, str]:
    return {"mark": step.name, "since": str(step.since), "rows": str(step.upto)}


def _bodies(claims: Sequence[Claim]) -> Iterator[tuple[int, int, bytes]]:
    """(index of its first claim, how many, a line each), each small enough for one request."""
    lines: list[bytes] = []
    first = size = 0
    for i, claim in enumerate(claims):
        line = claim.raw if isinstance(claim, Refusal) else _encode(claim)
        if lines and size + len(line) > BODY_BYTES:
            yield first, len(lines), b"\n".join(lines)
            lines, first, size = [], i, 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield first, len(lines), b"\n".join(lines)
