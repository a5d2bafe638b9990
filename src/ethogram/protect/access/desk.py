"""The desk at which everybody is known by what they show: a key, a token or a session.

One database of a workspace holds who may look. It is opened when it is first needed: the two
keys of a project work without it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from os import urandom
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethogram.events.errors import Broken, Busy, Refused
from ethogram.events.event import Instant
from ethogram.events.times import MINUTE, now
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.credentials import fingerprint, kind_of
from ethogram.protect.access.roles import BUILT_IN, Role
from ethogram.protect.access.trail import Trail, seal
from ethogram.protect.keyring import Keyring, unwrap_by_any, wrap
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection, Database
from ethogram.store.registry.access.records import (
    Account,
    Kept,
    Membership,
    Record,
    SavedRole,
    Session,
    Token,
)

IDLE: Instant = 12 * 60 * MINUTE
"""A session that was not used so long has ended."""
SEEN_EVERY: Instant = MINUTE
"""How exactly it is known when a session or a token was used last."""

_SECRET, _ACCESS, _UNSEALED = "secret", "access, audit sealed", "access"
"""What the secret is called, and what it is wrapped for: for another word before the audit had a
seal, so that who takes the seal away cannot say that there never was one."""
WRITER = Role(("write",))
READER = Role(tuple(each for each in BUILT_IN["analyst"].permissions if each != "save"), k=1)
"""The key reads and asks, and changes nothing. It is the owner's, who sees everything on the
machine itself."""


@dataclass
class Desk:
    """``url`` is the database's, ``masters`` gives the workspace's master keys.

    ``keyrings`` gives those of the projects that stand, by name.
    """

    url: str
    masters: Callable[[], Sequence[bytes]]
    keyrings: Callable[[], Mapping[str, Keyring]]
    clock: Callable[[], Instant] = now
    _opening: threading.Lock = field(default_factory=threading.Lock)
    _opened: "_Opened | None" = None

    @property
    def database(self) -> Database:
        """The database, made where there is none."""
        return self._open().database

    @property
    def keyring(self) -> Keyring:
        """The workspace's own keys, of a secret that the master key wraps."""
        return self._open().keyring

    @property
    def trail(self) -> Trail:
        """The audit."""
        return self._open().trail

    def caller(self, said: str, address: str) -> Caller:
        """Who shows ``said``. Raises `Refused` (``no_key``, ``bad_key``)."""
        found = self.by_key(said, address)
        if found is None:
            look = {"token": self._by_token, "session": self._by_session}.get(kind_of(said))
            found = look(fingerprint(said), address) if look else None
        if found is None:
            raise unknown(said)
        return found

    def by_key(self, said: str, address: str) -> Caller | None:
        """Who shows one of a project's two keys; nothing is looked up for it."""
        for name, keyring in self.keyrings().items():
            if keyring.permits(said, "read"):
                return Caller("key:read", name, READER, address)
            if keyring.permits(said, "write"):
                return Caller("key:write", name, WRITER, address)
        return None

    def has_accounts(self) -> bool:
        """Whether anybody could sign in."""
        with self.database.reading() as connection:
            return bool(rows.many(connection, Account, "id", most=1))

    def role(self, connection: Connection, project: str, name: str) -> Role | None:
        """The role that ``name`` means in ``project``."""
        if name in BUILT_IN:
            return BUILT_IN[name]
        saved = rows.one(connection, SavedRole, project=project, name=name)
        return msgspec.convert(saved.body, Role) if saved else None

    def role_of(self, connection: Connection, account: str, project: str) -> Role | None:
        """The role of an account in ``project``; None where it has none."""
        member = rows.one(connection, Membership, account=account, project=project)
        return self.role(connection, project, member.role) if member else None

    def lives(self, session: Session) -> bool:
        """Whether a session has neither ended nor been left unused too long."""
        at = self.clock()
        return at < session.until and at < session.seen_at + IDLE

    def rewrap(self) -> None:
        """Wrap the workspace's secret by the first of the master keys; nothing else changes."""
        masters = self.masters()
        with self.database.writing() as connection:
            kept = rows.one(connection, Kept, name=_SECRET)
            assert kept is not None
            secret = unwrap_by_any(masters, kept.value, _ACCESS)
            wrapped = wrap(AESGCM(masters[0]), secret, _ACCESS)
            rows.change(connection, Kept, {"name": _SECRET}, value=wrapped)

    def close(self) -> None:
        """Let go of the database."""
        if self._opened is not None:
            self._opened.trail.close()
            self._opened.database.close()

    def _open(self) -> "_Opened":
        with self._opening:
            if self._opened is None:
                database = Database(self.url)
                keyring = Keyring(_secret(database, self.masters()))
                self._opened = _Opened(database, keyring, Trail(database, keyring))
            return self._opened

    def _by_token(self, code: bytes, address: str) -> Caller | None:
        at = self.clock()
        with self.database.reading() as connection:
            token = rows.one(connection, Token, code=code)
            if token is None or not holds(token, at):
                return None
            role = self.role_of_token(connection, token)
        if token.used_at is None or token.used_at < at - SEEN_EVERY:
            self._note(Token, {"id": token.id}, used_at=at)
        if role is None:
            return None
        return Caller(f"token:{token.id}", token.project, role, address, made_by=token.made_by)

    def role_of_token(self, connection: Connection, token: Token) -> Role | None:
        """What a token may: what it was given, as long as who made it has that too."""
        maker = self.role_now(connection, token.made_by, token.project)
        if maker is None:
            return None
        left = tuple(each for each in maker.permissions if each in token.permissions)
        return msgspec.structs.replace(maker, permissions=left)

    def role_now(self, connection: Connection, who: str, project: str) -> Role | None:
        """What the one whom the audit calls ``who`` may in ``project`` by now; None for nobody."""
        kind, _, id_ = who.partition(":")
        if kind == "account":
            return self.role_of(connection, id_, project)
        if kind == "token":
            token = rows.one(connection, Token, project=project, id=id_)
            held = token is not None and holds(token, self.clock())
            return self.role_of_token(connection, token) if token and held else None
        return BUILT_IN["admin"] if who == "owner" else None

    def _by_session(self, code: bytes, address: str) -> Caller | None:
        at = self.clock()
        with self.database.reading() as connection:
            session = rows.one(connection, Session, code=code)
            if session is None or not self.lives(session):
                return None
            role = self.role_of(connection, session.account, session.project)
        if session.seen_at < at - SEEN_EVERY:
            self._note(Session, {"code": code}, seen_at=at)
        found = role or Role(())
        return Caller(f"account:{session.account}", session.project, found, address, code)

    def _note(self, kind: type[Record], by: dict[str, Any], **values: Instant) -> None:
        """When it was used last; who is known is known also where that cannot be written."""
        with suppress(Busy), self.database.writing() as connection:
            rows.change(connection, kind, by, **values)


@dataclass(frozen=True)
class _Opened:
    database: Database
    keyring: Keyring
    trail: Trail


def _secret(database: Database, masters: Sequence[bytes]) -> bytes:
    with database.writing() as connection:
        kept = rows.one(connection, Kept, name=_SECRET)
        if kept is not None:
            with suppress(Broken):
                return unwrap_by_any(masters, kept.value, _ACCESS)
        secret = unwrap_by_any(masters, kept.value, _UNSEALED) if kept else urandom(32)
        seal(connection, Keyring(secret))
        rows.put(connection, Kept(_SECRET, wrap(AESGCM(masters[0]), secret, _ACCESS)))
        return secret


def holds(token: Token, at: Instant) -> bool:
    """Whether a token is neither revoked nor over."""
    return token.revoked_at is None and (token.until is None or at < token.until)


def unknown(said: str) -> Refused:
    """Nobody is known by ``said``."""
    hint = "Sign in, or send `Authorization: Bearer KEY`; `ethogram keys` prints a read key."
    if not said:
        return Refused("no_key", "A key, a token or a session is needed.", hint=hint)
    return Refused("bad_key", "This is no key of a project here, or holds no longer.", hint=hint)
