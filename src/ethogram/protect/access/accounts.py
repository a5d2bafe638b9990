"""Accounts and what they are in a project: made, given a role, removed."""

from dataclasses import dataclass

from ethogram.events.errors import Invalid, NotFound, nearest
from ethogram.events.event import Instant
from ethogram.events.times import DAY
from ethogram.protect.access import passwords, sessions
from ethogram.protect.access.caller import Caller, owner
from ethogram.protect.access.credentials import fingerprint, made, short_id
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.managed import managed
from ethogram.protect.access.roles import BUILT_IN
from ethogram.protect.access.sessions import Browser, SignedIn, plain
from ethogram.protect.access.trail import line
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection
from ethogram.store.registry.access.records import (
    Account,
    Identity,
    Invitation,
    Kept,
    Membership,
    RecoveryCode,
    SavedRole,
    Session,
)

SET_UP: Instant = DAY


@dataclass(frozen=True)
class Member:
    """An account in a project."""

    id: str
    email: str
    role: str
    second_factor: bool
    made_at: Instant


def members(desk: Desk, project: str) -> list[Member]:
    """Those of ``project``, by address."""
    with desk.database.reading() as connection:
        found = [
            (each, rows.one(connection, Account, id=each.account))
            for each in rows.many(connection, Membership, "account", project=project)
        ]
    told = [Member(a.id, a.email, m.role, a.second is not None, a.made_at) for m, a in found if a]
    return sorted(told, key=lambda each: each.email)


def add(desk: Desk, caller: Caller, email: str, role: str, password: str) -> Member:
    """An account with a role in the caller's project. Raises `Invalid` where it is there."""
    email, kept = checked(email), passwords.hashed(password)
    with desk.database.writing() as connection:
        check_giving(desk, connection, caller, role)
        if rows.one(connection, Account, email=email):
            raise Invalid("known_account", "There is an account of this address.", at="$.email",
                          hint="Invite it to the project instead.")  # fmt: skip
        account = Account(short_id(), email, kept, desk.clock())
        rows.add(connection, account)
        join(desk, connection, caller, account, role)
    return Member(account.id, email, role, second_factor=False, made_at=account.made_at)


def change_role(desk: Desk, caller: Caller, id_: str, role: str) -> Member:
    """Give an account another role in the caller's project; its sessions there end.

    Raises `Invalid` where nobody else could manage the project.
    """
    with desk.database.writing() as connection:
        member, account = _member(connection, caller, id_)
        check_giving(desk, connection, caller, member.role)
        check_giving(desk, connection, caller, role)
        rows.drop(connection, Session, account=id_, project=caller.project)
        with managed(desk, connection, caller):
            join(desk, connection, caller, account, role)
    return Member(id_, account.email, role, account.second is not None, account.made_at)


def remove(desk: Desk, caller: Caller, id_: str) -> None:
    """Take an account out of the caller's project; one that is in none is no account any more.

    Its invitations go with it. Raises `Invalid` where nobody else could manage the project.
    """
    with desk.database.writing() as connection:
        member, _ = _member(connection, caller, id_)
        check_giving(desk, connection, caller, member.role)
        with managed(desk, connection, caller):
            rows.drop(connection, Membership, account=id_, project=caller.project)
        rows.drop(connection, Invitation, made_by=f"account:{id_}", project=caller.project)
        rows.drop(connection, Session, account=id_, project=caller.project)
        if not rows.many(connection, Membership, "project", account=id_, most=1):
            rows.drop(connection, RecoveryCode, account=id_)
            rows.drop(connection, Identity, account=id_)
            rows.drop(connection, Account, id=id_)
        desk.trail.append(connection, caller.project, line(caller, "removed", f"account:{id_}"))


def set_password(desk: Desk, caller: Caller, email: str, password: str) -> None:
    """A new password, by the owner of the machine, and the only way in: every session of the
    account ends, its second factor, and whom another provider says that it is.
    """
    kept = passwords.hashed(password)
    with desk.database.writing() as connection:
        account = rows.one(connection, Account, email=plain(email))
        if account is None:
            raise NotFound("unknown_account", "There is no account of this address.")
        _renew(desk, connection, caller, account, kept)
        rows.change(connection, Account, {"id": account.id}, second=None, second_step=0)
        rows.drop(connection, RecoveryCode, account=account.id)
        rows.drop(connection, Identity, account=account.id)


