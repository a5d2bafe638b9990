"""Roles of a project's own, beside the built-in ones."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ethogram.events.errors import Invalid, NotFound, nearest
from ethogram.protect.access import invitations
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.managed import managed
from ethogram.protect.access.roles import BUILT_IN, Role, check
from ethogram.protect.access.trail import line
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.records import Invitation, Membership, SavedRole
from ethogram.store.registry.port import check_name


def listed(desk: Desk, project: str) -> Mapping[str, Role]:
    """The roles of ``project`` by name, the built-in ones first."""
    with desk.database.reading() as connection:
        saved = rows.many(connection, SavedRole, "name", project=project)
    return {**BUILT_IN, **{each.name: msgspec.convert(each.body, Role) for each in saved}}


def save(desk: Desk, caller: Caller, name: str, role: Role) -> None:
    """Define a role; who has it may that at once.

    Raises `NotPermitted` where it could do more than who defines it, now or before, and `Invalid`
    where nobody could manage the project any more.
    """
    check_name(name)
    check(role)
    if name in BUILT_IN:
        raise Invalid("built_in", f"The role {name!r} is built in.", at="$.name",
                      hint="Give yours another name.")  # fmt: skip
    caller.give(role, "$")
    body = msgspec.to_builtins(role)
    with desk.database.writing() as connection:
        if before := desk.role(connection, caller.project, name):
            caller.give(before, "$.name")
        with managed(desk, connection, caller):
            rows.put(connection, SavedRole(caller.project, name, body))
        told = line(caller, "role defined", name, **body)
        desk.trail.append(connection, caller.project, told)


def drop(desk: Desk, caller: Caller, name: str) -> None:
    """Drop a role. Raises `NotFound`, and `Invalid` where somebody has it or is invited to it."""
    with desk.database.writing() as connection:
        role = desk.role(connection, caller.project, name)
        if role is None or name in BUILT_IN:
            saved = rows.many(connection, SavedRole, "name", project=caller.project)
            raise NotFound("unknown_role", f"There is no role {name[:64]!r} of your own.",
                           at="$.name", hint=nearest(name, (each.name for each in saved)),
                           )  # fmt: skip
        caller.give(role, "$.name")
        own: dict[str, Any] = {"project": caller.project, "role": name}
        members = rows.many(connection, Membership, "account", **own)
        invited = rows.many(connection, Invitation, "email", **own)
        if members or any(invitations.holds(desk, connection, each) for each in invited):
            raise Invalid("role_in_use", f"Somebody has the role {name!r}.", at="$.name",
                          hint="Give them another one first.")  # fmt: skip
        rows.drop(connection, SavedRole, project=caller.project, name=name)
        rows.drop(connection, Invitation, **own)
        desk.trail.append(connection, caller.project, line(caller, "role dropped", name))
