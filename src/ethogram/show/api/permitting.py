"""Who may have what a route answers: the caller is found, and what they need is compared.

A key, a token or a session comes in the ``Authorization`` header, or in a cookie of this browser
(`cookies`). What changes something is refused where the browser does not say that it comes from
a page of this server.
"""

import asyncio
from functools import wraps
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.errors import NotPermitted, Refused
from ethogram.events.event import Json
from ethogram.protect.access.addresses import network
from ethogram.protect.access.caller import Caller, owner
from ethogram.protect.access.desk import unknown
from ethogram.protect.access.permissions import Permission
from ethogram.protect.access.trail import Line, line
from ethogram.show.api import cookies
from ethogram.show.api.operation import Endpoint, Operation, caller_of, installation_of
from ethogram.store.registry.port import is_name

ADDRESS = "x-ethogram-address"
"""Where a request came from, as the process before this one says."""
PROJECT = "x-ethogram-project"
"""The project that the machine's owner means, on the socket that is theirs."""
_SAFE = ("GET", "HEAD", "OPTIONS")


def permitting(operation: Operation) -> Endpoint:
    """The operation's endpoint, for those only who may have it.

    Raises `Refused` where nobody is known, `NotPermitted` where they may not, `Throttled` where
    they ask too often.
    """

    @wraps(operation.endpoint)
    async def permitted(request: Request) -> Response:
        _check_origin(request)
        if operation.needs is None:
            return await operation.endpoint(request)
        caller = await identified(request)
        _permit(operation, caller, request.url.path)
        if operation.method not in _SAFE:
            installation_of(request).allow(caller)
        request.state.caller = caller
        made = installation_of(request).ports
        request.state.ports = await asyncio.to_thread(made, caller.project, caller.role)
        if operation.audited is None:
            return await operation.endpoint(request)
        return await _written(request, operation)

    return permitted


async def looking(request: Request, permission: Permission, **detail: Json) -> None:
    """A route finds in what was sent that it needs another ``permission``; that is written down."""
    caller = caller_of(request)
    caller.permit(permission, request.url.path)
    said = line(caller, f"{request.method} {request.url.path}", permission=permission, **detail)
    await _kept(request, said)


async def identified(request: Request) -> Caller:
    """Who asks. Raises `Refused`."""
    if request.scope["server"] and request.scope["server"][0] == request.app.state.owned:
        return owner(request.headers.get(PROJECT, "default"))
    desk = installation_of(request).desk
    said, kept = _bearer(request), cookies.given(request)
    address = network(request.headers.get(ADDRESS, ""))
    try:
        caller = desk.by_key(said or kept, address)
        if caller and not said and not await asyncio.to_thread(is_open, request):
            raise unknown("")  # who can sign in shows no key
        return caller or await asyncio.to_thread(desk.caller, said or kept, address)
    except Refused as error:
        error.at = request.url.path
        raise


def is_open(request: Request) -> bool:
    """Whether a browser may show a key: to this machine alone, while nobody has an account."""
    installation = installation_of(request)
    return installation.is_open and not installation.desk.has_accounts()


def _bearer(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _permit(operation: Operation, caller: Caller, at: str) -> None:
    if operation.needs == "account":
        if caller.account is None:
            raise NotPermitted("no_account", "This is for who has signed in.", at=at)
    elif operation.needs is not None:
        caller.permit(operation.needs, at)
    if caller.role.is_view and not operation.scanned:
        raise NotPermitted(
            "not_in_view", "Your role sees a part of the data, and this could tell more.", at=at,
            hint="Ask questions instead: their answers are of what the role sees.",
        )  # fmt: skip


async def _written(request: Request, operation: Operation) -> Response:
    """The answer, once the audit says durably that it was asked for."""
    caller = caller_of(request)
    named = {name: said for name, said in request.path_params.items() if is_name(said)}
    said = line(caller, f"{operation.method} {operation.path}", **named)
    kept = asyncio.create_task(_kept(request, said))
    try:
        return await operation.endpoint(request)
    finally:
        await kept


async def _kept(request: Request, said: Line) -> None:
    desk, project = installation_of(request).desk, caller_of(request).project
    trail = await asyncio.to_thread(lambda: desk.trail)
    await asyncio.wrap_future(trail.keep(project, said))


def _check_origin(request: Request) -> None:
    """Raise `NotPermitted` for a change that another site's page might have asked for."""
    if request.method in _SAFE or _bearer(request):
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        own = site in ("same-origin", "none")
    elif origin is not None:
        own = urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    else:
        own = not request.cookies
    if not own:
        raise NotPermitted(
            "cross_site", "Another site's page may not do this in your name.",
            at=request.url.path, hint="Programs send `Authorization: Bearer TOKEN` instead.",
        )  # fmt: skip
