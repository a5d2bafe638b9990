"""The routes of tokens."""

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.times import iso, parse
from ethogram.protect.access import tokens
from ethogram.protect.access.permissions import Permission
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Operation,
    as_json,
    caller_of,
    decoded,
    desk_of,
)
from ethogram.show.api.workers import in_thread
from ethogram.store.registry.access.records import Token


class TokenMade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new token is to be: ``until`` is ISO 8601; without it the token has no end."""

    name: str
    permissions: tuple[Permission, ...]
    until: str | None = None


class TokenTold(msgspec.Struct, frozen=True):
    """A token; ``token`` itself is told once, as it is made."""

    id: str
    name: str
    permissions: list[str]
    made_by: str
    made_at: str
    until: str | None
    used_at: str | None
    revoked_at: str | None
    token: str | None = None


def told(token: Token, said: str | None = None) -> TokenTold:
    """``token`` as people read it."""
    until, used, revoked = (
        None if at is None else iso(at) for at in (token.until, token.used_at, token.revoked_at)
    )
    return TokenTold(token.id, token.name, token.permissions, token.made_by, iso(token.made_at),
                     until, used, revoked, said)  # fmt: skip


async def add(request: Request) -> Response:
    """Make a token."""
    desk, caller = desk_of(request), caller_of(request)
    body = await decoded(request, TokenMade)
    until = None if body.until is None else parse(body.until, "$.until")
    work = partial(tokens.add, desk, caller, body.name, body.permissions, until)
    said, token = await in_thread(request, work)
    return as_json(told(token, said))


async def listed(request: Request) -> Response:
    """List the tokens of the project."""
    desk, caller = desk_of(request), caller_of(request)
    found = await in_thread(request, partial(tokens.listed, desk, caller.project))
    return as_json([told(each) for each in found])


async def revoke(request: Request) -> Response:
    """Revoke a token."""
    desk, caller = desk_of(request), caller_of(request)
    work = partial(tokens.revoke, desk, caller, request.path_params["id"])
    return as_json(told(await in_thread(request, work)))


OPERATIONS = (
    Operation("GET", "/api/tokens", "The tokens of the project", listed,
              {JSON: (list[TokenTold],)}, fails=(503,), needs="tokens"),
    Operation("POST", "/api/tokens", "Make a token; it is told this once", add,
              {JSON: (TokenTold,)}, body=(TokenMade,), fails=(400, 413, 503), needs="tokens"),
    Operation("DELETE", "/api/tokens/{id}", "Revoke a token", revoke, {JSON: (TokenTold,)},
              fails=(404, 503), needs="tokens"),
)  # fmt: skip
