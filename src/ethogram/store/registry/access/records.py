"""What stands in the tables, a Struct a row; each names its table."""

from typing import ClassVar

import msgspec
from sqlalchemy import Table

from ethogram.events.event import Instant
from ethogram.store.registry.access import tables


class Record(msgspec.Struct, frozen=True):
    """A row of its ``table``."""

    table: ClassVar[Table]


class Account(Record, frozen=True):
    """Somebody who signs in; without a ``password`` only through another provider.

    ``second`` is the sealed secret of a second factor, ``second_step`` the last time step whose
    code was used.
    """

    table = tables.ACCOUNTS
    id: str
    email: str
    password: str | None
    made_at: Instant
    second: bytes | None = None
    second_step: int = 0


class Identity(Record, frozen=True):
    """Whom another provider, the ``issuer``, calls ``subject``: the two are for ever, whereas an
    address of e-mail may be given to somebody else.
    """

    table = tables.IDENTITIES
    issuer: str
    subject: str
    account: str


class RecoveryCode(Record, frozen=True):
    """The fingerprint of a code that stands in for a second factor once."""

    table = tables.RECOVERY
    account: str
    code: bytes


class Membership(Record, frozen=True):
    """The role of an account in a project."""

    table = tables.MEMBERSHIPS
    account: str
    project: str
    role: str


class Invitation(Record, frozen=True):
    """A role in a project for who has the code, ``until`` then."""

    table = tables.INVITATIONS
    code: bytes
    email: str
    project: str
    role: str
    made_by: str
    until: Instant


class Session(Record, frozen=True):
    """A browser in which an account is signed in, ``until`` then at most."""

    table = tables.SESSIONS
    code: bytes
    account: str
    project: str
    made_at: Instant
    seen_at: Instant
    until: Instant
    address: str
    agent: str


class Token(Record, frozen=True):
    """What a program is known by, in one project."""

    table = tables.TOKENS
    id: str
    code: bytes
    name: str
    project: str
    permissions: list[str]
    made_by: str
    made_at: Instant
    until: Instant | None = None
    used_at: Instant | None = None
    revoked_at: Instant | None = None


class SavedRole(Record, frozen=True):
    """A role of a project's own; the body is JSON that the database does not understand."""

    table = tables.ROLES
    project: str
    name: str
    body: dict[str, object]


class Tries(Record, frozen=True):
    """How often somebody has failed to sign in since it last went well."""

    table = tables.TRIES
    subject: bytes
    failures: int
    last_at: Instant


class Kept(Record, frozen=True):
    """A value that the workspace keeps by name."""

    table = tables.KEPT
    name: str
    value: bytes


class AuditLine(Record, frozen=True):
    """A line of a project's audit and the link of its chain."""

    table = tables.AUDIT
    project: str
    number: int
    entry: bytes
    link: bytes


class AuditEnd(Record, frozen=True):
    """The last line of a project's audit, and its day (UTC)."""

    table = tables.AUDIT_ENDS
    project: str
    number: int
    link: bytes
    day: str


class AuditRoot(Record, frozen=True):
    """The last line of a day, signed."""

    table = tables.AUDIT_ROOTS
    project: str
    day: str
    number: int
    link: bytes
    signature: bytes


class NoiseSpent(Record, frozen=True):
    """Millionths of epsilon that ``who`` spent on a project's people in a month."""

    table = tables.NOISE_SPENT
    project: str
    month: str
    who: str
    millionths: int


class NoiseAnswer(Record, frozen=True):
    """The answer, JSON, that was given to a question with noise."""

    table = tables.NOISE_ANSWERS
    project: str
    key: bytes
    answer: bytes
    made_at: Instant
