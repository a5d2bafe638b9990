"""Invitations: a role in a project for who has the code, as long as who made it may give it."""

from ethogram.events.errors import NotFound
from ethogram.events.event import Instant
from ethogram.events.times import DAY
from ethogram.protect.access import accounts, passwords, sessions
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.credentials import fingerprint, made, short_id
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.managed import managed
from ethogram.protect.access.roles import Role
from ethogram.protect.access.sessions import Browser, SignedIn
from ethogram.protect.access.trail import line
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection
from ethogram.store.registry.access.records import Account, Invitation

LIFETIME: Instant = 7 * DAY


def invite(desk: Desk, caller: Caller, email: str, role: str) -> str:
    """The code of an invitation, told this once; it holds for seven days.

    It stands in place of another one of that address, which the caller may have to take back.
    """
    email, said = accounts.checked(email), made("invitation")
    with desk.database.writing() as connection:
        accounts.check_giving(desk, connection, caller, role)
        rows.drop_before(connection, Invitation, "until", desk.clock())
        for each in rows.many(connection, Invitation, "until", project=caller.project, email=email):
            _take_back(desk, connection, caller, each)
        until = desk.clock() + LIFETIME
        rows.add(connection, Invitation(fingerprint(said), email, caller.project, role,
                                        caller.who, until))  # fmt: skip
        desk.trail.append(connection, caller.project, line(caller, "invited", role=role))
    return said


def listed(desk: Desk, project: str) -> list[Invitation]:
    """The invitations to ``project`` that hold, by address."""
    with desk.database.reading() as connection:
        found = rows.many(connection, Invitation, "email", project=project)
        return [each for each in found if holds(desk, connection, each)]


def take_back(desk: Desk, caller: Caller, id_: str) -> None:
    """Have an invitation, which `id_of` names, hold no longer. Raises `NotFound`."""
    with desk.database.writing() as connection:
        found = rows.many(connection, Invitation, "until", project=caller.project)
        invitation = next((each for each in found if id_of(each) == id_), None)
        if invitation is None:
            raise NotFound("unknown_invitation", f"There is no invitation {id_[:64]!r}.",
                           at="$.id")  # fmt: skip
        _take_back(desk, connection, caller, invitation)


def accept(
    desk: Desk, browser: Browser, invitation: str, password: str, code: str = ""
) -> SignedIn:
    """Take up an invitation, once: sign in to a new account, or to the one of that address.

    Who is signed in to that account needs no password for it; else it is let in as by
    `sessions.sign_in`, second factor and all. Raises `NotFound` where the invitation does not
    hold, and as `sessions.admit`.
    """
    with desk.database.reading() as connection:
        found = _held(desk, connection, invitation)
        account = rows.one(connection, Account, email=found.email)
    by = "invitation"
    if account is not None and sessions.is_of(desk, browser, account):
        by = "session"
    elif account is not None:
        sessions.admit(desk, browser, account.email, account, password, code=code)
    kept = passwords.hashed(password) if account is None else None
    with desk.database.writing() as connection:
        _held(desk, connection, invitation)
        rows.drop(connection, Invitation, code=found.code)
        if account is None:
            account = Account(short_id(), found.email, kept, desk.clock())
            rows.add(connection, account)
        who = Caller(f"account:{account.id}", found.project, Role(()), browser.address)
        with managed(desk, connection, who):
            accounts.join(desk, connection, who, account, found.role)
        return sessions.begin(desk, connection, browser, account, by, project=found.project)


def holds(desk: Desk, connection: Connection, invitation: Invitation) -> bool:
    """Whether it is not over, and who made it may still give the role."""
    maker = desk.role_now(connection, invitation.made_by, invitation.project)
    role = desk.role(connection, invitation.project, invitation.role)
    if maker is None or role is None or desk.clock() >= invitation.until:
        return False
    return "accounts" in maker.permissions and not role.beyond(maker)


def id_of(invitation: Invitation) -> str:
    """How an invitation is told from others, without its code."""
    return invitation.code.hex()[:16]


def _held(desk: Desk, connection: Connection, code: str) -> Invitation:
    found = rows.one(connection, Invitation, code=fingerprint(code))
    if found is None or not holds(desk, connection, found):
        raise NotFound("no_invitation", "This invitation does not hold, or no longer.",
                       at="$.invitation", hint="Ask for another.")  # fmt: skip
    return found


def _take_back(
    desk: Desk, connection: Connection, caller: Caller, invitation: Invitation
) -> None:  # fmt: skip
    if role := desk.role(connection, caller.project, invitation.role):
        caller.give(role, "$.role")
    rows.drop(connection, Invitation, code=invitation.code)
    told = line(caller, "invitation taken back", role=invitation.role)
    desk.trail.append(connection, caller.project, told)
