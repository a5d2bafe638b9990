"""The routes for what is saved by name: cohorts, traits, KPIs, their history; a KPI's numbers."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.ask.kpis.asking import Asking
from ethogram.ask.kpis.definition import KINDS
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.traits.definition import Trait
from ethogram.events.event import Json
from ethogram.events.times import iso
from ethogram.protect.access.permissions import Permission
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Endpoint, Operation, as_json, body_of, ports_of, query_of
from ethogram.show.api.ports import Saved
from ethogram.show.api.workers import QUESTIONS, in_thread
from ethogram.show.charts.answers import KpiAnswer
from ethogram.store.registry.port import Definition, Kind


class Version(msgspec.Struct, frozen=True):
    """One version of what is saved under a name; without a body, it was dropped then."""

    name: str
    version: int
    body: dict[str, Json] | None
    made_at: str
    note: str


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it changed, for those who read the history."""

    note: str = ""


def told(definition: Definition) -> Version:
    """``definition`` as people and other programs read it."""
    return Version(definition.name, definition.version, definition.body,
                   iso(definition.made_at), definition.note)  # fmt: skip


async def ask(request: Request) -> Response:
    """Answer the KPI that the path names."""
    body = await body_of(request)
    work = partial(ports_of(request).kpi, request.path_params["name"], body)
    return as_json(await in_thread(request, work, QUESTIONS))


def operations() -> tuple[Operation, ...]:
    """The table of these routes."""
    return (
        *_of("cohort", "/api/cohorts", "cohort", (Cohort,)),
        *_of("trait", "/api/traits", "trait", (Trait,)),
        *_of("kpi", "/api/kpis", "KPI", tuple(KINDS.values())),
        Operation("POST", "/api/kpis/{name}/ask", "The numbers of a KPI", ask,
                  {JSON: (KpiAnswer,)}, body=(Asking,), fails=(400, 404, 413, 503),
                  needs="ask", scanned=True),
    )  # fmt: skip


def _of(kind: Kind, path: str, word: str, body: tuple[Any, ...]) -> tuple[Operation, ...]:
    one = f"{path}/{{name}}"

    def route(method: Literal["GET", "PUT", "DELETE"], at: str, summary: str,
              work: Callable[[Saved, str, bytes, str], Any], **more: Any) -> Operation:  # fmt: skip
        answers = {JSON: (list[Version] if more.pop("many", False) else Version,)}
        needs: Permission = "ask" if method == "GET" else "save"
        audited = None if method == "GET" else "change"
        return Operation(method, at, summary, _endpoint(work), answers, fails=(400, 404, 503),
                         needs=needs, scanned=True, audited=audited, **more)  # fmt: skip

    return (
        route("GET", path, f"Every saved {word}", lambda saved, *_: saved.list(kind), many=True),
        route("GET", one, f"A saved {word}", lambda saved, name, *_: saved.show(kind, name)),
        route("GET", f"{one}/history", f"Every version of a saved {word}",
              lambda saved, name, *_: saved.history(kind, name), many=True),
        route("PUT", one, f"Save a {word}; it becomes the newest version",
              lambda saved, name, sent, note: saved.save(kind, name, sent, note),
              body=body, query=Note),
        route("DELETE", one, f"Drop a saved {word}; its history stays",
              lambda saved, name, _, note: saved.drop(kind, name, note), query=Note),
    )  # fmt: skip


def _endpoint(work: Callable[[Saved, str, bytes, str], Any]) -> Endpoint:
    """The endpoint that does ``work`` with the name, the body and the note of a request."""

    async def endpoint(request: Request) -> Response:
        note = query_of(request, Note).note
        body = await body_of(request)
        name = request.path_params.get("name", "")
        saved = ports_of(request).saved
        found = await in_thread(request, partial(work, saved, name, body, note))
        return as_json([told(each) for each in found] if isinstance(found, list) else told(found))

    return endpoint
