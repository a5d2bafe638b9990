"""The routes of the audit: its lines, the signed roots of its days, the state of compliance."""

from functools import partial
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.protect.access.trail import Line, Root
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Operation,
    as_json,
    caller_of,
    desk_of,
    ports_of,
    query_of,
)
from ethogram.show.api.workers import in_thread
from ethogram.show.reports.compliance.report import Report

MOST = 1000


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which lines: ``limit`` of them, behind number ``after``; without it the newest."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 100


class LineTold(msgspec.Struct, frozen=True):
    """A line and its number; ``link`` is its keyed hash with all before it."""

    number: int
    line: Line
    link: str


async def lines(request: Request) -> Response:
    """Give lines of the project's audit."""
    page, caller = query_of(request, Page), caller_of(request)
    trail = desk_of(request).trail
    read = partial(trail.read, caller.project, page.after, page.limit)
    found = await in_thread(request, lambda: list(read()))
    return as_json(
        [
            LineTold(each.number, msgspec.json.decode(each.entry, type=Line), each.link.hex())
            for each in found
        ]
    )


async def roots(request: Request) -> Response:
    """Give the signed roots of the project's audit."""
    trail, project = desk_of(request).trail, caller_of(request).project
    return as_json(await in_thread(request, partial(trail.roots, project)))


async def compliance(request: Request) -> Response:
    """Give the state of compliance, each law's controls beside it."""
    desk, ports = desk_of(request), ports_of(request)
    return as_json(await in_thread(request, lambda: ports.compliance(desk)))


OPERATIONS = (
    Operation("GET", "/api/audit", "Who did what", lines, {JSON: (list[LineTold],)}, query=Page,
              fails=(400, 503), needs="audit"),
    Operation("GET", "/api/audit/roots", "The signed ends of the audit's days", roots,
              {JSON: (list[Root],)}, fails=(503,), needs="audit"),
    Operation("GET", "/api/audit/report", "The state of compliance", compliance,
              {JSON: (Report,)}, fails=(503,), needs="audit", audited="look"),
)  # fmt: skip
