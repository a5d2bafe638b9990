"""Signing in by another provider: OpenID Connect's code flow, with PKCE, state and nonce.

What the provider says of somebody is believed only where its signature, by an algorithm that is
pinned here, its issuer, audience, nonce and times are right, and the address of e-mail is one
that it has verified.
"""

import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import httpx
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ethogram.events.errors import Busy, Refused
from ethogram.protect.access import sessions
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.credentials import short_id
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.fetching import fetched, is_inside
from ethogram.protect.access.roles import Role
from ethogram.protect.access.sessions import Browser, SignedIn, plain
from ethogram.protect.access.trail import WORKSPACE, line
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection
from ethogram.store.registry.access.records import Account, Identity, Membership, Session

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
WITHIN = 600
"""Seconds for the way there and back."""


@dataclass(frozen=True)
class Provider:
    """``issuer`` is its address, ``client`` and ``secret`` what this installation is known by.

    ``roles`` say which role in ``project`` the values of the claim called ``claim`` mean; where
    several do, the first.
    """

    name: str
    issuer: str
    client: str
    secret: str
    claim: str
    roles: Mapping[str, str]
    project: str = "default"
    _known: dict[str, Any] = field(default_factory=dict[str, Any])
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, desk: Desk, back: str, account: str | None = None) -> tuple[str, str]:
        """Where the browser goes, and what it is to bring ``back``, in a cookie.

        ``account`` is signed in on it, and has shown its password: whoever comes back is that one.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code", "scope": "openid email profile", "client_id": self.client,
            "redirect_uri": back, "state": state, "nonce": nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        kept = _signer(desk).dumps([state, nonce, verifier, account])
        return f"{self._document()['authorization_endpoint']}?{urlencode(query)}", str(kept)

    def finish(
        self, desk: Desk, browser: Browser, kept: str, said: Mapping[str, str], back: str
    ) -> SignedIn:
        """A session of whom the provider says it is; the account is made where it is new.

        Their role is the one that the provider's claim means at this moment. Raises `Refused`.
        """
        try:
            state, nonce, verifier, own = _signer(desk).loads(kept, max_age=WITHIN)
        except (BadSignature, ValueError, TypeError):
            raise _refused("The way back does not belong to a way there.") from None
        if not secrets.compare_digest(said.get("state", "").encode(), str(state).encode()):
            raise _refused("The way back does not belong to a way there.")
        claims = self._claims(said.get("code", ""), str(verifier), str(nonce), back)
        role = self._role(claims)
        with desk.database.writing() as connection:
            if role is not None and desk.role(connection, self.project, role) is None:
                raise _refused(f"The settings name a role {role!r} that is none.")
            account = self._account(desk, connection, claims, own, new=role is not None)
            if account is not None:
                self._give(desk, connection, browser, account, role)
        if account is None or not _is_member(desk, account):
            self._note(desk, browser)
            raise _refused("The provider says nothing that lets you in here.", "no_role")
        with desk.database.writing() as connection:
            return sessions.begin(
                desk, connection, browser, account, "provider", project=self.project
            )

    def _account(
        self, desk: Desk, connection: Connection, claims: Mapping[str, Any], own: str | None, *,
        new: bool,
    ) -> Account | None:  # fmt: skip
        """The account of whom ``claims`` are about, made where it is ``new``.

        One that somebody made here, with a password, becomes theirs only where they are signed in
        to it (``own``): an address alone is the provider's word. Raises `Refused`.
        """
        subject, email = str(claims["sub"]), plain(str(claims.get("email", "")))
        known = rows.one(connection, Identity, issuer=self.issuer, subject=subject)
        if known is not None:
            return rows.one(connection, Account, id=known.account)
        if not email or claims.get("email_verified") is not True:
            return None
        account = rows.one(connection, Account, id=own) if own else None
        account = account or rows.one(connection, Account, email=email)
        if account is None and new:
            account = Account(short_id(), email, None, desk.clock())
            rows.add(connection, account)
        elif account is not None and account.id != own and _is_somebodys(connection, account):
            raise _refused("This address has an account here already.", "another_account")
        if account is not None:
            rows.add(connection, Identity(self.issuer, subject, account.id))
        return account

    def _give(
        self, desk: Desk, connection: Connection, browser: Browser, account: Account,
        role: str | None,
    ) -> None:  # fmt: skip
        """The account has ``role`` in the project from now on, or is in it no longer."""
        held = rows.one(connection, Membership, account=account.id, project=self.project)
        if (held.role if held else None) == role:
            return
        rows.drop(connection, Membership, account=account.id, project=self.project)
        rows.drop(connection, Session, account=account.id, project=self.project)
        if role is not None:
            rows.add(connection, Membership(account.id, self.project, role))
        who = Caller("provider", self.project, Role(()), browser.address)
        did = "role given" if role else "removed"
        told = line(who, did, f"account:{account.id}", **({"role": role} if role else {}))
        desk.trail.append(connection, self.project, told)

    def _claims(self, code: str, verifier: str, nonce: str, back: str) -> Mapping[str, Any]:
        """What the provider says of who came back with ``code``."""
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": back,
                "code_verifier": verifier}  # fmt: skip
        try:
            said = self._fetched("POST", "token_endpoint", data=body,
                                 auth=(self.client, self.secret))  # fmt: skip
            if not said.is_success:
                raise _refused("The provider did not take the code.")
            token = str(said.json().get("id_token", ""))
            keys = self._fetched("GET", "jwks_uri").raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise Busy("no_provider", f"The provider does not answer: {error}.") from error
        registry = jwt.JWTClaimsRegistry(
            leeway=60,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            read = jwt.decode(token, KeySet.import_key_set(keys), algorithms=[*ALGORITHMS])
            registry.validate(read.claims)
        except (JoseError, ValueError) as error:
            raise _refused(f"What the provider says does not hold: {error}.") from None
        return read.claims

    def _role(self, claims: Mapping[str, Any]) -> str | None:
        held = claims.get(self.claim, ())
        values = {held} if isinstance(held, str) else {str(each) for each in held}
        return next((role for value, role in self.roles.items() if value in values), None)

    def _document(self) -> Mapping[str, Any]:
        """What the provider says of itself, asked once."""
        with self._looking:
            if not self._known:
                address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                try:
                    answer = fetched("GET", address, inside=is_inside(address))
                    found = answer.raise_for_status().json()
                except (httpx.HTTPError, ValueError) as error:
                    raise Busy("no_provider", f"The provider does not answer: {error}.") from error
                if found.get("issuer") != self.issuer:
                    raise _refused("The provider is another than the settings say.")
                self._known.update(found)
            return self._known

    def _fetched(self, method: str, name: str, **sent: Any) -> httpx.Response:
        """What stands where the provider says; one on the internet names nothing inside."""
        return fetched(method, self._document()[name], inside=is_inside(self.issuer), **sent)

    def _note(self, desk: Desk, browser: Browser) -> None:
        nobody = Caller("nobody", WORKSPACE, Role(()), browser.address)
        with desk.database.writing() as connection:
            said = line(nobody, "failed to sign in", wrong="provider")
            desk.trail.append(connection, WORKSPACE, said)


def _signer(desk: Desk) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(desk.keyring.key("access/provider"))


def _is_somebodys(connection: Connection, account: Account) -> bool:
    """Whether an account has a password, or another name at a provider."""
    return account.password is not None or bool(
        rows.many(connection, Identity, "subject", account=account.id, most=1)
    )


def _is_member(desk: Desk, account: Account) -> bool:
    with desk.database.reading() as connection:
        return bool(rows.many(connection, Membership, "project", account=account.id, most=1))


def _refused(why: str, code: str = "not_signed_in") -> Refused:
    return Refused(code, why, at="provider", hint="Begin again at the sign-in page.")
