"""Sessions: a browser in which an account is signed in. They live here, not in the cookie."""

from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from ethogram.events.errors import NotFound, Refused
from ethogram.events.event import Instant
from ethogram.events.times import DAY
from ethogram.protect.access import passwords, second, tries
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.credentials import fingerprint, made, short_id
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.roles import Role
from ethogram.protect.access.trail import WORKSPACE, line
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection
from ethogram.store.registry.access.records import Account, Membership, Session

LIFETIME: Instant = 14 * DAY
"""A session ends then, however much it is used."""


@dataclass(frozen=True)
class Browser:
    """Where somebody signs in: the network, the agent's name, and what its cookies held."""

    address: str
    agent: str = ""
    session: str = ""
    device: str = ""


@dataclass(frozen=True)
class SignedIn:
    """What the browser is to keep: its session, and the mark that it was signed in on, if any."""

    session: str
    device: str
    account: str
    project: str


def sign_in(desk: Desk, browser: Browser, email: str, password: str, code: str = "") -> SignedIn:
    """A new session of the account, in place of the one that the browser had.

    Raises as `admit`.
    """
    email = plain(email)
    with desk.database.reading() as connection:
        account = rows.one(connection, Account, email=email)
    admitted = admit(desk, browser, email, account, password, code=code)
    with desk.database.writing() as connection:
        return begin(desk, connection, browser, admitted, "password")


def admit(
    desk: Desk, browser: Browser, email: str, account: Account | None, password: str, *, code: str
) -> Account:
    """The ``account`` of ``email``, for who knows its password and has its second factor.

    Raises `Refused`: ``not_signed_in`` whether it is the account or the password that is wrong,
    ``second_factor`` where the ``code`` of one is missing; `Throttled` after too many tries.
    """
    subjects = _tried(desk, browser, email, account)
    if not passwords.matches(account.password if account else None, password) or account is None:
        raise _failed(desk, browser, account, "password")
    if account.second is not None:
        if not code:
            with desk.database.writing() as connection:
                tries.take_back(connection, subjects)
            raise Refused("second_factor", "The code of your second factor is needed.",
                          at="$.code")  # fmt: skip
        if not second.accept(desk, account, code):
            raise _failed(desk, browser, account, "code")
    with desk.database.writing() as connection:
        tries.forget(connection, subjects)
    return account


def prove(desk: Desk, browser: Browser, account: Account, password: str) -> None:
    """Raise `Refused` where ``password`` is not the account's own, `Throttled` as `sign_in`."""
    subjects = _tried(desk, browser, account.email, account)
    if not passwords.matches(account.password, password):
        raise _failed(desk, browser, account, "password")
    with desk.database.writing() as connection:
        tries.forget(connection, subjects)


def prove_own(desk: Desk, browser: Browser, caller: Caller, password: str) -> None:
    """As `prove`, of whoever is signed in: a session alone may be somebody else's by now."""
    with desk.database.reading() as connection:
        account = rows.one(connection, Account, id=caller.account)
    assert account is not None
    prove(desk, browser, account, password)


def begin(
    desk: Desk, connection: Connection, browser: Browser, account: Account, by: str, *,
    project: str | None = None,
) -> SignedIn:  # fmt: skip
    """A session of an account that is known ``by`` something, in ``project`` if it is a member.

    Who is known by a ``session`` alone has proven nothing anew, and gets no mark for it: each
    mark has tries of its own. Raises `Refused` where the account is in no project.
    """
    members = rows.many(connection, Membership, "project", account=account.id)
    projects = [each.project for each in members]
    wanted = project or "default"
    if not projects:
        raise _refused()
    chosen = wanted if wanted in projects else projects[0]
    if browser.session:
        rows.drop(connection, Session, code=fingerprint(browser.session))
    said, at = made("session"), desk.clock()
    rows.drop_before(connection, Session, "until", at)
    rows.add(connection, Session(fingerprint(said), account.id, chosen, at, at, at + LIFETIME,
                                 browser.address, browser.agent[:200]))  # fmt: skip
    caller = Caller(f"account:{account.id}", chosen, Role(()), browser.address)
    desk.trail.append(connection, chosen, line(caller, "signed in", by=by))
    device = browser.device if _device(desk, browser, account) else ""
    if not device and by != "session":
        device = str(_marks(desk).dumps([account.id, short_id()]))
    return SignedIn(said, device, account.id, chosen)


