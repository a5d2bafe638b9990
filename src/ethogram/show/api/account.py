"""The routes of one's own account: password, second factor, sessions."""

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.times import iso
from ethogram.protect.access import accounts, second, sessions
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Operation,
    as_json,
    body_of,
    caller_of,
    decoded,
    desk_of,
)
from ethogram.show.api.session import Done, browser_of, kept
from ethogram.show.api.workers import in_thread


class Password(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password that holds, and the one that is to."""

    old: str
    new: str


class Factor(msgspec.Struct, frozen=True):
    """The secret of a second factor, and its QR code (SVG)."""

    secret: str
    picture: str


class Confirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret that was scanned, its code of now, and the account's password."""

    secret: str
    code: str
    password: str


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second factor's code of now, or a recovery code."""

    code: str


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Codes that stand in for the second factor, once each; told this once."""

    codes: list[str]


class SessionTold(msgspec.Struct, frozen=True):
    """A browser in which one is signed in; ``own`` is the one that asks."""

    id: str
    made_at: str
    seen_at: str
    address: str
    agent: str
    own: bool


async def password(request: Request) -> Response:
    """Change the password; other sessions end."""
    desk, caller, browser = desk_of(request), caller_of(request), browser_of(request)
    body = await decoded(request, Password)
    work = partial(accounts.change_password, desk, caller, browser, body.old, body.new)
    return kept(request, await in_thread(request, work), as_json(Done()))


async def begin(request: Request) -> Response:
    """Begin with a second factor."""
    desk, caller = desk_of(request), caller_of(request)
    await body_of(request)
    return as_json(Factor(*await in_thread(request, partial(second.begin, desk, caller))))


async def confirm(request: Request) -> Response:
    """Have the second factor count."""
    desk, caller, browser = desk_of(request), caller_of(request), browser_of(request)
    body = await decoded(request, Confirmed)

    def work() -> list[str]:
        sessions.prove_own(desk, browser, caller, body.password)
        return second.confirm(desk, caller, body.secret, body.code)

    return as_json(RecoveryCodes(await in_thread(request, work)))


async def remove(request: Request) -> Response:
    """Do without a second factor."""
    desk, caller = desk_of(request), caller_of(request)
    body = await decoded(request, Code)
    await in_thread(request, partial(second.remove, desk, caller, body.code))
    return as_json(Done())


async def listed(request: Request) -> Response:
    """List one's sessions."""
    desk, caller = desk_of(request), caller_of(request)
    found = await in_thread(request, partial(sessions.listed, desk, caller.account or ""))
    return as_json(
        [
            SessionTold(sessions.id_of(each), iso(each.made_at), iso(each.seen_at), each.address,
                        each.agent, each.code == caller.session)
            for each in found
        ]
    )  # fmt: skip


async def revoke(request: Request) -> Response:
    """End one of one's sessions."""
    desk, caller = desk_of(request), caller_of(request)
    await body_of(request)
    work = partial(sessions.revoke, desk, caller, request.path_params["id"])
    await in_thread(request, work)
    return as_json(Done())


OPERATIONS = (
    Operation("PUT", "/api/account/password", "Change the password", password, {JSON: (Done,)},
              body=(Password,), fails=(400, 413, 429, 503), needs="account", scanned=True),
    Operation("POST", "/api/account/second", "A new second factor, to be confirmed", begin,
              {JSON: (Factor,)}, fails=(503,), needs="account", scanned=True),
    Operation("PUT", "/api/account/second", "Confirm the second factor", confirm,
              {JSON: (RecoveryCodes,)}, body=(Confirmed,), fails=(400, 413, 429, 503),
              needs="account", scanned=True),
    Operation("DELETE", "/api/account/second", "Do without a second factor", remove,
              {JSON: (Done,)}, body=(Code,), fails=(400, 413, 503), needs="account",
              scanned=True),
    Operation("GET", "/api/account/sessions", "One's own sessions", listed,
              {JSON: (list[SessionTold],)}, fails=(503,), needs="account", scanned=True),
    Operation("DELETE", "/api/account/sessions/{id}", "End one of one's sessions", revoke,
              {JSON: (Done,)}, fails=(404, 503), needs="account", scanned=True),
)  # fmt: skip