def change_password(desk: Desk, caller: Caller, browser: Browser, old: str, new: str) -> SignedIn:
    """A new password of one's own; every session ends but a new one here."""
    sessions.prove_own(desk, browser, caller, old)
    kept = passwords.hashed(new)
    with desk.database.writing() as connection:
        account = rows.one(connection, Account, id=caller.account)
        assert account is not None
        _renew(desk, connection, caller, account, kept)
        return sessions.begin(
            desk, connection, browser, account, "password", project=caller.project
        )


def set_up_code(desk: Desk) -> str:
    """A code by which the first account is made, in place of any before it."""
    said = made("setup")
    with desk.database.writing() as connection:
        until = (desk.clock() + SET_UP).to_bytes(8)
        rows.put(connection, Kept("setup", fingerprint(said) + until))
    return said


def set_up(desk: Desk, browser: Browser, code: str, email: str, password: str) -> SignedIn:
    """The first account, which may do everything. Raises `NotFound` where there is one already,
    or the code is not the one that was printed.
    """
    email = checked(email)
    with desk.database.reading() as connection:
        _check_set_up(desk, connection, code)
    kept = passwords.hashed(password)  # a hash is dear, and for who has the code alone
    with desk.database.writing() as connection:
        _check_set_up(desk, connection, code)
        rows.drop(connection, Kept, name="setup")
        account = Account(short_id(), email, kept, desk.clock())
        rows.add(connection, account)
        join(desk, connection, owner("default"), account, "admin")
        return sessions.begin(desk, connection, browser, account, "set-up")


def checked(email: str) -> str:
    """An address that could be one, in its one spelling. Raises `Invalid`."""
    said = plain(email)
    name, at, domain = said.partition("@")
    if not (name and at and domain) or len(said) > 320 or set(said) & set(" \t\n\r<>,;"):
        raise Invalid("bad_email", "This is no address of e-mail.", at="$.email")
    return said


def check_giving(desk: Desk, connection: Connection, caller: Caller, name: str) -> None:
    """Raise where the role is none, or is more than the caller's own."""
    role = desk.role(connection, caller.project, name)
    if role is None:
        saved = rows.many(connection, SavedRole, "name", project=caller.project)
        known = [*BUILT_IN, *(each.name for each in saved)]
        raise NotFound("unknown_role", f"There is no role {name[:64]!r}.", at="$.role",
                       hint=nearest(name, known))  # fmt: skip
    caller.give(role, "$.role")


def join(desk: Desk, connection: Connection, caller: Caller, account: Account, role: str) -> None:
    """Have the account in the caller's project, with ``role``."""
    rows.put(connection, Membership(account.id, caller.project, role))
    told = line(caller, "role given", f"account:{account.id}", role=role)
    desk.trail.append(connection, caller.project, told)


def _check_set_up(desk: Desk, connection: Connection, code: str) -> None:
    held = rows.one(connection, Kept, name="setup")
    right = held is not None and held.value[:-8] == fingerprint(code)
    over = held is None or int.from_bytes(held.value[-8:]) <= desk.clock()
    if not right or over or rows.many(connection, Account, "id", most=1):
        raise NotFound("no_set_up", "There is nothing to set up here.", at="$.code")


def _member(connection: Connection, caller: Caller, id_: str) -> tuple[Membership, Account]:
    member = rows.one(connection, Membership, account=id_, project=caller.project)
    account = rows.one(connection, Account, id=id_)
    if member is None or account is None:
        raise NotFound("unknown_account", f"There is no account {id_[:64]!r} in this project.",
                       at="$.id")  # fmt: skip
    return member, account


def _renew(desk: Desk, connection: Connection, caller: Caller, account: Account, kept: str) -> None:
    rows.change(connection, Account, {"id": account.id}, password=kept)
    rows.drop(connection, Session, account=account.id)
    told = line(caller, "password set", f"account:{account.id}")
    desk.trail.append(connection, caller.project, told)