def end(desk: Desk, caller: Caller) -> None:
    """Sign out."""
    with desk.database.writing() as connection:
        rows.drop(connection, Session, code=caller.session)
        desk.trail.append(connection, caller.project, line(caller, "signed out"))


def switch(desk: Desk, caller: Caller, browser: Browser, project: str) -> SignedIn:
    """A new session in another project of the account. Raises `NotFound`."""
    with desk.database.writing() as connection:
        account = rows.one(connection, Account, id=caller.account)
        member = rows.one(connection, Membership, account=caller.account, project=project)
        if account is None or member is None:
            raise NotFound("unknown_project", f"You are in no project {project[:64]!r}.",
                           at="$.project")  # fmt: skip
        return begin(desk, connection, browser, account, "session", project=project)


def listed(desk: Desk, account: str) -> list[Session]:
    """The sessions of an account that have not ended, oldest first."""
    with desk.database.reading() as connection:
        found = rows.many(connection, Session, "made_at", account=account)
    return [each for each in found if desk.lives(each)]


def is_of(desk: Desk, browser: Browser, account: Account) -> bool:
    """Whether the account is signed in on this browser."""
    code = fingerprint(browser.session)
    return any(each.code == code for each in listed(desk, account.id))


def revoke(desk: Desk, caller: Caller, id_: str) -> None:
    """End a session of one's own, which `id_of` names. Raises `NotFound`."""
    own = listed(desk, caller.account or "")
    found = next((each for each in own if id_of(each) == id_), None)
    if found is None:
        raise NotFound("unknown_session", "You have no such session.", at="$.id")
    with desk.database.writing() as connection:
        rows.drop(connection, Session, code=found.code)
        desk.trail.append(connection, caller.project, line(caller, "session ended", id_))


def id_of(session: Session) -> str:
    """How a session is told from others, without being it."""
    return session.code.hex()[:16]


def plain(email: str) -> str:
    """The one spelling of an address of e-mail."""
    return email.strip().casefold()


def _tried(
    desk: Desk, browser: Browser, email: str, account: Account | None
) -> list[tuple[str, bytes]]:
    """What the try was counted of. Raises `Throttled`."""
    device = account and _device(desk, browser, account)
    by = {"device": device} if device else {"account": email, "network": browser.address}
    subjects = [tries.subject(desk.keyring, kind, said) for kind, said in by.items()]
    with desk.database.writing() as connection:
        tries.count(connection, subjects, desk.clock())
    return subjects


def _device(desk: Desk, browser: Browser, account: Account) -> str | None:
    """The mark of a browser that the account was signed in on before."""
    try:
        owner, mark = _marks(desk).loads(browser.device)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(mark) if owner == account.id else None


def _marks(desk: Desk) -> URLSafeSerializer:
    return URLSafeSerializer(desk.keyring.key("access/devices"))


def _failed(desk: Desk, browser: Browser, account: Account | None, what: str) -> Refused:
    """The one refusal; the audit says more."""
    with desk.database.writing() as connection:
        project, who = WORKSPACE, "nobody"
        if account is not None:
            who = f"account:{account.id}"
            members = rows.many(connection, Membership, "project", account=account.id, most=1)
            project = members[0].project if members else WORKSPACE
        caller = Caller(who, project, Role(()), browser.address)
        desk.trail.append(connection, project, line(caller, "failed to sign in", wrong=what))
    return _refused()


def _refused() -> Refused:
    return Refused("not_signed_in", "The e-mail address or the password is not right.",
                   at="$.password", hint="Whoever runs this server can set a new password.",
                   )  # fmt: skip
