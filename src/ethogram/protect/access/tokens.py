"""Tokens: what programs are known by, each for one project and for some permissions."""

from collections.abc import Sequence

from msgspec.structs import replace

from ethogram.events.errors import Invalid, NotFound, NotPermitted
from ethogram.events.event import Instant
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.credentials import fingerprint, made, short_id
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.permissions import Permission
from ethogram.protect.access.trail import line
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.records import Token

LONGEST_NAME = 100


def add(
    desk: Desk,
    caller: Caller,
    name: str,
    permissions: Sequence[Permission],
    until: Instant | None = None,
) -> tuple[str, Token]:
    """A new token of the caller's project, and how it is known; it is told nowhere again.

    Raises `NotPermitted` where it could do more than who makes it.
    """
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid("bad_name", "A token's name has 1 to 100 characters.", at="$.name")
    if not permissions or len(set(permissions)) != len(permissions):
        raise Invalid("bad_permissions", "A token has some permissions, each once.",
                      at="$.permissions")  # fmt: skip
    if until is not None and until <= desk.clock():
        raise Invalid("already_over", "This token would be over already.", at="$.until")
    _check_maker(caller)
    caller.give(replace(caller.role, permissions=tuple(permissions)), "$.permissions")
    said = made("token")
    token = Token(
        short_id(), fingerprint(said), name, caller.project, list(permissions), caller.who,
        desk.clock(), until,
    )  # fmt: skip
    with desk.database.writing() as connection:
        rows.add(connection, token)
        told = line(caller, "token added", f"token:{token.id}", permissions=[*permissions])
        desk.trail.append(connection, caller.project, told)
    return said, token


def listed(desk: Desk, project: str) -> list[Token]:
    """The tokens of ``project``, revoked ones too, oldest first."""
    with desk.database.reading() as connection:
        return rows.many(connection, Token, "made_at", project=project)


def revoke(desk: Desk, caller: Caller, id_: str) -> Token:
    """The token, which holds no longer. Raises `NotFound`."""
    with desk.database.writing() as connection:
        token = rows.one(connection, Token, project=caller.project, id=id_)
        if token is None:
            raise NotFound("unknown_token", f"There is no token {id_[:64]!r}.", at="$.id",
                           hint="`ethogram tokens list` has their ids.")  # fmt: skip
        if token.revoked_at is None:
            rows.change(connection, Token, {"id": id_}, revoked_at=desk.clock())
            told = line(caller, "token revoked", f"token:{id_}")
            desk.trail.append(connection, caller.project, told)
        found = rows.one(connection, Token, id=id_)
    assert found is not None
    return found


def _check_maker(caller: Caller) -> None:
    if caller.who != "owner" and caller.account is None:
        raise NotPermitted("token_makes_token", "Only people make tokens.", at="$",
                           hint="Sign in, or use `ethogram tokens add`.")  # fmt: skip
