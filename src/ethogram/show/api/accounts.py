"""The routes of a project's accounts and roles."""

from collections.abc import Callable
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.times import iso
from ethogram.protect.access import accounts, saved_roles
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.roles import BUILT_IN, Role
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Endpoint,
    Operation,
    as_json,
    body_of,
    caller_of,
    decoded,
    desk_of,
)
from ethogram.show.api.session import Done
from ethogram.show.api.workers import in_thread


class AccountTold(msgspec.Struct, frozen=True):
    """An account and its role in the project."""

    id: str
    email: str
    role: str
    second_factor: bool
    made_at: str


class RoleGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another role."""

    role: str


class RoleTold(msgspec.Struct, frozen=True):
    """A role; one that is ``built_in`` cannot be changed. ``k`` is the smallest group told of."""

    name: str
    built_in: bool
    k: int
    body: Role


def _told(member: accounts.Member) -> AccountTold:
    return AccountTold(member.id, member.email, member.role, member.second_factor,
                       iso(member.made_at))  # fmt: skip


async def listed(request: Request) -> Response:
    """List the accounts of the project."""
    desk, caller = desk_of(request), caller_of(request)
    found = await in_thread(request, partial(accounts.members, desk, caller.project))
    return as_json([_told(each) for each in found])


async def change_role(request: Request) -> Response:
    """Give an account another role."""
    desk, caller = desk_of(request), caller_of(request)
    body = await decoded(request, RoleGiven)
    work = partial(accounts.change_role, desk, caller, request.path_params["id"], body.role)
    return as_json(_told(await in_thread(request, work)))


def _named(work: Callable[[Desk, Caller, str], object], name: str) -> Endpoint:
    """The endpoint that does ``work`` with what the path names."""

    async def endpoint(request: Request) -> Response:
        desk, caller = desk_of(request), caller_of(request)
        await body_of(request)
        await in_thread(request, partial(work, desk, caller, request.path_params[name]))
        return as_json(Done())

    return endpoint


async def roles_listed(request: Request) -> Response:
    """List the roles."""
    desk, caller = desk_of(request), caller_of(request)
    found = await in_thread(request, partial(saved_roles.listed, desk, caller.project))
    return as_json([_role_told(name, role) for name, role in found.items()])


async def role_saved(request: Request) -> Response:
    """Define a role."""
    desk, caller, name = (
        desk_of(request),
        caller_of(request),
        request.path_params["name"],
    )
    role = await decoded(request, Role)
    await in_thread(request, partial(saved_roles.save, desk, caller, name, role))
    return as_json(_role_told(name, role))


def _role_told(name: str, role: Role) -> RoleTold:
    return RoleTold(name, name in BUILT_IN, role.smallest, role)


OPERATIONS = (
    Operation("GET", "/api/accounts", "The accounts of the project", listed,
              {JSON: (list[AccountTold],)}, fails=(503,), needs="accounts", audited="look"),
    Operation("PUT", "/api/accounts/{id}", "Give an account another role", change_role,
              {JSON: (AccountTold,)}, body=(RoleGiven,), fails=(400, 404, 413, 503),
              needs="accounts"),
    Operation("DELETE", "/api/accounts/{id}", "Take an account out of the project",
              _named(accounts.remove, "id"), {JSON: (Done,)}, fails=(400, 404, 503),
              needs="accounts"),
    Operation("GET", "/api/roles", "The roles of the project", roles_listed,
              {JSON: (list[RoleTold],)}, fails=(503,), needs="accounts"),
    Operation("PUT", "/api/roles/{name}", "Define a role", role_saved, {JSON: (RoleTold,)},
              body=(Role,), fails=(400, 404, 413, 503), needs="roles"),
    Operation("DELETE", "/api/roles/{name}", "Drop a role that nobody has",
              _named(saved_roles.drop, "name"), {JSON: (Done,)}, fails=(400, 404, 503),
              needs="roles"),
)  # fmt: skip
