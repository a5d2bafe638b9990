"""The routes of invitations to a project."""

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.times import iso
from ethogram.protect.access import invitations
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Operation,
    as_json,
    body_of,
    caller_of,
    decoded,
    desk_of,
)
from ethogram.show.api.session import Done
from ethogram.show.api.workers import in_thread
from ethogram.store.registry.access.records import Invitation as Kept


class Invite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is invited, and to which role."""

    email: str
    role: str


class Invitation(msgspec.Struct, frozen=True):
    """What the invited one needs, told this once: the site's ``/invitation#CODE``."""

    invitation: str


class InvitationTold(msgspec.Struct, frozen=True):
    """An invitation that holds, without its code."""

    id: str
    email: str
    role: str
    made_by: str
    until: str


def told(kept: Kept) -> InvitationTold:
    """An invitation as people read it."""
    id_, until = invitations.id_of(kept), iso(kept.until)
    return InvitationTold(id_, kept.email, kept.role, kept.made_by, until)


async def invite(request: Request) -> Response:
    """Invite somebody."""
    desk, caller = desk_of(request), caller_of(request)
    body = await decoded(request, Invite)
    work = partial(invitations.invite, desk, caller, body.email, body.role)
    return as_json(Invitation(await in_thread(request, work)))


async def listed(request: Request) -> Response:
    """List the invitations that hold."""
    desk, caller = desk_of(request), caller_of(request)
    found = await in_thread(request, partial(invitations.listed, desk, caller.project))
    return as_json([told(each) for each in found])


async def take_back(request: Request) -> Response:
    """Have an invitation hold no longer."""
    desk, caller = desk_of(request), caller_of(request)
    await body_of(request)
    work = partial(invitations.take_back, desk, caller, request.path_params["id"])
    await in_thread(request, work)
    return as_json(Done())


OPERATIONS = (
    Operation("POST", "/api/accounts", "Invite somebody to the project", invite,
              {JSON: (Invitation,)}, body=(Invite,), fails=(400, 404, 413, 503),
              needs="accounts"),
    Operation("GET", "/api/invitations", "The invitations that hold", listed,
              {JSON: (list[InvitationTold],)}, fails=(503,), needs="accounts", audited="look"),
    Operation("DELETE", "/api/invitations/{id}", "Take an invitation back", take_back,
              {JSON: (Done,)}, fails=(404, 503), needs="accounts"),
)  # fmt: skip
