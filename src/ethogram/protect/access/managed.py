"""A project is never left without somebody who says who may look."""

from collections.abc import Generator
from contextlib import contextmanager

from ethogram.events.errors import Invalid
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.desk import Desk
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection
from ethogram.store.registry.access.records import Membership


@contextmanager
def managed(desk: Desk, connection: Connection, caller: Caller) -> Generator[None]:
    """What is done within leaves the caller's project a member who may give roles and define them.

    Raises `Invalid` (``last_manager``) where it takes the last one; the owner of the machine may.
    """
    before = _is_managed(desk, connection, caller.project)
    yield
    if before and caller.who != "owner" and not _is_managed(desk, connection, caller.project):
        raise Invalid(
            "last_manager",
            "Nobody else in the project may invite people and define roles.",
            hint="Give somebody such a role first.",
        )


def _is_managed(desk: Desk, connection: Connection, project: str) -> bool:
    members = rows.many(connection, Membership, "account", project=project)
    roles = [desk.role(connection, project, name) for name in {each.role for each in members}]
    return any(
        role is not None and not role.is_view and {"accounts", "roles"} <= {*role.permissions}
        for role in roles
    )
