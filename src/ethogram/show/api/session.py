"""The routes by which people sign in and out, and are told who they are."""

from functools import partial
from typing import Literal

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.errors import Refused
from ethogram.protect.access import accounts, invitations, sessions
from ethogram.protect.access.addresses import network
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.permissions import PERMISSIONS
from ethogram.protect.access.sessions import Browser, SignedIn
from ethogram.show.api import cookies
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Operation,
    as_json,
    body_of,
    caller_of,
    decoded,
    desk_of,
    installation_of,
)
from ethogram.show.api.permitting import ADDRESS, identified
from ethogram.show.api.ports import Installation
from ethogram.show.api.workers import in_thread
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.records import Account, Membership


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs in; ``code`` is that of a second factor, where the account has one."""

    email: str
    password: str
    code: str = ""


class SetUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first account, by the ``code`` that the server printed."""

    code: str
    email: str
    password: str


class Invited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes up an invitation; ``code`` as in `SignIn`, where there is an account already."""

    invitation: str
    password: str
    code: str = ""


class Elsewhere(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another project of one's own."""

    project: str


class Done(msgspec.Struct, frozen=True):
    """It is done."""

    ok: bool = True


class Me(msgspec.Struct, frozen=True):
    """Who asks, and what they may.

    ``sign_in`` is how somebody becomes known here: by a ``key`` in the address, by a
    ``password``, or by a ``code`` that the server printed, where nobody has an account yet.
    """

    sign_in: Literal["key", "password", "code"]
    provider: str | None
    email: str | None
    project: str | None
    projects: list[str]
    permissions: list[str]
    second_factor: bool


def browser_of(request: Request) -> Browser:
    """Where a request comes from."""
    address = network(request.headers.get(ADDRESS, ""))
    agent = request.headers.get("user-agent", "")
    return Browser(address, agent, cookies.given(request), cookies.given(request, cookies.DEVICE))


def kept(request: Request, signed: SignedIn, response: Response) -> Response:
    """``response``, by which the browser keeps its session and its mark."""
    cookies.give(request, response, signed.session)
    if signed.device:
        cookies.give(request, response, signed.device, cookies.DEVICE)
    return response


async def me(request: Request) -> Response:
    """Say who asks, where somebody is known, and else how they become it."""
    installation = installation_of(request)
    try:
        caller = await identified(request)
    except Refused:
        caller = None
    return as_json(await in_thread(request, partial(_me, installation, caller)))


async def sign_in(request: Request) -> Response:
    """Sign in by a password."""
    desk, body, browser = (
        desk_of(request),
        await decoded(request, SignIn),
        browser_of(request),
    )
    work = partial(sessions.sign_in, desk, browser, body.email, body.password, body.code)
    return await _signed(request, await in_thread(request, work))


async def set_up(request: Request) -> Response:
    """Make the first account."""
    desk, body, browser = (
        desk_of(request),
        await decoded(request, SetUp),
        browser_of(request),
    )
    work = partial(accounts.set_up, desk, browser, body.code, body.email, body.password)
    return await _signed(request, await in_thread(request, work))


async def accept(request: Request) -> Response:
    """Take up an invitation."""
    desk, body, browser = (
        desk_of(request),
        await decoded(request, Invited),
        browser_of(request),
    )
    work = partial(invitations.accept, desk, browser, body.invitation, body.password, body.code)
    return await _signed(request, await in_thread(request, work))


async def switch(request: Request) -> Response:
    """Go on in another project."""
    desk, body, browser = (
        desk_of(request),
        await decoded(request, Elsewhere),
        browser_of(request),
    )
    work = partial(sessions.switch, desk, caller_of(request), browser, body.project)
    return await _signed(request, await in_thread(request, work))


async def sign_out(request: Request) -> Response:
    """End the session."""
    desk, caller = desk_of(request), caller_of(request)
    await body_of(request)
    await in_thread(request, partial(sessions.end, desk, caller))
    response = as_json(Done())
    cookies.take(request, response)
    return response


async def _signed(request: Request, signed: SignedIn) -> Response:
    installation = installation_of(request)
    caller = await in_thread(request, partial(installation.desk.caller, signed.session, ""))
    told = await in_thread(request, partial(_me, installation, caller))
    return kept(request, signed, as_json(told))


def _me(installation: Installation, caller: Caller | None) -> Me:
    desk = installation.desk
    by = "password" if desk.has_accounts() else "key" if installation.is_open else "code"
    provider = installation.provider and installation.provider.name
    nobody = Me(by, provider, None, None, [], [], second_factor=False)
    if caller is None:
        return nobody
    permissions = [each for each in PERMISSIONS if caller.may(each)]
    known = replace(nobody, project=caller.project, permissions=[*permissions])
    if caller.account is None:
        return replace(known, projects=[caller.project])
    with desk.database.reading() as connection:
        account = rows.one(connection, Account, id=caller.account)
        members = rows.many(connection, Membership, "project", account=caller.account)
    assert account is not None
    return replace(
        known, email=account.email, projects=[each.project for each in members],
        second_factor=account.second is not None,
    )  # fmt: skip


OPERATIONS = (
    Operation("GET", "/api/session", "Who asks, and what they may", me, {JSON: (Me,)},
              fails=(503,), needs=None),
    Operation("POST", "/api/session", "Sign in", sign_in, {JSON: (Me,)}, body=(SignIn,),
              fails=(400, 401, 403, 413, 429, 503), needs=None),
    Operation("POST", "/api/session/first", "Make the first account", set_up, {JSON: (Me,)},
              body=(SetUp,), fails=(400, 403, 404, 413, 503), needs=None),
    Operation("POST", "/api/session/invitation", "Take up an invitation", accept, {JSON: (Me,)},
              body=(Invited,), fails=(400, 401, 403, 404, 413, 429, 503), needs=None),
    Operation("PUT", "/api/session/project", "Go on in another project", switch, {JSON: (Me,)},
              body=(Elsewhere,), fails=(400, 404, 413, 503), needs="account", scanned=True),
    Operation("DELETE", "/api/session", "Sign out", sign_out, {JSON: (Done,)}, fails=(503,),
              needs="account", scanned=True),
)  # fmt: skip
