"""The second factor: codes by time (RFC 6238), and codes for when the telephone is lost."""

import io
import secrets
from base64 import b32encode

import segno
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp import random_base32
from pyotp.hotp import HOTP
from pyotp.totp import TOTP

from ethogram.events.errors import Invalid, Refused
from ethogram.events.times import SECOND
from ethogram.protect.access import tries
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.credentials import fingerprint
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.trail import line
from ethogram.protect.keyring import unwrap, wrap
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.records import Account, RecoveryCode

STEP = 30
AROUND = 1
"""Steps by which a clock may be wrong."""
RECOVERY_CODES = 10
ISSUER = "Ethogram"


def begin(desk: Desk, caller: Caller) -> tuple[str, str]:
    """A new secret, and its QR code as SVG; it counts once `confirm` has seen a code of it."""
    account = _own(desk, caller)
    secret = random_base32()
    uri = TOTP(secret).provisioning_uri(name=account.email, issuer_name=ISSUER)
    picture = io.BytesIO()
    segno.make(uri, error="m").save(picture, kind="svg", scale=4, xmldecl=False, svgns=True)
    return secret, picture.getvalue().decode()


def confirm(desk: Desk, caller: Caller, secret: str, code: str) -> list[str]:
    """Have the account need codes of ``secret`` from now on; its recovery codes, told this once.

    Raises `Invalid` where ``code`` is none of them, or the account has a second factor: who has
    got hold of a session cannot put another in its place. Ask for the password first
    (`sessions.prove_own`): a session alone sets none.
    """
    account = _own(desk, caller)
    if account.second is not None:
        raise Invalid("second_factor_set", "There is a second factor already.", at="$",
                      hint="Do without it first, by one of its codes.")  # fmt: skip
    step = _step(desk, secret, code)
    if step is None:
        raise Invalid("wrong_code", "This is not the code of now.", at="$.code",
                      hint="Look at the clock of the telephone.")  # fmt: skip
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    with desk.database.writing() as connection:
        sealed = wrap(_cipher(desk), secret.encode(), account.id)
        rows.change(connection, Account, {"id": account.id}, second=sealed, second_step=step)
        rows.drop(connection, RecoveryCode, account=account.id)
        for each in codes:
            rows.add(connection, RecoveryCode(account.id, fingerprint(each)))
        desk.trail.append(connection, caller.project, line(caller, "second factor set"))
    return codes


def remove(desk: Desk, caller: Caller, code: str) -> None:
    """Have the account need no second factor.

    Raises `Refused` where ``code`` is not right, `Throttled` after too many that were not.
    """
    account = _own(desk, caller)
    guessed = [tries.subject(desk.keyring, "factor", account.id)]
    with desk.database.writing() as connection:
        tries.count(connection, guessed, desk.clock())
    if account.second is not None and not accept(desk, account, code):
        raise Refused("wrong_code", "This is not the code of now.", at="$.code")
    with desk.database.writing() as connection:
        tries.forget(connection, guessed)
        rows.change(connection, Account, {"id": account.id}, second=None, second_step=0)
        rows.drop(connection, RecoveryCode, account=account.id)
        desk.trail.append(connection, caller.project, line(caller, "second factor removed"))


def accept(desk: Desk, account: Account, code: str) -> bool:
    """Whether ``code`` is right: of now and not used before, or a recovery code, then used up."""
    said = code.replace(" ", "").replace("-", "").lower()
    with desk.database.writing() as connection:
        fresh = rows.one(connection, Account, id=account.id)
        if fresh is None or fresh.second is None:
            return False
        secret = unwrap(_cipher(desk), fresh.second, account.id).decode()
        step = _step(desk, secret, said)
        if step is not None and step > fresh.second_step:
            rows.change(connection, Account, {"id": account.id}, second_step=step)
            return True
        used = rows.drop(connection, RecoveryCode, account=account.id, code=fingerprint(said))
        return bool(used)


def _step(desk: Desk, secret: str, code: str) -> int | None:
    """The step of time whose code it is, of those around now."""
    now = desk.clock() // SECOND // STEP
    try:
        otp = HOTP(secret)
        for step in range(now - AROUND, now + AROUND + 1):
            if secrets.compare_digest(otp.at(step).encode(), code.encode()):
                return step
    except ValueError:
        raise Invalid("bad_secret", "This is no secret in base 32.", at="$.secret") from None
    return None


def _own(desk: Desk, caller: Caller) -> Account:
    with desk.database.reading() as connection:
        account = rows.one(connection, Account, id=caller.account)
    assert account is not None
    return account


def _recovery_code() -> str:
    """Eighty bits, in letters and digits that read well."""
    return b32encode(secrets.token_bytes(10)).decode().lower()


def _cipher(desk: Desk) -> AESGCM:
    return AESGCM(desk.keyring.key("access/second"))
