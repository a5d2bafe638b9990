"""The routes of the rules of retention."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from ethogram.protect.retention import RetentionRule
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Operation, as_json, body_of, ports_of, query_of
from ethogram.show.api.ports import Gone
from ethogram.show.api.saved import Note, Version, told
from ethogram.show.api.workers import in_thread


async def listed(request: Request) -> Response:
    """List the rules."""
    found = await in_thread(request, ports_of(request).retention.rules)
    return as_json([told(each) for each in found])


async def save(request: Request) -> Response:
    """Save a rule."""
    note, body = query_of(request, Note).note, await body_of(request)
    work = partial(ports_of(request).retention.save, request.path_params["name"], body, note)
    return as_json(told(await in_thread(request, work)))


async def drop(request: Request) -> Response:
    """Drop a rule."""
    note, _ = query_of(request, Note).note, await body_of(request)
    work = partial(ports_of(request).retention.drop, request.path_params["name"], note)
    return as_json(told(await in_thread(request, work)))


async def run(request: Request) -> Response:
    """Erase what is due; the rooms' receipts follow."""
    await body_of(request)
    return as_json(await in_thread(request, ports_of(request).retention.run))


OPERATIONS = (
    Operation("GET", "/api/retention", "How long what is kept", listed,
              {JSON: (list[Version],)}, fails=(503,), needs="settings"),
    Operation("PUT", "/api/retention/{name}", "Save a rule of retention", save,
              {JSON: (Version,)}, body=(RetentionRule,), query=Note, fails=(400, 413, 503),
              needs="erase", audited="change"),
    Operation("DELETE", "/api/retention/{name}", "Drop a rule of retention", drop,
              {JSON: (Version,)}, query=Note, fails=(404, 503), needs="erase",
              audited="change"),
    Operation("POST", "/api/retention", "Erase what is due now", run,
              {JSON: (list[Gone],)}, fails=(503,), needs="erase", audited="change"),
)  # fmt: skip
